"""Cross-layer transcoder: the latents of a layer write to it and to all later ones.

Source: Ameisen et al. 2025, *Circuit tracing: revealing computational graphs in language models*;
Lindsey et al. 2024, *Sparse crosscoders* (the penalty on codes times the sum of the lengths of what
they write).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from polyseme.interpret.benchmark.claims import Claims
from polyseme.interpret.benchmark.method import Budget, Method
from polyseme.interpret.benchmark.methods.sparse_codes.settings import COMMON, PENALTY
from polyseme.interpret.benchmark.sampler import Sampler

if TYPE_CHECKING:
    from polyseme.networks.exporting.torch_modules import HookedNetwork


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return what a cross-layer transcoder finds in a network."""
    from polyseme.interpret.benchmark.methods.sparse_codes.cross_layer import fit_cross_layer

    return fit_cross_layer(network, sampler, budget)


METHOD = Method(
    "cross-layer-transcoder",
    fit,
    "transcoder",
    source="Ameisen et al. 2025, Circuit tracing",
    settings={
        **COMMON,
        "penalty": PENALTY,
        "inputs": "a TopK autoencoder",
        "total L0": "the sum of those of all layers",
    },
)
