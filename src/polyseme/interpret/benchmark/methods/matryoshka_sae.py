"""Matryoshka BatchTopK autoencoder: the first latents must do alone, at several widths.

Source: Bussmann, Nabeshima, Karvonen, Nanda 2025, *Learning multi-level features with Matryoshka
sparse autoencoders*, arXiv:2503.17547.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from polyseme.interpret.benchmark.claims import Claims
from polyseme.interpret.benchmark.method import Budget, Method
from polyseme.interpret.benchmark.methods.sparse_codes.counted import (
    AUXILIARY,
    SLOW,
    BatchTopK,
    auxiliary,
    average_threshold,
    largest_of_batch,
)
from polyseme.interpret.benchmark.methods.sparse_codes.kind import (
    Aim,
    Numbers,
    Trained,
    missed,
    sums,
)
from polyseme.interpret.benchmark.methods.sparse_codes.settings import COMMON
from polyseme.interpret.benchmark.sampler import Sampler

if TYPE_CHECKING:
    import torch

    from polyseme.networks.exporting.torch_modules import HookedNetwork

# The widths that must do alone, as shares of all latents.
NESTED = (1 / 8, 1 / 4, 1 / 2, 1)


@dataclass(frozen=True)
class Matryoshka(BatchTopK):
    """The kind of code."""

    def train(
        self, numbers: Numbers, inputs: torch.Tensor, targets: torch.Tensor, aim: Aim
    ) -> Trained:
        """Return the mean of the squared errors of all widths, with the auxiliary loss."""
        values = sums(numbers, inputs).relu()
        codes = largest_of_batch(values, aim.active)
        average_threshold(numbers, codes, aim.step)
        error = targets - numbers["decoder_bias"]
        loss = error.new_zeros(())
        if "skip" in numbers:
            error = error - inputs @ numbers["skip"]
        ends = [max(1, round(share * codes.shape[1])) for share in NESTED[:-1]]
        parts = codes.tensor_split(ends, dim=1), numbers["decoder"].tensor_split(ends)
        for some, rows in zip(*parts, strict=True):
            error = error - some @ rows
            loss = loss + missed(error) / len(NESTED)
        return Trained(loss + auxiliary(numbers, values, error, aim), codes, error)


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return what Matryoshka autoencoders find in a network."""
    from polyseme.interpret.benchmark.methods.sparse_codes.autoencoders import fit_autoencoders

    return fit_autoencoders(network, sampler, budget, Matryoshka())


METHOD = Method(
    "matryoshka-sae",
    fit,
    "autoencoder",
    source="Bussmann et al. 2025, arXiv:2503.17547",
    settings={
        **COMMON,
        "auxiliary": AUXILIARY,
        "threshold averaged by": SLOW,
        "widths": "1/8, 1/4, 1/2 and all of K, their losses averaged",
    },
)
