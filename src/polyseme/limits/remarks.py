"""Sentences about a circuit that no row of the table of bounds can say."""

from __future__ import annotations

import numpy as np

from polyseme.circuits.circuit import Circuit
from polyseme.limits.counting import CountingBound
from polyseme.limits.lower import least

_ADLER_SHAVIT = (
    "Adler, Shavit 2024: Omega(sqrt(m' log m')) neurons for m' such outputs, constant unknown"
)


def remarks_on(circuit: Circuit, count: CountingBound, layers: int) -> tuple[str, ...]:
    """Return the sentences that hold for a circuit, the most important first."""
    remarks = []
    if not count.bits:
        remarks.append(_single(count, layers))
    if not count.counts_functions:
        remarks.append(
            "the count is of circuits as written, so it bounds no network for this one function"
        )
    elif count.bits and count.influence_bits is None:
        remarks.append("circuits with this one's influences are not counted")
    if layers > 1:
        remarks.append(f"neurons are of the widest of {layers} hidden layers")
    if count.counts_functions and count.bits and _is_of_adler_and_shavit(circuit):
        remarks.append(_ADLER_SHAVIT)
    return tuple(remarks)


def _single(count: CountingBound, layers: int) -> str:
    """Return a sentence on a family of one."""
    alone = "there is only one such circuit, so counting bounds no network for it"
    if not count.order_bits:
        return alone
    ordered = least(count.order_bits / layers, 1.0)
    return (
        f"{alone}; if its outputs may stand in any order, and the readout is from the seed, "
        f"{ordered:,} neurons at 1 bit per weight"
    )


def _is_of_adler_and_shavit(circuit: Circuit) -> bool:
    """Return True for permutations of all features and for pairwise logic."""
    outputs, widths = len(np.unique(circuit.outputs)), np.diff(circuit.fan_in_offsets)
    permutes = outputs == len(circuit.features) and circuit.depth <= 1
    permutes = permutes and bool((widths == 1).all())
    return permutes or (circuit.depth == 1 and bool((widths == 2).all()))
