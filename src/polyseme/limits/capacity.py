"""The counting bound the other way round: the most outputs that a number of neurons can compute.

A layer of n x n weights of b bits each tells at most 2^(b n^2) functions apart. So, of a family
that grows with its number of outputs, it computes at most the largest member with no more than
b n^2 bits: for permutations and pairwise logic O(n^2 / log n) outputs, as Adler and Shavit 2024
state.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.errors import OptionError
from polyseme.limits.combinatorics import log2_factorial, log2_gate_sets
from polyseme.limits.groups import group_gates


def capacity(
    neurons: int, bits_per_weight: float, bits_of: Callable[[int], float], most: int | None = None
) -> int:
    """Largest number of outputs, at most `most`, whose family has no more bits than a layer holds.

    `bits_of` gives the bits of a family with a number of outputs. It must not fall from 1 to
    `most`; without `most` it must grow without end. The result is 0 if one output is too many.
    Raises OptionError without neurons, or for weights that hold no bits.
    """
    if neurons < 1 or not bits_per_weight > 0:
        raise OptionError(
            f"{neurons} neurons at {bits_per_weight} bits per weight: needs a neuron and some bits"
        )
    room = bits_per_weight * neurons**2
    return largest(lambda outputs: bits_of(outputs) <= room, most)


def largest(holds: Callable[[int], bool], most: int | None = None) -> int:
    """Return the largest number, at most `most`, for which a condition holds; 0 if it never does.

    The condition must hold for no number beyond one for which it fails.
    """
    low, high = 0, 1
    while most is None and holds(high):
        low, high = high, 2 * high
    high = high if most is None else most + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def features_permuted(neurons: int, bits_per_weight: float) -> int:
    """Largest number of features of which the neurons can compute any permutation."""
    return capacity(neurons, bits_per_weight, log2_factorial)


def gates_computed(
    neurons: int, bits_per_weight: float, features: int, inputs: int, marked: int = 0
) -> int:
    """Largest number of gates such that the neurons can compute any set of so many gates.

    A gate reads `inputs` of the features, and `marked` of its inputs differ in role from the
    others. If any half of all gates fits, any set of gates does. Raises OptionError as `capacity`
    does.
    """
    every = math.comb(features, inputs) * math.comb(inputs, marked)
    found = capacity(
        neurons,
        bits_per_weight,
        lambda gates: log2_gate_sets(features, inputs, marked, gates),
        every // 2,
    )
    return every if found == every // 2 else found


def capacity_for(circuit: Circuit, neurons: int, bits_per_weight: float) -> int | None:
    """Largest number of outputs of a circuit's kind that the neurons can compute over its features.

    The result is None unless all outputs are gates of one kind and fan-in that read features only.
    Identities count as a permutation of as many features as outputs.
    """
    if not (circuit.output_levels == 1).all():
        return None
    gates = np.unique(circuit.outputs).astype(np.int64) - len(circuit.features)
    groups = group_gates(circuit, gates)
    if len(groups) > 1:
        return None
    (group,) = groups
    if group.kind == GateKind.IDENTITY:
        return features_permuted(neurons, bits_per_weight)
    return gates_computed(
        neurons, bits_per_weight, len(circuit.features), group.inputs, group.marked
    )
