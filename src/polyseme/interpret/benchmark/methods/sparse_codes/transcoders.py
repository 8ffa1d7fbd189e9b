"""Transcoders: codes that read below a layer, and write what the layer writes.

Importing this file needs torch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from polyseme.interpret.benchmark.claims import Activity, Batch, Claims, Edges, Readings
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.methods.sparse_codes.autoencoders import (
    Place,
    coded_sites,
    learned,
    reported,
    spoken,
    writing_sites,
)
from polyseme.interpret.benchmark.methods.sparse_codes.counted import TopK
from polyseme.interpret.benchmark.methods.sparse_codes.descent import Code
from polyseme.interpret.benchmark.methods.sparse_codes.edges import product_edges
from polyseme.interpret.benchmark.methods.sparse_codes.kind import Kind
from polyseme.interpret.benchmark.methods.sparse_codes.remembered import remembered
from polyseme.interpret.benchmark.sampler import Sampler
from polyseme.networks import sites
from polyseme.networks.exporting.torch_modules import HookedNetwork


@dataclass(frozen=True, eq=False)
class Layers:
    """The layers that are to be coded: the site below each and the site that it writes."""

    below: tuple[str, ...]
    above: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Every site, once."""
        return tuple(dict.fromkeys((*self.below, *self.above)))


def layers_asked(network: HookedNetwork, budget: Budget) -> Layers:
    """Return the layers whose outputs readings are asked for."""
    writes = writing_sites(network)
    asked = [site for site in coded_sites(network, budget) if site != sites.EMBED]
    return Layers(tuple(writes[writes.index(site) - 1] for site in asked), tuple(asked))


def fit_transcoders(
    network: HookedNetwork, sampler: Sampler, budget: Budget, kind: Kind, skips: bool
) -> Claims:
    """Return what transcoders find, one for each layer whose outputs readings are asked for.

    Inputs are read by a TopK autoencoder. Edges are products of weights, which no input changes:
    what a latent below writes times what a latent reads. What skips the code makes no edges.

    Args:
        network: The network.
        sampler: Its inputs.
        budget: What may be spent.
        kind: The kind of code.
        skips: True for a linear map beside each code.
    """
    layers = layers_asked(network, budget)
    codes = inputs_of(network, sampler, budget)
    readings = [Readings(site, *spoken(code)) for site, code in codes.items()]
    places = [Place(*pair) for pair in zip(layers.below, layers.above, strict=True)]
    codes |= learned(network, sampler, budget, places, kind, skips)
    edges: list[Edges] = []
    for below, above in zip(layers.below, layers.above, strict=True):
        code = codes[above]
        if below in codes:
            edges.append(product_edges(above, below, code, codes[below].directions))
        readings.append(Readings(above, code.directions.numpy(), reads_at(network, below, code)))
    return Claims(tuple(readings), tuple(edges), notes=reported(codes))


def inputs_of(network: HookedNetwork, sampler: Sampler, budget: Budget) -> dict[str, Code]:
    """Return a TopK autoencoder of the inputs, by its site, if readings of them are asked for."""
    if sites.EMBED not in budget.readings:
        return {}
    return {sites.EMBED: remembered(network, sampler, budget, sites.EMBED, _topk_code)}


def _topk_code(network: HookedNetwork, sampler: Sampler, budget: Budget, site: str) -> Code:
    return learned(network, sampler, budget, [Place(site, site)], TopK())[site]


def reads_at(network: HookedNetwork, site: str, code: Code) -> Activity:
    """Return the activity of a code that reads another site than it writes."""

    def activity(batch: Batch) -> NDArray[np.float32]:
        with torch.no_grad():
            _, found = network.run_with_cache(torch.from_numpy(batch.vectors), site)
        numbers: NDArray[np.float32] = code.activity(found[site]).numpy()
        return numbers

    return activity
