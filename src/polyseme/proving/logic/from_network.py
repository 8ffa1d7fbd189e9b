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

from polyseme.common.progress import phase
from polyseme.errors import CapacityError
from polyseme.networks.activation import Clip, Relu
from polyseme.networks.checks import EXACT
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network
from polyseme.proving.logic.graph import FALSE, TRUE, Graph
from polyseme.proving.logic.ranges import Ranges, ranges_of
from polyseme.proving.logic.sums import Comparisons, Sum, TooLargeError, sum_of

# Nodes of the decision diagram of one unit, and values that one unit may have.
MOST_NODES, MOST_VALUES = 200_000, 256
# Layers between two reports of progress.
_REPORTED = 16


@dataclass(frozen=True)
class _Number:
    """A number that a layer writes: 2^exponent times a constant and weights of literals."""

    exponent: int
    constant: int
    terms: tuple[tuple[int, int], ...]


def network_logic(network: Network, graph: Graph) -> list[int]:
    """Return the literal of every output of a network, in a graph over its features.

    Args:
        network: The network; its weights decide, and nothing else of it is used.
        graph: A graph with one input per feature, in their order. It gets the ANDs.

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
            numbers = _layer(layer, f"of layer {place}", numbers, graph, ranges, place)
        return _outputs(network, numbers, graph)


def _encoded(network: Network) -> list[_Number]:
    code = network.encoder.code.matrix().tocsc()
    signs, features = code.data.astype(np.int64).tolist(), (2 * code.indices + 2).tolist()
    return [
        _Number(0, 0, tuple(zip(signs[begin:end], features[begin:end], strict=True)))
        for begin, end in pairwise(code.indptr.tolist())
    ]


def _layer(
    layer: Layer, where: str, numbers: list[_Number], graph: Graph, ranges: Ranges, place: int
) -> list[_Number]:
    """Return what a layer writes, for what it reads."""
    if not isinstance(layer.activation, Relu | Clip):
        raise CapacityError(f"units {where} are squared, and their logic is not known")
    weights = sp.csr_array(layer.weights)
    entries = list(zip(weights.data.tolist(), weights.indices.tolist(), strict=True))
    highest = ranges.matters[place + 1] / layer.scale
    if isinstance(layer.activation, Clip):
        highest = np.minimum(highest, layer.activation.cap)
    needed = np.ceil(highest).astype(np.int64).tolist()
    shift = int(np.log2(layer.scale))
    written = []
    for unit, (begin, end) in enumerate(pairwise(weights.indptr.tolist())):
        name = f"unit {unit} {where}"
        bias = Fraction(int(layer.bias[unit]))
        written.append(_unit(entries[begin:end], bias, numbers, needed[unit], shift, graph, name))
    return written + [numbers[carried] for carried in layer.carried.tolist()]


def _unit(
    entries: list[tuple[int, int]],
    bias: Fraction,
    numbers: list[_Number],
    most: int,
    shift: int,
    graph: Graph,
    name: str,
) -> _Number:
    """Return the value of a unit: its sum where that is above 0, up to `most`, then scaled."""
    exponent, added = _sum(entries, bias, numbers, name)
    # The sum is counted in units of 2^exponent, which is at most 0.
    most <<= -exponent
    if added.highest <= 0 or most <= 0:
        return _Number(0, 0, ())
    levels = _levels(added, most, name)
    compared = Comparisons(graph, added, MOST_NODES)
    try:
        literals = [compared.at_least(level) for level in levels]
    except TooLargeError:
        raise CapacityError(f"{name} depends on more than {MOST_NODES:,} partial sums") from None
    rises = [level - before for before, level in pairwise([0, *levels])]
    return _normal(exponent + shift, list(zip(rises, literals, strict=True)))


def _levels(added: Sum, most: int, name: str) -> list[int]:
    """Return the values above 0 that a sum may have, and that are told apart."""
    step = added.step
    if not step:
        return [min(added.constant, most)]
    first = max(added.constant, (added.constant - 1) % step + 1)
    last = min(added.highest, max(first, first + -(-(most - first) // step) * step))
    if (last - first) // step >= MOST_VALUES:
        raise CapacityError(f"{name} takes more than {MOST_VALUES} values")
    return list(range(first, last + 1, step))


def _normal(exponent: int, terms: list[tuple[int, int]]) -> _Number:
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
    )


def _sum(
    entries: Iterable[tuple[int, int]], bias: Fraction, numbers: list[_Number], name: str
) -> tuple[int, Sum]:
    """Return the exponent, at most 0, and the sum of weighted numbers and a bias in its units."""
    read = [(weight, numbers[number]) for weight, number in entries if weight]
    exponent = min([0, *(number.exponent for _, number in read)])
    while (bias * Fraction(2) ** -exponent).denominator > 1:
        exponent -= 1
    constant = int(bias * Fraction(2) ** -exponent)
    extent = abs(constant)
    terms: list[tuple[int, int]] = []
    for weight, number in read:
        scaled = weight << (number.exponent - exponent)
        constant += scaled * number.constant
        largest = abs(number.constant) + sum(abs(one) for one, _ in number.terms)
        extent += abs(scaled) * largest
        terms += [(scaled * one, literal) for one, literal in number.terms]
    if extent >= EXACT:
        raise CapacityError(f"the sum of {name} may be larger than float32 holds exactly")
    return exponent, sum_of(constant, terms)


def _outputs(network: Network, numbers: list[_Number], graph: Graph) -> list[int]:
    readout = network.readout
    weights, neurons = readout.weights.tolist(), readout.neurons.tolist()
    ends, thresholds = pairwise(readout.offsets.tolist()), readout.thresholds.tolist()
    literals = []
    for output, ((begin, end), threshold) in enumerate(zip(ends, thresholds, strict=True)):
        if threshold == np.inf:
            literals.append(FALSE)
            continue
        name = f"output {network.readout.outputs[output]!r}"
        entries = zip(weights[begin:end], neurons[begin:end], strict=True)
        # On where the reading less the threshold is 0 or more.
        _, added = _sum(entries, -Fraction(threshold), numbers, name)
        try:
            literals.append(Comparisons(graph, added, MOST_NODES).at_least(0))
        except TooLargeError:
            raise CapacityError(
                f"{name} depends on more than {MOST_NODES:,} partial sums"
            ) from None
    return literals
