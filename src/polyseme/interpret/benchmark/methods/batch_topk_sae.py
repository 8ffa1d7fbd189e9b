"""BatchTopK autoencoder: the largest latents of a whole batch are on.

Source: Bussmann, Leask, Nanda 2024, *BatchTopK sparse autoencoders*, arXiv:2412.06410.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from polyseme.interpret.benchmark.claims import Claims
from polyseme.interpret.benchmark.method import Budget, Method
from polyseme.interpret.benchmark.methods.sparse_codes.counted import AUXILIARY, SLOW, BatchTopK
from polyseme.interpret.benchmark.methods.sparse_codes.settings import COMMON
from polyseme.interpret.benchmark.sampler import Sampler

if TYPE_CHECKING:
    from polyseme.networks.exporting.torch_modules import HookedNetwork


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return what BatchTopK autoencoders find in a network."""
    from polyseme.interpret.benchmark.methods.sparse_codes.autoencoders import fit_autoencoders

    return fit_autoencoders(network, sampler, budget, BatchTopK())


METHOD = Method(
    "batch-topk-sae",
    fit,
    "autoencoder",
    source="Bussmann, Leask, Nanda 2024, arXiv:2412.06410",
    settings={**COMMON, "auxiliary": AUXILIARY, "threshold averaged by": SLOW},
)
