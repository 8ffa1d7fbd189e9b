"""Activation patching: what changes if a number is taken from another run, measured exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.interpret.benchmark.claims import Claims
from polyseme.interpret.benchmark.method import Budget, Method
from polyseme.interpret.benchmark.methods.attribution import EXAMPLES, Effects, claims_of_effects
from polyseme.interpret.benchmark.methods.replaced import at_site
from polyseme.interpret.benchmark.sampler import Sampler
from polyseme.networks import sites

if TYPE_CHECKING:
    import torch

    from polyseme.networks.exporting.torch_modules import HookedNetwork


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return readings and edges by exact patching between runs that differ in one feature.

    Noising takes a feature out of an input for which an output is on; denoising puts one into an
    input without it, in place of another. Each alone misses some edges: noising those of an OR
    with two inputs on, denoising those of an AND whose other input is off. The higher counts.
    """
    return claims_of_effects(network, sampler, budget, Effects(_change, _of_units))


def _change(
    network: HookedNetwork,
    vectors: torch.Tensor,
    replaced: str,
    clean: torch.Tensor,
    corrupt: torch.Tensor,
    site: str,
) -> tuple[torch.Tensor, torch.Tensor]:
    with import_torch("bench").no_grad():
        kept, patched = (
            at_site(network, vectors, site, replaced=replaced, numbers=numbers)
            for numbers in (clean, corrupt)
        )
    return kept, kept - patched


def _of_units(
    network: HookedNetwork,
    vectors: torch.Tensor,
    site: str,
    clean: torch.Tensor,
    corrupt: torch.Tensor,
    outputs: NDArray[np.int64],
) -> torch.Tensor:
    """Return the effect of each unit alone: in the clean run or the corrupt one, the larger."""
    library = import_torch("bench")
    units = library.eye(clean.shape[1], dtype=library.bool)
    found: torch.Tensor = library.zeros_like(clean)
    for sample, output in enumerate(outputs.tolist()):
        noised = library.where(units, corrupt[sample], clean[sample])
        denoised = library.where(units, clean[sample], corrupt[sample])
        runs = library.cat(
            (clean[sample : sample + 1], corrupt[sample : sample + 1], noised, denoised)
        )
        with library.no_grad():
            same = vectors[sample].expand(len(runs), -1)
            result = at_site(network, same, sites.READOUT, replaced=site, numbers=runs)[:, output]
        high, low = result[:1], result[1:2]
        kept, added = result[2 : 2 + len(units)], result[2 + len(units) :]
        fall, rise = high - kept, added - low
        found[sample] = library.where(fall.abs() >= rise.abs(), fall, rise)
    return found


METHOD = Method(
    "activation-patching",
    fit,
    family="attribution",
    told="features",
    source="Heimersheim and Nanda, How to use and interpret activation patching, 2024",
    settings={"examples per output": EXAMPLES, "directions": "noising and denoising"},
)
