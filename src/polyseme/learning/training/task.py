"""A task of training: the numbers that are trained, and the loss of every step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

    Tensors = dict[str, torch.Tensor]


class Task(Protocol):
    """Numbers to train and a loss, of one instance or of many that are trained at once.

    Instances share no numbers, so the sum of their losses trains each as if it were alone.
    """

    @property
    def name(self) -> str:
        """The name of the task, for progress and messages."""

    @property
    def described(self) -> Mapping[str, Any]:
        """All that the loss depends on but the seed, as JSON: by it a checkpoint is matched."""

    @property
    def instances(self) -> int:
        """Number of instances, each of which has a loss of its own."""

    def begin(self, generator: np.random.Generator) -> dict[str, NDArray[np.float32]]:
        """Draw the numbers that training starts from, float32 by name."""

    def descend(self, numbers: Tensors, generator: np.random.Generator) -> torch.Tensor:
        """Draw the inputs of a step, and leave the slope of the loss in the gradients.

        Args:
            numbers: Tensors of the names that `begin` returns, whose `grad` is set.
            generator: The generator of this step alone.

        Returns:
            The loss of every instance, (instances,).
        """

    def decay(self, numbers: Tensors, rate: float) -> None:
        """Shrink numbers after a step of size `rate`, in place, as weight decay does."""
