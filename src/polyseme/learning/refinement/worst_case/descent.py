"""The descent of W until every output is right on every input, and its rounding.

The problem is convex (`loss.py`), so the descent ends in one of two ways: with reads within their
limits, or above 0 because the layer is too small for them. W begins at 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.common.progress import phase
from polyseme.learning.refinement.readings.lbfgs import points
from polyseme.learning.refinement.worst_case.extremes import Extremes
from polyseme.learning.refinement.worst_case.frames import Frames, Steps
from polyseme.learning.refinement.worst_case.limit import Limits
from polyseme.learning.refinement.worst_case.loss import WorstCaseLoss

Floats = NDArray[np.float32]

# Steps of L-BFGS that are remembered, and the most that are made.
_MEMORY, MOST_STEPS = 10, 200
# A loss from which rounding is tried, again whenever it has fallen by a factor, and one at which
# the reads are where they should be.
_TRIED, _LESS, _DONE = 3e-4, 0.1, 1e-8
# The descent has stalled where so many steps have not taken the loss down by this factor.
_PATIENCE, _FALL = 25, 0.5
# Largest weights in steps, tried from the left.
_LARGEST = (127, 255, 511, 1023, 2047)


@dataclass(frozen=True, eq=False)
class Certified:
    """A W in whole numbers that decides every input rightly, and its extreme readings."""

    steps: Steps
    seen: Extremes


def descended(frames: Frames, limits: Limits, active: int) -> Certified | None:
    """Return a W that is right on all inputs with at most `active` features on; None if none is."""
    loss = WorstCaseLoss(
        frames.output_blocks, frames.input_blocks, frames.own, limits, frames.shape[0]
    )
    losses: list[float] = []
    again = _TRIED
    with phase(f"descending on {frames.shape[0]:,} neurons") as step:
        for point in points(np.zeros(frames.shape, np.float32), loss, _MEMORY):
            losses.append(point.loss)
            step(min(_done(losses), 99), 100)
            if point.loss <= again:
                found = rounded(frames, point.weights, active)
                if found is not None:
                    return found
                again = _LESS * point.loss
            if point.loss <= _DONE or _stalled(losses):
                break
    return None


def rounded(frames: Frames, weights: Floats, active: int) -> Certified | None:
    """Return W in as few whole numbers as decide every input rightly; None if none do."""
    largest = float(np.abs(weights).max())
    for most in _LARGEST:
        # 16 bits hold what a unit reads of a feature.
        if most * frames.inputs.weight > np.iinfo(np.int16).max:
            break
        whole = np.rint(weights * np.float32(most / largest))
        steps: Steps = whole.astype(np.int8 if most <= np.iinfo(np.int8).max else np.int16)
        seen = frames.extremes(steps, active)
        if seen.certified:
            return Certified(steps, seen)
    return None


def _stalled(losses: list[float]) -> bool:
    if len(losses) > MOST_STEPS:
        return True
    return len(losses) > _PATIENCE and losses[-1] > _FALL * losses[-1 - _PATIENCE]


def _done(losses: list[float]) -> int:
    """Return the share of the descent that is done, in hundredths: the loss falls exponentially."""
    return int(100 * np.log(losses[0] / losses[-1]) / np.log(losses[0] / _TRIED))
