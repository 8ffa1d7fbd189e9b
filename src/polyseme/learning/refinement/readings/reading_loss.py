"""The loss of a W whose readings should be near 0 and 1: squares of what is beyond the limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.learning.refinement.readings.cases import Cases
from polyseme.learning.refinement.readings.loss_kernel import loss_of_gates
from polyseme.learning.refinement.readings.metric import Metric, in_pieces

Floats = NDArray[np.float32]

# The gates are cut into so many pieces, each with a slope of its own; the sum is in their order.
_PIECES = 4
# Every so many-th gate that shares a unit is watched.
_STRIDE = 2


@dataclass(frozen=True)
class Aim:
    """The affine reading, and the limits beyond which a reading costs.

    A reading is `offset` and `gain` times the sum of a gate's units. `on` is how far a gate that is
    on may be from 1; `off` how high one that is off may be, and `pair` how high with one input and
    two strangers on. Squares of the last count `pair_weight` times.
    """

    offset: float
    gain: float
    on: float
    off: float
    pair: float
    pair_weight: float


@dataclass(frozen=True, eq=False)
class Slope:
    """The loss of a W, its slope as Y, and as V: the direction in which W falls most steeply."""

    loss: float
    dual: Floats
    primal: Floats


class ReadingLoss:
    """The loss of one period, for which pairs of strangers are fixed."""

    def __init__(
        self,
        metric: Metric,
        cases: Cases,
        bias: Floats,
        aim: Aim,
        period: int,
        generator: np.random.Generator,
    ) -> None:
        """Draw the strangers that are on together."""
        self._metric = metric
        shifts = generator.integers(1, metric.features, cases.gates.shape).astype(np.int32)
        of_cases = (bias, cases.gates, cases.units, cases.partners, shifts)
        limits = np.array([aim.on, aim.off, aim.pair], np.float32)
        weights = np.array([aim.pair_weight, _STRIDE], np.float32)
        numbers = (limits, weights, np.float32(aim.offset), np.float32(aim.gain))
        self._arguments = (*of_cases, cases.offsets, cases.sharers, _STRIDE, period, *numbers)
        self._gates = len(cases.gates)

    def __call__(self, weights: Floats) -> Slope:
        """Return the loss of a W and its slope."""
        reads = self._metric.reads(weights)
        # Sharers need single entries from all rows; side by side they take far less time.
        turned = np.ascontiguousarray(reads.T)
        slopes = np.zeros((_PIECES, *reads.shape), np.float32)
        size = -(-self._gates // _PIECES)

        def piece(first: int, last: int) -> float:
            slope = slopes[first // size]
            return float(loss_of_gates(first, last, reads, turned, *self._arguments, slope))

        losses = in_pieces(piece, self._gates, size)
        return Slope(float(sum(losses)), *self._metric.steepest(slopes))
