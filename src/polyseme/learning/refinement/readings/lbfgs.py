"""L-BFGS in the geometry of the reads: steps along V, slopes as Y."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from polyseme.learning.refinement.readings.metric import inner
from polyseme.learning.refinement.readings.reading_loss import Slope

Floats = NDArray[np.float32]

_MOST_TRIALS = 6
_ENOUGH = 1e-4


@dataclass(frozen=True, eq=False)
class _Step:
    """A step that was made: the change of W, and of the slope as Y and as V."""

    moved: Floats
    dual: Floats
    primal: Floats
    curvature: float


@dataclass(frozen=True, eq=False)
class Descended:
    """The weights after a descent, and the loss before it."""

    weights: Floats
    first_loss: float


@dataclass(frozen=True, eq=False)
class Point:
    """The weights that a descent has come to, and their loss."""

    weights: Floats
    loss: float


def descend(weights: Floats, slope_at: Callable[[Floats], Slope], steps: int) -> Descended:
    """Descend by so many steps of L-BFGS, all of which are remembered."""
    first_loss = 0.0
    for number, point in enumerate(islice(points(weights, slope_at), steps + 1)):
        weights = point.weights
        if not number:
            first_loss = point.loss
    return Descended(weights, first_loss)


def points(
    weights: Floats, slope_at: Callable[[Floats], Slope], memory: int | None = None
) -> Iterator[Point]:
    """Yield where a descent begins, and where each step of L-BFGS takes it.

    The last `memory` steps are remembered, or all. The descent ends where the loss is 0 or no step
    helps.
    """
    made: deque[_Step] = deque(maxlen=memory)
    here = slope_at(weights)
    yield Point(weights, here.loss)
    while here.loss:
        direction = _direction(here, made)
        falls = inner(here.dual, direction)
        if not falls > 0:
            return
        there, moved = _searched(weights, here, direction, falls, slope_at)
        weights = weights + moved
        dual, primal = there.dual - here.dual, there.primal - here.primal
        curvature = inner(moved, dual)
        if curvature > 0:
            made.append(_Step(moved, dual, primal, curvature))
        here = there
        yield Point(weights, here.loss)


def _searched(
    weights: Floats,
    here: Slope,
    direction: Floats,
    falls: float,
    slope_at: Callable[[Floats], Slope],
) -> tuple[Slope, Floats]:
    """Return the slope after a step against the direction, which is shortened until it helps."""
    length = 1.0
    for _ in range(_MOST_TRIALS):
        moved = np.float32(-length) * direction
        there = slope_at(weights + moved)
        if there.loss <= here.loss - _ENOUGH * length * falls:
            break
        bottom = length * length * falls / (2 * (there.loss - here.loss + length * falls))
        length = min(max(bottom, 0.1 * length), 0.5 * length)
    return there, moved


def _direction(here: Slope, made: Sequence[_Step]) -> Floats:
    """Return the slope as V, scaled by the curvatures that earlier steps have met."""
    dual, primal = here.dual.copy(), here.primal.copy()
    shares = []
    for step in reversed(made):
        share = inner(step.moved, dual) / step.curvature
        dual -= np.float32(share) * step.dual
        primal -= np.float32(share) * step.primal
        shares.append(share)
    if made:
        scale = made[-1].curvature / inner(made[-1].dual, made[-1].primal)
    else:
        # The step that would take a loss that grows with the square of the distance to 0.
        scale = here.loss / inner(here.dual, here.primal)
    direction = np.float32(scale) * primal
    for step, share in zip(made, reversed(shares), strict=True):
        back = inner(step.dual, direction) / step.curvature
        direction += np.float32(share - back) * step.moved
    return direction
