"""Gated autoencoder: which latents are on, and how far, are said by two encoders.

Source: Rajamanoharan et al. 2024, *Improving dictionary learning with gated sparse autoencoders*,
arXiv:2404.16014.
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
class Gated:
    """The kind of code; the encoder is that of the gates, and sizes share its directions."""

    pays: bool = True
    momentum: float = 0.0

    def begin(self, numbers: Numbers) -> None:
        """Add the gain and the bias of sizes."""
        flat = numbers["encoder_bias"].detach()
        numbers["log_gain"] = flat.new_zeros(flat.shape).requires_grad_()
        numbers["size_bias"] = flat.new_zeros(flat.shape).requires_grad_()

    def train(
        self, numbers: Numbers, inputs: torch.Tensor, targets: torch.Tensor, aim: Aim
    ) -> Trained:
        """Return the squared error, the penalty on gates, and the error of gates as a code.

        The last is through a decoder that does not move, and teaches the gates alone.
        """
        opened = sums(numbers, inputs).relu()
        codes = self.code(numbers, inputs, aim.active)
        error = targets - decoded(numbers, codes, inputs)
        frozen = {name: tensor.detach() for name, tensor in numbers.items()}
        of_gates = targets - decoded(frozen, opened, inputs)
        paid = aim.penalty * opened.sum(dim=1).mean()
        return Trained(missed(error) + paid + missed(of_gates), codes, error)

    def code(self, numbers: Numbers, inputs: torch.Tensor, active: int) -> torch.Tensor:
        """Return the codes, (samples, latents)."""
        read = inputs @ numbers["encoder"]
        size = (read * numbers["log_gain"].exp() + numbers["size_bias"]).relu()
        return size * (read + numbers["encoder_bias"] > 0)


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return what gated autoencoders find in a network."""
    from polyseme.interpret.benchmark.methods.sparse_codes.autoencoders import fit_autoencoders

    return fit_autoencoders(network, sampler, budget, Gated())


METHOD = Method(
    "gated-sae",
    fit,
    "autoencoder",
    source="Rajamanoharan et al. 2024, arXiv:2404.16014",
    settings={**COMMON, "penalty": PENALTY, "beta1": 0},
)
