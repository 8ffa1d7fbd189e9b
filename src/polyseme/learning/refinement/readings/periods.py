"""A descent in periods, whose weights are averaged.

Strangers that are on together are drawn once per period. A few steps of L-BFGS fit them far better
than all others, so the weights of a period go into a running mean, and the next period starts from
that. The first period replaces the mean, the second counts half, and later ones a third or less.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polyseme.learning.refinement.descent import Kept
from polyseme.learning.refinement.readings.lbfgs import descend
from polyseme.learning.refinement.readings.reading_loss import Slope
from polyseme.learning.refinement.state import State, load_state, save_state

Floats = NDArray[np.float32]

# Passes, steps of L-BFGS, per period.
STEPS = 5
_LEAST_SHARE = 0.3
_MEAN = "weights.mean"


class Periods:
    """A descent of W; after any period it can be saved, and later resumed."""

    def __init__(
        self, loss_of: Callable[[int], Callable[[Floats], Slope]], weights: Floats, passes: int
    ) -> None:
        """Begin with these weights; `loss_of` gives the slopes of a period by its number."""
        self._loss_of, self._passes = loss_of, passes
        self._mean, self._done = weights, 0

    @property
    def weights(self) -> Floats:
        """The mean of the weights."""
        return self._mean

    def run(self, kept: Kept | None, watch: Callable[[int, float], None]) -> int:
        """Descend to the end; return the number of passes made, those of an earlier run included.

        `watch` is called after every period with the passes made, and the loss at its start.
        """
        if kept is not None and Path(kept.path).exists():
            shapes = {_MEAN: tuple(self._mean.shape)}
            state = load_state(kept.path, kept.digest, shapes, self._passes)
            self._done, self._mean = state.step, state.tensors[_MEAN]
        while self._done < self._passes:
            period = self._done // STEPS
            steps = min(STEPS, self._passes - self._done)
            found = descend(self._mean, self._loss_of(period), steps)
            share = np.float32(max(_LEAST_SHARE, 1 / (period + 1)))
            self._mean = self._mean + share * (found.weights - self._mean)
            self._done += steps
            if kept is not None:
                save_state(State(self._done, {_MEAN: self._mean}), kept.digest, kept.path)
            watch(self._done, found.first_loss)
        return self._done
