"""Skip transcoder: a TopK transcoder beside a linear map, which begins at zero.

Source: Paulo, Shabalin, Belrose 2025, *Transcoders beat sparse autoencoders for interpretability*,
arXiv:2501.18823.
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
    """Return what skip transcoders find in a network."""
    from polyseme.interpret.benchmark.methods.sparse_codes.transcoders import fit_transcoders

    return fit_transcoders(network, sampler, budget, TopK(), skips=True)


METHOD = Method(
    "skip-transcoder",
    fit,
    "transcoder",
    source="Paulo, Shabalin, Belrose 2025, arXiv:2501.18823",
    settings={**COMMON, "auxiliary": AUXILIARY, "inputs": "a TopK autoencoder"},
)
