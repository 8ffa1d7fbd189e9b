"""TopK autoencoder: the largest latents of every input are on.

Source: Gao et al. 2024, *Scaling and evaluating sparse autoencoders*, arXiv:2406.04093.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from polyseme.interpret.benchmark.claims import Claims
from polyseme.interpret.benchmark.method import Budget, Method
from polyseme.interpret.benchmark.methods.sparse_codes.counted import AUXILIARY, TopK
from polyseme.interpret.benchmark.methods.sparse_codes.settings import COMMON
from polyseme.interpret.benchmark.sampler import Sampler

if TYPE_CHECKING:
    from polyseme.networks.exporting.torch_modules import HookedNetwork


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return what TopK autoencoders find in a network."""
    from polyseme.interpret.benchmark.methods.sparse_codes.autoencoders import fit_autoencoders

    return fit_autoencoders(network, sampler, budget, TopK())


METHOD = Method(
    "topk-sae",
    fit,
    "autoencoder",
    source="Gao et al. 2024, arXiv:2406.04093",
    settings={**COMMON, "auxiliary": AUXILIARY},
)
