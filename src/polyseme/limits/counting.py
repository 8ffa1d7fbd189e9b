"""The counting bound: the bits that a network must hold to be any one of a family of functions.

A network that computes an unknown one of K functions tells which one it is, so its parameters carry
at least log2 K bits; a layer of n x n weights of b bits each therefore has n >= sqrt(log2(K) / b).
Adler and Shavit, *On the Complexity of Neural Computation in Superposition* (2024), bound neurons
and parameters this way. The family is read from the circuit's arrays, never from its name.

Three families are counted. The first leaves out the order of the outputs. A network whose readout
is drawn from the seed cannot hold that order in its readout, so its hidden weights must, and the
second family counts it. The third has the influences of the circuit too (`influence.py`): it is the
family that the problems of this library are drawn from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.terms import Terms, one_layer_form
from polyseme.errors import OptionError
from polyseme.limits.combinatorics import log2_binomial, log2_factorial
from polyseme.limits.facts import relation_of_facts
from polyseme.limits.groups import Group, group_gates, group_terms, influence_of_gates
from polyseme.limits.influence import gate_sets_with_influence

_SETS = {1: "single features", 2: "pairs", 3: "triples"}


@dataclass(frozen=True)
class CountingBound:
    """A family of computations in words, and log2 of its number of members.

    `bits` leave out the order of outputs, which is worth `order_bits` more. In permutations and
    tables of facts, which output is which is all there is to learn: there `bits` have the order,
    and `order_bits` is 0. `influence_bits` are the bits, without order, of the members in which
    every feature has as much influence as in the circuit, as far as they can be counted; the key
    `influence_source` of `PUBLICATIONS` says how, and is empty where the count is exact.

    `counts_functions` says whether all members are different functions; only then do the bits bound
    a network from below. Otherwise they count descriptions, and are only indicative. `per_output`
    are pairs (outputs, the most bits that knowing one of these outputs is worth), in falling order
    of bits; it is empty if every output is worth an equal share of the bits.
    """

    family: str
    bits: float
    counts_functions: bool
    per_output: tuple[tuple[int, float], ...] = field(default=(), repr=False)
    order_bits: float = 0.0
    influence_bits: float | None = None
    influence_source: str = ""

    @property
    def ordered_bits(self) -> float:
        """Number of bits with the order of outputs."""
        return self.bits + self.order_bits

    @property
    def family_bits(self) -> float | None:
        """Number of bits with the order of outputs and the influences of the circuit, if known."""
        return None if self.influence_bits is None else self.influence_bits + self.order_bits

    @property
    def tightest_bits(self) -> float:
        """Number of bits with the order of outputs, and with the influences if they are known."""
        return self.ordered_bits if self.family_bits is None else self.family_bits

    def with_error(self, outputs: int, error_share: float) -> float:
        """Number of bits still needed when a share of the outputs may be wrong; never below 0.

        As `bits_with_error`, but the wrong outputs are the ones worth the most bits. Raises
        OptionError for values out of range.
        """
        even = bits_with_error(self.bits, outputs, error_share)
        wrong, lost = math.floor(error_share * outputs), 0.0
        for alike, worth in self.per_output:
            lost += min(alike, wrong) * worth
            wrong -= min(alike, wrong)
        return max(0.0, min(even, even + error_share * self.bits - lost)) if even else 0.0


def counting_bits(circuit: Circuit) -> CountingBound:
    """Recognise the family that a circuit belongs to, and count its members.

    With m features, the family is the first of these that fits:

    - each output is a feature of its own: m! / (m - outputs)!, the permutations;
    - each output is a gate over features: for each kind and fan-in k, (m choose k) choose the
      number of such gates. A circuit of all possible gates is a family of one. With the order of
      outputs there are (number of gates)! times as many;
    - facts, in which each subject and relation has one object: the ways to assign a relation's
      objects to the subjects for which it is given, when the number of times that each object
      occurs is known;
    - any other circuit that one hidden layer computes: the sets of as many distinct terms of the
      same widths and numbers of negations. The output that a term feeds counts as order, and
      different terms may make the same function;
    - deeper circuits: their sets of gates level by level. Each gate reads any wires below its
      level, or any wires of the level just below if all gates do so (layered circuits). This counts
      circuits, and many circuits are the same function (`renaming.py` counts functions, but far
      fewer).
    """
    terms = one_layer_form(circuit).terms
    if terms is None:
        return _direct_gates(circuit) or _levels(circuit)
    return _permutation(terms) or _direct_gates(circuit) or _facts(terms) or _term_sets(terms)


def bits_with_error(bits: float, outputs: int, error_share: float) -> float:
    """Number of bits still needed when a share of the outputs may be wrong; never below 0.

    Every output is taken to be worth the same number of bits. Saying which outputs are wrong takes
    at most H(error_share) bits per output, H being the binary entropy. Repairing k of M outputs
    takes at most k / M of the bits and log2 C(M, k) <= M H more: for M gates out of T possible
    ones, C(T, k) = C(T, M) C(M, k) / C(T - k, M - k), and C(T - k, M - k) has the M - k largest of
    the M factors of C(T, M). Reordering k of M outputs takes log2 k!, which is less than k / M of
    log2 M!. Raises OptionError for values out of range.
    """
    if bits < 0 or outputs < 1:
        raise OptionError(f"{bits} bits for {outputs} outputs: needs bits >= 0 and outputs >= 1")
    if not 0 <= error_share <= 1:
        raise OptionError(f"an error share of {error_share} is not between 0 and 1")
    return max(0.0, bits * (1 - error_share) - 2 * outputs * _entropy(error_share))


def neurons_for(bits: float, bits_per_weight: float) -> float:
    """Number of neurons n of the n x n layer that holds `bits` at so many bits per weight.

    The inputs are taken to have no more dimensions than there are neurons. Raises OptionError for
    negative bits or for weights that hold no bits.
    """
    if bits < 0 or not bits_per_weight > 0:
        raise OptionError(
            f"{bits} bits at {bits_per_weight} a weight: needs bits >= 0 and some each"
        )
    return math.sqrt(bits / bits_per_weight)


def _entropy(share: float) -> float:
    """Bits per output to say which outputs are wrong; shares above one half count as one half."""
    if share in (0, 1) or share > 0.5:
        return 0.0 if share == 0 else 1.0
    return -share * math.log2(share) - (1 - share) * math.log2(1 - share)


def _permutation(terms: Terms) -> CountingBound | None:
    features, outputs = terms.features, terms.outputs
    one_each = len(terms) == outputs == len(np.unique(terms.literals)) == len(terms.literals)
    if not (one_each and (terms.signs > 0).all() and len(np.unique(terms.output)) == outputs):
        return None
    family = f"permutations of {features:,} features"
    if outputs < features:
        family = f"ordered choices of {outputs:,} of {features:,} features"
    ordered = log2_factorial(outputs)
    return CountingBound(
        family, log2_binomial(features, outputs) + ordered, True, influence_bits=ordered
    )


def _direct_gates(circuit: Circuit) -> CountingBound | None:
    """Return the bound of a circuit whose outputs are gates that read features only, or None."""
    features = len(circuit.features)
    if not (circuit.output_levels == 1).all():
        return None
    gates = np.unique(circuit.outputs).astype(np.int64) - features
    groups = group_gates(circuit, gates)
    bits = math.fsum(group.bits(features) for group in groups)
    number = sum(group.distinct for group in groups)
    found = CountingBound(
        f"sets of {number:,} gates of the same kinds over {features:,} features",
        bits,
        True,
        order_bits=log2_factorial(number),
    )
    if len(groups) > 1:
        return replace(found, per_output=_worth_of_groups(groups, features))
    found = replace(found, **_influence(circuit, gates, groups[0], bits))
    if groups[0].kind != GateKind.AND:
        return found
    inputs = groups[0].inputs
    among = f"all {_SETS.get(inputs, f'sets of {inputs:,}')} of {features:,} features"
    if bits == 0:
        return replace(found, family=f"{among}: one set of gates, with nothing to learn")
    return replace(found, family=f"sets of {number:,} gates among {among}")


def _influence(
    circuit: Circuit, gates: NDArray[np.int64], group: Group, bits: float
) -> dict[str, Any]:
    """Return what is known of the sets of gates with the circuit's influences."""
    if bits == 0 or group.inputs == 1:
        # There is only one set: with one input each, the gates are the features that are read.
        return {"influence_bits": 0.0}
    if group.marked:
        return {}
    influence, features = influence_of_gates(circuit, gates, group.distinct)
    found = gate_sets_with_influence(group.inputs, influence, features)
    if found is None:
        return {}
    return {"influence_bits": min(found.bits, bits), "influence_source": found.source}


