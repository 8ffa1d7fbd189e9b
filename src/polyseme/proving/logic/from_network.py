"""Networks turned back into logic: from the weights, biases and thresholds, whatever made them.

A number that a layer writes is a constant and weights of literals. A unit of value 0, 1, .., v is
the sum of [z >= 1], .., [z >= v] for its sum z, and every one of these comparisons is a decision
diagram (`sums.py`). So nothing is assumed of units, such as that they are 0 or 1. Only values that
matter (`ranges.py`) are told apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.common.progress import phase
from polyseme.errors import CapacityError
from polyseme.networks.activation import Clip, Relu
from polyseme.networks.checks import EXACT
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network
from polyseme.proving.logic.graph import FALSE, TRUE, Graph
from polyseme.proving.logic.ranges import ranges_of
from polyseme.proving.logic.sums import Comparisons, Sum, TooLargeError, sum_of

# Nodes of the decision diagram of one unit, and values that one unit may have.
MOST_NODES, MOST_VALUES = 200_000, 256
# Layers between two reports of progress.
_REPORTED = 16


@dataclass(frozen=True)
class _Number:
    """A number that a layer writes: 2^exponent times a constant and weights of literals.

    No part of the number as the network computes it is larger than 2^exponent times `extent`. Where
    larger values make no difference, that may be more than the literals add up to.
    """

    exponent: int
    constant: int
    terms: tuple[tuple[int, int], ...]
    extent: int


def network_logic(network: Network, graph: Graph, active: int | None = None) -> list[int]:
    """Return the literal of every output of a network, in a graph over its features.

    Args:
        network: The network; its weights decide, and nothing else of it is used.
        graph: A graph with one input per feature, in their order. It gets the ANDs.
        active: If given, the logic need be that of the network only on inputs with at most so many
            features on, and is simpler for it: what the first layer could reach only with more on
            is left out.

    Returns:
        A literal per output.

    Raises:
        CapacityError: A unit is squared, takes too many values or depends on too many partial sums,
            or its sum may be larger than float32 holds exactly.
    """
    ranges = ranges_of(network)
    numbers = _encoded(network)
    with phase("from weights to logic") as step:
        for place, layer in enumerate(network.layers):
            if place % _REPORTED == 0:
                step(place, len(network.layers))
            below = _Below(numbers, graph, None if place else active)
            numbers = _layer(layer, f"of layer {place}", below, ranges.matters[place + 1])
        return _outputs(network, _Below(numbers, graph, None))


def _encoded(network: Network) -> list[_Number]:
    code = network.encoder.code.matrix().tocsc()
    signs, features = code.data.astype(np.int64).tolist(), (2 * code.indices + 2).tolist()
    return [
        _Number(0, 0, tuple(zip(signs[begin:end], features[begin:end], strict=True)), end - begin)
        for begin, end in pairwise(code.indptr.tolist())
    ]


@dataclass(frozen=True)
class _Below:
    """The numbers that a layer or the readout reads, and how their sums become logic.

    `active` is given where they are features of which at most so many are on.
    """

    numbers: list[_Number]
    graph: Graph
    active: int | None

    def sum(self, entries: Iterable[tuple[int, int]], bias: Fraction, name: str) -> tuple[int, Sum]:
        """Return an exponent, at most 0, and in its units the sum of weighted numbers and a bias.

        Entries are weights and numbers.
        """
        read = [(weight, self.numbers[number]) for weight, number in entries if weight]
        exponent = min([0, *(number.exponent for _, number in read)])
        while (bias * Fraction(2) ** -exponent).denominator > 1:
            exponent -= 1
        constant = int(bias * Fraction(2) ** -exponent)
        extent = abs(constant)
        terms: list[tuple[int, int]] = []
        for weight, number in read:
            scaled = weight << (number.exponent - exponent)
            constant += scaled * number.constant
            extent += abs(scaled) * number.extent
            terms += [(scaled * one, literal) for one, literal in number.terms]
        if extent >= EXACT:
            raise CapacityError(f"the sum of {name} may be larger than float32 holds exactly")
        return exponent, sum_of(constant, terms)

    def at_least(self, added: Sum, levels: list[int], name: str) -> list[int]:
        """Return for each level the literal that is on where a sum reaches it."""
        compared = Comparisons(self.graph, added, MOST_NODES, self.active)
        try:
            return [compared.at_least(level) for level in levels]
        except TooLargeError:
            raise CapacityError(
                f"{name} depends on more than {MOST_NODES:,} partial sums"
            ) from None


def _layer(layer: Layer, where: str, below: _Below, matters: NDArray[np.float64]) -> list[_Number]:
    """Return what a layer writes, of which each number matters up to a value."""
    if not isinstance(layer.activation, Relu | Clip):
        raise CapacityError(f"units {where} are squared, and their logic is not known")
    weights = sp.csr_array(layer.weights)
    entries = list(zip(weights.data.tolist(), weights.indices.tolist(), strict=True))
    cap = layer.activation.cap if isinstance(layer.activation, Clip) else EXACT
    needed = np.ceil(np.minimum(matters[: layer.units] / layer.scale, cap)).astype(int).tolist()
    shift, bias = int(np.log2(layer.scale)), layer.bias.tolist()
    written = []
    for unit, (begin, end) in enumerate(pairwise(weights.indptr.tolist())):
        name = f"unit {unit} {where}"
        exponent, added = below.sum(entries[begin:end], Fraction(bias[unit]), name)
        # The sum is counted in units of 2^exponent, which is at most 0.
        levels = _levels(added, needed[unit] << -exponent, name)
        literals = below.at_least(added, levels, name)
        rises = [level - before for before, level in pairwise([0, *levels])]
        terms = list(zip(rises, literals, strict=True))
        written.append(_normal(exponent + shift, terms, _extent(added, cap << -exponent)))
    return written + [below.numbers[carried] for carried in layer.carried.tolist()]


def _extent(added: Sum, cap: int) -> int:
    return max(0, min(added.highest, cap))


def _levels(added: Sum, most: int, name: str) -> list[int]:
    """Return the values above 0 that a sum may have, as far as they are told apart."""
    if added.highest <= 0 or most <= 0:
        return []
    step = added.step
    if not step:
        return [added.constant]
    first = max(added.constant, (added.constant - 1) % step + 1)
    last = min(added.highest, first + max(0, -(-(most - first) // step) * step))
    if (last - first) // step >= MOST_VALUES:
        raise CapacityError(f"{name} takes more than {MOST_VALUES} values")
    return list(range(first, last + 1, step))


def _normal(exponent: int, terms: list[tuple[int, int]], extent: int) -> _Number:
    """Return a number without common factors of 2, and without literals that are constant."""
    constant = sum(weight for weight, literal in terms if literal == TRUE)
    rest = tuple((weight, literal) for weight, literal in terms if literal > TRUE)
    together = constant
    for weight, _ in rest:
        together |= weight
    # The lowest bit that any of them has.
    spare = (together & -together).bit_length() - 1 if together else 0
    return _Number(
        exponent + spare,
        constant >> spare,
        tuple((weight >> spare, literal) for weight, literal in rest),
        -(-extent >> spare),
    )


def _outputs(network: Network, last: _Below) -> list[int]:
    readout = network.readout
    weights, neurons = readout.weights.tolist(), readout.neurons.tolist()
    ends, thresholds = pairwise(readout.offsets.tolist()), readout.thresholds.tolist()
    literals = []
    for output, ((begin, end), threshold) in enumerate(zip(ends, thresholds, strict=True)):
        if threshold == np.inf:
            literals.append(FALSE)
            continue
        name = f"output {readout.outputs[output]!r}"
        entries = zip(weights[begin:end], neurons[begin:end], strict=True)
        # On where the reading less the threshold is 0 or more.
        _, added = last.sum(entries, -Fraction(threshold), name)
        literals += last.at_least(added, [0], name)
    return literals
