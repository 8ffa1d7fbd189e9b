"""Affine readings: the slope and offset with which readings come nearest to 0 and 1.

A layer computes its gates if one affine function of each gate's reading is near the gate's value.
Readings are scaled to 0 at rest and 1 when the gate is on alone. All gates of a group then share a
slope and an offset. They are fitted to samples that nothing else uses, as the pair for which the
worst samples of every kind err least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.verification.extremes import Extremes, Floats

# Share of the samples of a kind that the reading error may exceed.
BEYOND = 1e-3
# Share of samples whose mean error is made least: a mean of the worst is steadier than a quantile.
_WORST = 2e-3
# The search looks at a square of slopes and offsets, then at ever smaller ones around the best.
_SLOPES, _OFFSETS, _STEPS, _ROUNDS, _SHRINK = 0.6, 0.35, 13, 5, 3.0


@dataclass(frozen=True, eq=False)
class AffineReading:
    """The slope and offset of each group of outputs, both float32 (groups,)."""

    slope: Floats
    offset: Floats

    def errors(self, seen: Extremes) -> Floats:
        """Return the largest distance of a reading from its value, float32 (groups, samples)."""
        slope, offset = self.slope[:, None], self.offset[:, None]
        on = np.maximum(1 - (slope * seen.lowest_on + offset), _on_errors(seen, slope, offset))
        off = np.maximum(slope * seen.highest_off + offset, -(slope * seen.lowest_off + offset))
        # Rounding may take a reading that is exact below 0.
        return np.asarray(np.maximum(np.maximum(on, off), 0))

    def errors_on(self, seen: Extremes) -> Floats:
        """Return the same of gates that are on; minus infinity where none is."""
        slope, offset = self.slope[:, None], self.offset[:, None]
        lowest = 1 - (slope * seen.lowest_on + offset)
        return np.asarray(np.maximum(lowest, _on_errors(seen, slope, offset)))


def fitted_reading(kinds: Sequence[Extremes]) -> AffineReading:
    """Return the affine reading of each group that errs least on samples of every kind."""
    groups = len(kinds[0].lowest_on)
    found = [_fitted([_group(seen, number) for seen in kinds]) for number in range(groups)]
    slope, offset = np.array(found, np.float32).T
    return AffineReading(slope, offset)


def beyond(errors: NDArray[np.floating], share: float = BEYOND) -> float:
    """Return the reading error that all but a share of the samples keep."""
    return float(np.quantile(errors, 1 - share, method="higher"))


def _on_errors(seen: Extremes, slope: Floats, offset: Floats) -> Floats:
    return np.asarray(slope * seen.highest_on + offset - 1)


def _group(seen: Extremes, number: int) -> Extremes:
    some = slice(number, number + 1)
    return Extremes(
        seen.lowest_on[some], seen.highest_on[some], seen.lowest_off[some], seen.highest_off[some]
    )


def _fitted(kinds: list[Extremes]) -> tuple[float, float]:
    centre, reach = (1.0, 0.0), 1.0
    if not _worst(kinds, *centre):
        return centre
    for _ in range(_ROUNDS):
        slopes = centre[0] + reach * np.linspace(-_SLOPES, _SLOPES, _STEPS)
        offsets = centre[1] + reach * np.linspace(-_OFFSETS, _OFFSETS, _STEPS)
        tried = [(slope, offset) for slope in slopes for offset in offsets if slope > 0]
        worst = [_worst(kinds, slope, offset) for slope, offset in tried]
        centre = tried[int(np.argmin(worst))]
        reach /= _SHRINK
    return centre


def _worst(kinds: list[Extremes], slope: float, offset: float) -> float:
    reading = AffineReading(np.array([slope], np.float32), np.array([offset], np.float32))
    return max(_mean_of_worst(reading.errors(seen)[0]) for seen in kinds)


def _mean_of_worst(errors: Floats) -> float:
    count = max(1, round(_WORST * len(errors)))
    return float(np.partition(errors, len(errors) - count)[len(errors) - count :].mean())