def _facts(terms: Terms) -> CountingBound | None:
    relation = relation_of_facts(terms)
    if relation is None:
        return None
    subject = terms.literals.reshape(-1, 2).sum(axis=1) - relation
    facts = np.unique(relation, return_counts=True)[1]
    objects = np.unique(terms.output, return_inverse=True, return_counts=True)
    of_term, same_object = objects[1], objects[2]
    bits = (gammaln(facts + 1.0).sum() - gammaln(same_object + 1.0).sum()) / math.log(2)
    family = (
        f"tables of {len(terms):,} facts over {len(np.unique(subject)):,} subjects and "
        f"{len(facts):,} relations"
    )
    relation_of = np.zeros(len(same_object), np.int64)
    relation_of[of_term] = np.unique(relation, return_inverse=True)[1]
    # If c of a relation's n facts have one object, knowing these c is worth at most c log2(n / c).
    worth = same_object * np.log2(facts[relation_of] / same_object)
    per_output = tuple((1, bits) for bits in sorted(worth.tolist(), reverse=True))
    bits = max(0.0, float(bits))
    return CountingBound(family, bits, True, per_output, influence_bits=bits)


def _worth_of_groups(groups: list[Group], features: int) -> tuple[tuple[int, float], ...]:
    """Return pairs (gates, bits that each of these gates is worth), in falling order of bits."""
    worth = [(group.distinct, group.bits(features) / group.distinct) for group in groups]
    return tuple(sorted(worth, key=lambda pair: -pair[1])) if len(worth) > 1 else ()


