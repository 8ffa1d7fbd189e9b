"""Pass 1: the relations of a circuit of linked facts, hop by hop.

Such a circuit (`circuits/readers/linked_facts.py`) has as outputs ORs of *facts*. A fact is the AND
of a *member* and an *opener*. Members are features, which are subjects, or outputs of the hop
before. An opener is a feature or an OR of features: the chains that pass the relation. Outputs of
one opener are the *objects* of one relation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.common.ragged import row_numbers, select_rows

Integers = NDArray[np.int64]
FROM_FEATURES = -1
# A circuit of more openers is something else, and relations are looked at one by one.
_MOST_RELATIONS = 1024


@dataclass(frozen=True, eq=False)
class Relation:
    """A relation: the hop it is in, its opener, a wire, and its facts.

    `before` is the number of the relation whose objects are its members, or `FROM_FEATURES`.
    Shapes, all int64: `chains` (chains,) are features; `objects` (objects,) are wires; `member` and
    `object` (facts,) number the subjects, or objects of the relation before, and the objects.
    """

    hop: int
    before: int
    opener: int
    chains: Integers
    objects: Integers
    member: Integers
    object: Integers


@dataclass(frozen=True, eq=False)
class Relations:
    """All relations, those of a hop together; `subjects` int64 are features, rising."""

    circuit: Circuit
    subjects: Integers
    relations: tuple[Relation, ...]

    @property
    def hops(self) -> int:
        """Number of hops."""
        return 1 + max(relation.hop for relation in self.relations)

    def of_hop(self, hop: int) -> list[int]:
        """Return the numbers of the relations of a hop."""
        return [n for n, relation in enumerate(self.relations) if relation.hop == hop]

    @cached_property
    def chains(self) -> Integers:
        """All features that are chains, rising."""
        return np.unique(np.concatenate([relation.chains for relation in self.relations]))

    def beyond(self, hop: int) -> Integers:
        """Return the numbers of the relations of later hops, rising."""
        return np.flatnonzero([relation.hop > hop for relation in self.relations])

    @property
    def exact_widths(self) -> Integers:
        """ReLUs of the exact network, (hops + 1,): ORs of chains, then one per object."""
        widths = np.zeros(self.hops + 1, np.int64)
        for relation in self.relations:
            widths[0] += len(relation.chains) > 1
            widths[relation.hop + 1] += len(relation.objects)
        return widths

    @property
    def facts(self) -> int:
        """Number of facts."""
        return sum(len(relation.member) for relation in self.relations)


class NoLinkedFacts(Exception):
    """The reason why a circuit is no circuit of linked facts."""


def relations_of(circuit: Circuit) -> Relations:
    """Return the relations of a circuit of linked facts; raise NoLinkedFacts if it is none."""
    fact, output = _facts(circuit)
    member, opener = _sides(circuit, fact)
    _, opened, relation = np.unique(opener, return_index=True, return_inverse=True)
    if len(opened) > _MOST_RELATIONS:
        raise NoLinkedFacts(f"{len(opened)} relations; there may be at most {_MOST_RELATIONS}")
    of_output = np.full(len(circuit.outputs), -1)
    of_output[output] = relation
    if (of_output[output] != relation).any():
        raise NoLinkedFacts("every output must have one relation")
    before = _before(circuit, member, relation, of_output)
    hop = _hops(before)
    # Hop by hop, and within one in the order of the outputs.
    order = np.lexsort((output[opened], hop))
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    chains = [_chains(circuit, int(opener[opened[one]])) for one in order]
    subjects = np.setdiff1d(np.arange(len(circuit.features)), np.concatenate(chains))
    place = np.full(circuit.wires, -1, np.int64)
    place[subjects] = np.arange(len(subjects))
    made = []
    for one, through in zip(order.tolist(), chains, strict=True):
        mine = np.flatnonzero(relation == one)
        outputs = np.flatnonzero(of_output == one)
        place[circuit.outputs[outputs]] = np.arange(len(outputs))
        made.append(
            Relation(
                hop=int(hop[one]),
                before=int(number[before[one]]) if before[one] >= 0 else FROM_FEATURES,
                opener=int(opener[opened[one]]),
                chains=through,
                objects=circuit.outputs[outputs].astype(np.int64),
                member=place[member[mine]],
                object=np.searchsorted(outputs, output[mine]),
            )
        )
    found = Relations(circuit, subjects, tuple(made))
    if any((one.member < 0).any() for one in made):
        raise NoLinkedFacts("a chain is also a subject")
    return found


def _facts(circuit: Circuit) -> tuple[Integers, Integers]:
    """Return the gates that are facts, and the output of each."""
    features, outputs = len(circuit.features), circuit.outputs.astype(np.int64)
    if circuit.inverted.any() or outputs.min() < features:
        raise NoLinkedFacts("every output must be an AND, or an OR of ANDs")
    if len(np.unique(outputs)) < len(outputs):
        raise NoLinkedFacts("two outputs are the same gate")
    gates = outputs - features
    is_or = circuit.kinds[gates] == GateKind.OR
    offsets, places = select_rows(circuit.fan_in_offsets, gates[is_or])
    fact = np.concatenate((gates[~is_or], circuit.fan_in[places].astype(np.int64) - features))
    output = np.concatenate(
        (np.flatnonzero(~is_or), np.flatnonzero(is_or)[row_numbers(np.diff(offsets))])
    )
    if fact.min() < 0 or (circuit.kinds[fact] != GateKind.AND).any():
        raise NoLinkedFacts("every output must be an AND, or an OR of ANDs")
    if (np.diff(circuit.fan_in_offsets)[fact] != 2).any():
        raise NoLinkedFacts("every fact must be an AND of two")
    order = np.lexsort((fact, output))
    return fact[order], output[order]


def _sides(circuit: Circuit, fact: Integers) -> tuple[Integers, Integers]:
    """Return the member and the opener of each fact."""
    features = len(circuit.features)
    read = circuit.fan_in[circuit.fan_in_offsets[fact][:, None] + np.arange(2)].astype(np.int64)
    is_output = np.zeros(circuit.wires, bool)
    is_output[circuit.outputs] = True
    readers = np.bincount(read.ravel(), minlength=circuit.wires)
    # Outputs are members, other gates openers; of two features the one that more facts read.
    rank = np.where(is_output, -1, readers)
    rank[features:][~is_output[features:]] = len(read) + 1
    side = (rank[read[:, 1]] >= rank[read[:, 0]]).astype(np.int64)
    rows = np.arange(len(read))
    member, opener = read[rows, 1 - side], read[rows, side]
    if is_output[opener].any() or ((member >= features) & ~is_output[member]).any():
        raise NoLinkedFacts("a fact must join an object or a subject with chains")
    return member, opener


def _chains(circuit: Circuit, opener: int) -> Integers:
    """Return the features that an opener is the OR of."""
    features = len(circuit.features)
    if opener < features:
        return np.array([opener])
    begin, end = circuit.fan_in_offsets[opener - features : opener - features + 2]
    read = circuit.fan_in[begin:end].astype(np.int64)
    if circuit.kinds[opener - features] != GateKind.OR or (read >= features).any():
        raise NoLinkedFacts("facts of a relation must be opened by an OR of features")
    return np.sort(read)


def _before(
    circuit: Circuit, member: Integers, relation: Integers, of_output: Integers
) -> list[int]:
    """Return the relation whose objects the members of each relation are."""
    of_wire = np.full(circuit.wires, FROM_FEATURES)
    of_wire[circuit.outputs] = of_output
    before = of_wire[member]
    found = np.full(int(relation.max()) + 1, FROM_FEATURES)
    found[relation] = before
    if (found[relation] != before).any():
        raise NoLinkedFacts("members of a relation must be objects of one relation")
    return [int(one) for one in found]


def _hops(before: list[int]) -> Integers:
    """Return the hop of each relation, from 0 on."""
    hop = np.zeros(len(before), np.int64)
    for number in range(len(before)):
        at = before[number]
        while at >= 0:
            hop[number] += 1
            at = before[at]
    return hop
