"""The readings between which thresholds have to lie, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.terms import one_layer_form
from polyseme.networks.network import Network
from polyseme.proving.proof import Margins
from polyseme.verification.term_readings import term_readings

Numbers = NDArray[np.float64]
_NONE_ON, _NONE_OFF = np.iinfo(np.int64).max, np.iinfo(np.int64).min


@dataclass(frozen=True, eq=False)
class Bounds:
    """The extreme readings of every output within a claim, float64 (outputs,).

    They are whole numbers, in the units of the sums; infinite (the lowest) or minus infinite (the
    highest) where there is no input. `lowest_on` and `highest_on` are of inputs that must switch an
    output on, the other two of all others.
    """

    lowest_on: Numbers
    highest_on: Numbers
    lowest_off: Numbers
    highest_off: Numbers

    def margins(self, scale: float) -> Margins:
        """Return the two that decide, as whole numbers."""
        on, off = np.isfinite(self.lowest_on), np.isfinite(self.highest_off)
        lowest = np.full(len(on), _NONE_ON)
        highest = np.full(len(off), _NONE_OFF)
        lowest[on], highest[off] = self.lowest_on[on], self.highest_off[off]
        return Margins(lowest, highest, scale)


def certified_error(
    network: Network, circuit: Circuit, active: int, bounds: Bounds
) -> float | None:
    """Return the worst reading error over all inputs of a claim; None if it is not defined.

    As where it is sampled (`verification/affine_reading.py`), readings are scaled to 0 at rest and
    1 with a gate on alone, and outputs that are read by equally many units share a slope and an
    offset. Here these are the best there are, which have a closed form: with the lowest readings
    l and highest h of outputs that are on (1) and off (0),

        error = min over a of [max(a h1 - 1, a h0) + max(1 - a l1, -a l0)] / 2,

    convex in a and least at 1 / (h1 - h0), at 1 / (l1 - l0), or at 0.
    """
    terms = one_layer_form(circuit).terms
    if terms is None or circuit.inverted.any() or not (terms.plain <= active).any():
        return None
    generator = np.random.default_rng(0)
    read = term_readings(network, circuit, terms, active, generator)
    factor, group = read.scale.factor.astype(np.float64), read.scale.group
    rest = _resting(network, read.rest)
    scale = network.layers[0].scale

    def scaled(values: Numbers) -> Numbers:
        """Return readings, scaled; infinite ones stay."""
        result = values.copy()
        some = np.isfinite(values)
        result[some] = (values[some] * scale - rest[some]) * factor[some]
        return result

    in_scale = Bounds(*(scaled(getattr(bounds, one.name)) for one in fields(Bounds)))
    return max(_least_error(in_scale, group == number) for number in np.unique(group))


def _resting(network: Network, hidden: NDArray[np.float32]) -> Numbers:
    readout = network.readout
    reads = np.diff(readout.offsets)
    output = np.repeat(np.arange(len(reads)), reads)
    values = hidden[readout.neurons].astype(np.float64) * readout.weights
    return np.bincount(output, values, len(reads)).astype(np.float64)


def _least_error(bounds: Bounds, some: NDArray[np.bool_]) -> float:
    on, off = some & np.isfinite(bounds.lowest_on), some & np.isfinite(bounds.lowest_off)
    low1, high1 = (
        bounds.lowest_on[on].min(initial=np.inf),
        bounds.highest_on[on].max(initial=-np.inf),
    )
    low0 = bounds.lowest_off[off].min(initial=np.inf)
    high0 = bounds.highest_off[off].max(initial=-np.inf)
    if not on.any() or not off.any():
        # Readings of one value only are all within half of their spread, or of 1, of it.
        return 0.0
    tried = [1 / gap for gap in (high1 - high0, low1 - low0) if gap > 0]

    def error(slope: float) -> float:
        above = max(slope * high1 - 1, slope * high0)
        return float((above + max(1 - slope * low1, -slope * low0)) / 2)

    return max(0.0, min(map(error, [0.0, *tried])))
