"""ReLU autoencoder: a penalty on the sum of codes keeps latents off.

Source: Bricken et al. 2023, *Towards Monosemanticity*; Conerly et al. 2024, *Update on how we train
SAEs* (the penalty on codes times the lengths of decoder rows, which are 1 here).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from polyseme.interpret.benchmark.claims import Claims
from polyseme.interpret.benchmark.method import Budget, Method
from polyseme.interpret.benchmark.methods.sparse_codes.kind import (
    Aim,
    Numbers,
    Trained,
    decoded,
    missed,
    sums,
)
from polyseme.interpret.benchmark.methods.sparse_codes.settings import COMMON, PENALTY
from polyseme.interpret.benchmark.sampler import Sampler

if TYPE_CHECKING:
    import torch

    from polyseme.networks.exporting.torch_modules import HookedNetwork


@dataclass(frozen=True)
class ReLU:
    """The kind of code."""

    pays: bool = True
    momentum: float = 0.9

    def begin(self, numbers: Numbers) -> None:
        """Add nothing."""

    def train(
        self, numbers: Numbers, inputs: torch.Tensor, targets: torch.Tensor, aim: Aim
    ) -> Trained:
        """Return the squared error with the penalty on codes."""
        codes = sums(numbers, inputs).relu()
        error = targets - decoded(numbers, codes, inputs)
        return Trained(missed(error) + aim.penalty * codes.sum(dim=1).mean(), codes, error)

    def code(self, numbers: Numbers, inputs: torch.Tensor, active: int) -> torch.Tensor:
        """Return the codes, (samples, latents)."""
        return sums(numbers, inputs).relu()


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return what ReLU autoencoders find in a network."""
    from polyseme.interpret.benchmark.methods.sparse_codes.autoencoders import fit_autoencoders

    return fit_autoencoders(network, sampler, budget, ReLU())


METHOD = Method(
    "relu-sae",
    fit,
    "autoencoder",
    source="Bricken et al. 2023, Towards Monosemanticity",
    settings={**COMMON, "penalty": PENALTY},
)
