"""The rows that bound a network from below: by counting, and by the bits that weights can hold."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from polyseme.circuits.circuit import Circuit
from polyseme.limits.associative import memory_limits, memory_neurons
from polyseme.limits.asymptotic import least_neurons, least_parameters
from polyseme.limits.counting import CountingBound, neurons_for
from polyseme.limits.renaming import renaming_bits
from polyseme.limits.rows import Row, cited

_BITS = (1, 2, 8)


def lower_rows(
    circuit: Circuit, count: CountingBound, layers: int, error: float
) -> tuple[Row, ...]:
    """Return lower bounds on the neurons of one hidden layer, or of each of `layers` equal ones."""
    spared = count.with_error(len(circuit.outputs), error)
    rows = [
        *(
            _counted(f"{bits} bit{'s' * (bits > 1)} per weight", count.bits, layers, bits)
            for bits in _BITS
        ),
        _counted(f"1 bit per weight, a share of {error:g} of the outputs wrong", spared, layers, 1),
        *_remembered(count.bits / layers),
    ]
    if count.counts_functions:
        return (*rows, *_asymptotic(circuit, count.bits))
    rows = [replace(row, indicative=True) for row in rows]
    if circuit.depth > 1:
        name = "1 bit per weight, functions that differ by names of features only"
        rows.append(_counted(name, renaming_bits(circuit), layers, 1))
    return tuple(rows)


def least(bits: float, bits_per_weight: float) -> int:
    """Least whole number of neurons n of an n x n layer that holds `bits`."""
    return math.ceil(neurons_for(bits, bits_per_weight))


def _counted(name: str, bits: float, layers: int, bits_each: float) -> Row:
    return Row(name, least(bits / layers, bits_each), "counting", math.ceil(bits / bits_each))


def _asymptotic(circuit: Circuit, bits: float) -> list[Row]:
    """Return Adler and Shavit's bound if the circuit is of its families, else no row.

    The families are permutations and pairwise logic.
    """
    features, outputs = len(circuit.features), len(np.unique(circuit.outputs))
    widths = np.diff(circuit.fan_in_offsets)
    permutes = outputs == features and circuit.depth <= 1 and bool((widths == 1).all())
    pairs = circuit.depth == 1 and bool((widths == 2).all())
    # If a circuit has many of all pairs, or has one twice, its family is smaller than the bound
    # assumes.
    if not (permutes or pairs) or least_parameters(outputs, 1) > bits:
        return []
    name = "1 bit per weight, m' log2(m'/e) of them"
    neurons = math.ceil(least_neurons(outputs, 1))
    parameters = math.ceil(least_parameters(outputs, 1))
    return [Row(name, neurons, cited("adler2024complexity"), parameters)]


def _remembered(bits: float) -> list[Row]:
    return [
        Row(
            f"{limit.bits:.2f} bits per weight: {limit.rule}",
            memory_neurons(bits, limit),
            cited(limit.source),
        )
        for limit in memory_limits()
    ]
