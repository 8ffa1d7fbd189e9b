"""Transcoder: a wide sparse layer that does what a layer does.

Source: Dunefsky, Chlenski, Nanda 2024, *Transcoders find interpretable LLM feature circuits*,
arXiv:2406.11944.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from polyseme.interpret.benchmark.claims import Claims
from polyseme.interpret.benchmark.method import Budget, Method
from polyseme.interpret.benchmark.methods.relu_sae import ReLU
from polyseme.interpret.benchmark.methods.sparse_codes.settings import COMMON, PENALTY
from polyseme.interpret.benchmark.sampler import Sampler

if TYPE_CHECKING:
    from polyseme.networks.exporting.torch_modules import HookedNetwork


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return what transcoders of ReLUs find in a network."""
    from polyseme.interpret.benchmark.methods.sparse_codes.transcoders import fit_transcoders

    return fit_transcoders(network, sampler, budget, ReLU(), skips=False)


METHOD = Method(
    "transcoder",
    fit,
    "transcoder",
    source="Dunefsky, Chlenski, Nanda 2024, arXiv:2406.11944",
    settings={**COMMON, "penalty": PENALTY, "inputs": "a TopK autoencoder"},
)