def _term_sets(terms: Terms) -> CountingBound:
    groups = group_terms(terms)
    number = sum(group.distinct for group in groups)
    family = f"sets of {number:,} terms of the same widths over {terms.features:,} features"
    bits = math.fsum(group.bits(terms.features) for group in groups)
    # If a term feeds several outputs, fewer orders are different; their number is left at one.
    order = 0.0
    if number == len(terms):
        sizes = np.unique(terms.output, return_counts=True)[1]
        order = log2_factorial(number) - float(gammaln(sizes + 1.0).sum()) / math.log(2)
    return CountingBound(family, bits, False, order_bits=order)


def _levels(circuit: Circuit) -> CountingBound:
    features = len(circuit.features)
    gate_levels = circuit.levels[features:]
    layered = _is_layered(circuit)
    readable, bits = features, 0.0
    for level in range(1, int(gate_levels.max()) + 1):
        gates = np.flatnonzero(gate_levels == level)
        bits += math.fsum(group.bits(readable) for group in group_gates(circuit, gates))
        readable = len(gates) + (0 if layered else readable)
    family = (
        f"{'layered ' if layered else ''}circuits of {circuit.gates:,} gates over {features:,} "
        f"features, on the same {int(gate_levels.max()):,} levels"
    )
    order = log2_factorial(len(np.unique(circuit.outputs)))
    return CountingBound(family, bits, False, order_bits=order)


def _is_layered(circuit: Circuit) -> bool:
    """Return True if every gate reads only gates (or features) of the level just below its own."""
    own = np.repeat(circuit.levels[len(circuit.features) :], np.diff(circuit.fan_in_offsets))
    return bool((circuit.levels[circuit.fan_in] == own - 1).all())
