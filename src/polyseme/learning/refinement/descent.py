"""Descent on any loss: Adam with a step size and a margin that both shrink."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.learning.refinement.state import State, load_state, save_state

if TYPE_CHECKING:
    import torch

_MEAN, _SQUARE = 0.9, 0.99
_TINY = 1e-12
_SAVED_EVERY_SECONDS = 20.0

Watch = Callable[[int, NDArray[np.float32], NDArray[np.float32]], bool]


@dataclass(frozen=True, eq=False)
class Slope:
    """Slopes of the loss along W and along the biases, from which a step is made."""

    weights: torch.Tensor
    bias: torch.Tensor


class Loss(Protocol):
    """A loss that chooses its own inputs in every step, `steps_per_pass` steps per pass.

    State is reset after each pass, so checkpoints fall on pass boundaries.
    """

    @property
    def steps_per_pass(self) -> int:
        """Number of steps per pass."""

    def slope(self, weights: torch.Tensor, bias: torch.Tensor, step: int, margin: float) -> Slope:
        """Return the slope at a step, counted from 0.

        `margin` is the distance that readings should keep from thresholds.
        """


@dataclass(frozen=True)
class Pace:
    """Step sizes and margins of a descent.

    `weights` and `bias` are the most that a number moves in one of the first steps, as a share of
    the root mean square of the weights. `margins`, in features, are the distances that a reading
    should keep from its threshold, at first and at last.
    """

    weights: float
    bias: float
    margins: tuple[float, float]


@dataclass(frozen=True)
class Kept:
    """The file in which a descent is kept, and the digest of all that the descent depends on."""

    path: str | os.PathLike[str]
    digest: str


class Descent:
    """A descent of W and biases; after any pass it can be saved, and later resumed."""

    def __init__(
        self,
        loss: Loss,
        pace: Pace,
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        passes: int,
    ) -> None:
        """Begin with these weights and biases, in features."""
        library = import_torch("refining")
        self._loss, self._pace = loss, pace
        self._last = passes * loss.steps_per_pass
        self._size = float(np.sqrt(np.mean(weights.astype(np.float64) ** 2)))
        self._step = 0
        self._tensors: dict[str, torch.Tensor] = {}
        for what, values in (("weights", weights), ("bias", bias)):
            self._tensors[f"{what}.values"] = library.from_numpy(values.copy())
            self._tensors[f"{what}.mean"] = library.zeros(values.shape)
            self._tensors[f"{what}.square"] = library.zeros(values.shape)

    @property
    def weights(self) -> NDArray[np.float32]:
        """Current weights."""
        return np.asarray(self._tensors["weights.values"].numpy())

    @property
    def bias(self) -> NDArray[np.float32]:
        """Current biases."""
        return np.asarray(self._tensors["bias.values"].numpy())

    def run(self, kept: Kept | None, watch: Watch) -> int:
        """Descend to the end, or until `watch`, called after every pass, returns True.

        Return the number of passes made in all, those of an earlier run included.
        """
        steps_per_pass = self._loss.steps_per_pass
        if kept is not None and Path(kept.path).exists():
            self._resume(kept)
            if self._step and watch(self._step // steps_per_pass, self.weights, self.bias):
                return self._step // steps_per_pass
        saved = time.monotonic()
        while self._step < self._last:
            for _ in range(steps_per_pass):
                self._go()
            done = self._step // steps_per_pass
            # The state is saved before `watch` judges it, so a resumed descent is judged alike.
            if kept is not None and time.monotonic() > saved + _SAVED_EVERY_SECONDS:
                self._keep(kept)
                saved = time.monotonic()
            if watch(done, self.weights, self.bias):
                break
        if kept is not None:
            self._keep(kept)
        return self._step // steps_per_pass

    def _go(self) -> None:
        passed = self._step / self._last
        first, last = self._pace.margins
        slope = self._loss.slope(
            self._tensors["weights.values"],
            self._tensors["bias.values"],
            self._step,
            first + (last - first) * passed,
        )
        self._step += 1
        # Steps are full for the first half of the descent and then shrink towards 0.
        share = min(1.0, 2 * (1 - passed))
        self._move("weights", slope.weights, self._pace.weights * self._size * share)
        self._move("bias", slope.bias, self._pace.bias * self._size * share)

    def _move(self, what: str, slope: torch.Tensor, rate: float) -> None:
        values, mean, square = (
            self._tensors[f"{what}.{part}"] for part in ("values", "mean", "square")
        )
        mean.mul_(_MEAN).add_(slope, alpha=1 - _MEAN)
        square.mul_(_SQUARE).addcmul_(slope, slope, value=1 - _SQUARE)
        spread = (square / (1 - _SQUARE**self._step)).sqrt_().add_(_TINY)
        values.addcdiv_(mean, spread, value=-rate / (1 - _MEAN**self._step))

    def _keep(self, kept: Kept) -> None:
        tensors = {name: np.asarray(tensor.numpy()) for name, tensor in self._tensors.items()}
        save_state(State(self._step, tensors), kept.digest, kept.path)

    def _resume(self, kept: Kept) -> None:
        shapes = {name: tuple(tensor.shape) for name, tensor in self._tensors.items()}
        state = load_state(kept.path, kept.digest, shapes, self._last)
        library = import_torch("refining")
        self._step = state.step
        self._tensors = {
            name: library.from_numpy(tensor.copy()) for name, tensor in state.tensors.items()
        }
