"""Codes of which a count is kept: the largest of every input, or of a batch.

Source: Gao et al. 2024, *Scaling and evaluating sparse autoencoders* (TopK, auxiliary loss);
Bussmann, Leask, Nanda 2024, *BatchTopK sparse autoencoders*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from polyseme.interpret.benchmark.methods.sparse_codes.kind import (
    Aim,
    Numbers,
    Trained,
    decoded,
    missed,
    sums,
)

if TYPE_CHECKING:
    import torch

# The weight of the auxiliary loss, and how slowly the threshold of a batch is averaged.
AUXILIARY = 1 / 32
SLOW = 0.999


def largest_of_inputs(values: torch.Tensor, count: int) -> torch.Tensor:
    """Return the values, 0 or more, with all but the `count` largest of every row made 0."""
    # numpy's selection takes a fifth of the time of torch's.
    place = max(0, values.shape[1] - count)
    least = np.partition(values.detach().numpy(), place, axis=1)[:, place]
    return values * (values >= values.new_tensor(least)[:, None])


def largest_of_batch(values: torch.Tensor, count: int) -> torch.Tensor:
    """Return the values, 0 or more, with all but the `count` largest per row on average made 0."""
    place = max(0, values.numel() - count * len(values))
    least = np.partition(values.detach().numpy(), place, axis=None)[place]
    return values * (values >= float(least))


def average_threshold(numbers: Numbers, codes: torch.Tensor, step: int) -> None:
    """Take the least code of a batch that is on into the running average, without bias."""
    off = codes.detach()
    threshold, found = numbers["threshold"], off.masked_fill(off <= 0, float("inf")).min()
    if found.isfinite():
        share = (1 - SLOW) / (1 - SLOW ** (step + 1))
        threshold.mul_(1 - share).add_(share * found)


def auxiliary(
    numbers: Numbers, values: torch.Tensor, error: torch.Tensor, aim: Aim
) -> torch.Tensor | float:
    """Return the loss of dead latents: how badly the largest of them say what is left over.

    Args:
        numbers: The numbers of the code.
        values: Codes before any were made 0, (samples, latents).
        error: What the code leaves over, (samples, outputs).
        aim: What the step aims at.
    """
    dead = aim.dead.nonzero()[:, 0]
    if not len(dead):
        return 0.0
    count = min(len(dead), max(1, values.shape[1] // 2))
    codes = largest_of_inputs(values[:, dead], count)
    left = error.detach()
    return AUXILIARY * (left - codes @ numbers["decoder"][dead]).square().sum(dim=1).mean()


@dataclass(frozen=True)
class TopK:
    """A code of the largest latents of every input."""

    pays: bool = False
    momentum: float = 0.9

    def begin(self, numbers: Numbers) -> None:
        """Add nothing."""

    def train(
        self, numbers: Numbers, inputs: torch.Tensor, targets: torch.Tensor, aim: Aim
    ) -> Trained:
        """Return the squared error, with the auxiliary loss of dead latents."""
        values = sums(numbers, inputs).relu()
        codes = largest_of_inputs(values, aim.active)
        error = targets - decoded(numbers, codes, inputs)
        return Trained(missed(error) + auxiliary(numbers, values, error, aim), codes, error)

    def code(self, numbers: Numbers, inputs: torch.Tensor, active: int) -> torch.Tensor:
        """Return the codes, (samples, latents)."""
        return largest_of_inputs(sums(numbers, inputs).relu(), active)


@dataclass(frozen=True)
class BatchTopK:
    """A code of the largest latents of a batch; afterwards, of those above the threshold."""

    pays: bool = False
    momentum: float = 0.9

    def begin(self, numbers: Numbers) -> None:
        """Add the threshold."""
        numbers["threshold"] = numbers["encoder"].detach().new_zeros(())

    def train(
        self, numbers: Numbers, inputs: torch.Tensor, targets: torch.Tensor, aim: Aim
    ) -> Trained:
        """Return the squared error, with the auxiliary loss of dead latents."""
        values = sums(numbers, inputs).relu()
        codes = largest_of_batch(values, aim.active)
        average_threshold(numbers, codes, aim.step)
        error = targets - decoded(numbers, codes, inputs)
        return Trained(missed(error) + auxiliary(numbers, values, error, aim), codes, error)

    def code(self, numbers: Numbers, inputs: torch.Tensor, active: int) -> torch.Tensor:
        """Return the codes, (samples, latents)."""
        values = sums(numbers, inputs).relu()
        return values * (values > numbers["threshold"])
