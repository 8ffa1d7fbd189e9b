"""The rows that bound a network by counting, and by the bits that learnt weights can hold."""

from __future__ import annotations

import math

from polyseme.circuits.circuit import Circuit
from polyseme.limits.associative import memory_limits, memory_neurons
from polyseme.limits.counting import CountingBound, neurons_for
from polyseme.limits.renaming import renaming_bits
from polyseme.limits.rows import AT_LEAST, DESCRIPTIONS, RULE, Row, cited

_COUNTING = "counting"
IGNORED = "order of outputs ignored"
ORDERED = "outputs in order"


def lower_rows(
    circuit: Circuit, count: CountingBound, layers: int, error: float
) -> tuple[Row, ...]:
    """Return lower bounds on the neurons of one hidden layer, or of each of `layers` equal ones.

    All are at 1 bit per weight. There are none for a family of one circuit, and none of no bits.
    """
    if not count.bits:
        return ()
    kind = AT_LEAST if count.counts_functions else DESCRIPTIONS
    rows: list[Row] = []

    def counted(name: str, bits: float, source: str, kind: str = kind) -> None:
        if bits > 0:
            neurons, parameters = least(bits / layers, 1.0), math.ceil(bits)
            rows.append(Row(name, neurons, source, parameters, "", kind, bits))

    if count.order_bits or not count.counts_functions:
        counted(IGNORED, count.bits, _COUNTING)
    counted(ORDERED, count.ordered_bits, _COUNTING)
    if count.influence_bits is not None and count.influence_source:
        source = cited(count.influence_source)
        counted(f"the circuit's influences, {IGNORED}", count.influence_bits, source)
        counted(f"the circuit's influences, {ORDERED}", count.tightest_bits, source)
    spared = count.with_error(len(circuit.outputs), error)
    ignored = f", {IGNORED}" if count.order_bits else ""
    counted(f"a share of {error:g} of the outputs wrong{ignored}", spared, _COUNTING)
    if not count.counts_functions and circuit.depth > 1:
        counted("functions that differ by names only", renaming_bits(circuit), _COUNTING, AT_LEAST)
    return tuple(rows)


def storage_rows(count: CountingBound, layers: int) -> tuple[Row, ...]:
    """Return the neurons that ways of storing patterns take for the bits, order ignored.

    They are limits of these rules: another way of choosing weights may do with fewer neurons.
    """
    if count.bits <= 0:
        return ()
    each = count.bits / layers
    return tuple(
        Row(
            f"{limit.bits:.2f} bits per weight, {limit.rule}",
            memory_neurons(each, limit),
            cited(limit.source),
            kind=RULE,
            bits=count.bits,
        )
        for limit in memory_limits()
    )


# Bits per weight that are asked about lie between these: a bound beyond them is about no network.
FEWEST_BITS, MOST_BITS = 1e-6, 1e6


def least(bits: float, bits_per_weight: float) -> int:
    """Least whole number of neurons n of an n x n layer that holds `bits`."""
    return math.ceil(neurons_for(bits, bits_per_weight))
