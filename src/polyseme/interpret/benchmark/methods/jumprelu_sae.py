"""JumpReLU autoencoder: a latent is on above a threshold of its own, which is learned.

Source: Rajamanoharan et al. 2024, *Jumping ahead: improving reconstruction fidelity with JumpReLU
sparse autoencoders*, arXiv:2407.14435.
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

# The first threshold, and the width of the kernel that estimates the slope in it. From a threshold
# of .01 half of the latents are on for hundreds of steps, and directions settle in a dense code,
# which the penalty on L0 has no slope to undo; kernels wider than twice the threshold hear all that
# is off.
THRESHOLD, BANDWIDTH = 0.1, 0.05


@dataclass(frozen=True)
class JumpReLU:
    """The kind of code."""

    pays: bool = True
    momentum: float = 0.9

    def begin(self, numbers: Numbers) -> None:
        """Add the logarithms of the thresholds."""
        thresholds = (
            numbers["encoder_bias"].detach().new_full(numbers["encoder_bias"].shape, THRESHOLD)
        )
        numbers["log_threshold"] = thresholds.log().requires_grad_()

    def train(
        self, numbers: Numbers, inputs: torch.Tensor, targets: torch.Tensor, aim: Aim
    ) -> Trained:
        """Return the squared error with the penalty on L0, both straight through the jump."""
        values, threshold = sums(numbers, inputs), numbers["log_threshold"].exp()
        on = (values > threshold).float()
        # 0, with the slope of the threshold: that of a rectangle of the bandwidth around the jump.
        near = ((values - threshold).abs() < BANDWIDTH / 2).float() / BANDWIDTH
        slope = near * (threshold - threshold.detach())
        codes = values * on - threshold.detach() * slope
        error = targets - decoded(numbers, codes, inputs)
        count = (on - slope).sum(dim=1).mean()
        return Trained(missed(error) + aim.penalty * count, codes, error)

    def code(self, numbers: Numbers, inputs: torch.Tensor, active: int) -> torch.Tensor:
        """Return the codes, (samples, latents)."""
        values = sums(numbers, inputs).relu()
        return values * (values > numbers["log_threshold"].exp())


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return what JumpReLU autoencoders find in a network."""
    from polyseme.interpret.benchmark.methods.sparse_codes.autoencoders import fit_autoencoders

    return fit_autoencoders(network, sampler, budget, JumpReLU())


METHOD = Method(
    "jumprelu-sae",
    fit,
    "autoencoder",
    source="Rajamanoharan et al. 2024, arXiv:2407.14435",
    settings={
        **COMMON,
        "penalty": PENALTY,
        "first threshold": f"{THRESHOLD} (the authors': .001, and a hundred thousand steps)",
        "bandwidth": BANDWIDTH,
    },
)
