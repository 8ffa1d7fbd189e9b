"""Autoencoders of a kind at every site, and the edges between their latents.

Importing this file needs torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from polyseme.common.random_streams import Stream, stream
from polyseme.interpret.benchmark.activations import activations
from polyseme.interpret.benchmark.claims import Activity, Batch, Claims, Readings
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.methods.sparse_codes.descent import Code, Descent, Sizes
from polyseme.interpret.benchmark.methods.sparse_codes.edges import jacobian_edges
from polyseme.interpret.benchmark.methods.sparse_codes.kind import Kind
from polyseme.interpret.benchmark.methods.sparse_codes.pilots import target_l0
from polyseme.interpret.benchmark.methods.sparse_codes.remembered import remembered
from polyseme.interpret.benchmark.methods.sparse_codes.settings import rate_for
from polyseme.interpret.benchmark.sampler import Sampler
from polyseme.networks import sites
from polyseme.networks.exporting.torch_modules import HookedNetwork

# Batches that edges are averaged over, out of those of training.
_EDGE_BATCHES = 16


def fit_autoencoders(
    network: HookedNetwork, sampler: Sampler, budget: Budget, kind: Kind
) -> Claims:
    """Return what autoencoders find, one at each site that readings are asked for.

    Args:
        network: The network.
        sampler: Its inputs.
        budget: What may be spent; the readout, whose numbers are outputs already, has no code.
        kind: The kind of code.
    """
    asked = coded_sites(network, budget)
    codes = learned(network, sampler, budget, [Place(site, site) for site in asked], kind)
    readings = tuple(Readings(site, *spoken(code)) for site, code in codes.items())
    edges = [
        jacobian_edges(
            above,
            below,
            (codes[above], codes[below]),
            layer_between(network, above),
            (found[below] for found in _edge_batches(network, sampler, budget, below)),
        )
        for below, above in adjacent(network, asked)
    ]
    return Claims(readings, tuple(edges), notes=reported(codes))


def coded_sites(network: HookedNetwork, budget: Budget) -> list[str]:
    """Return the sites that readings are asked for, in the order of computing, but the readout."""
    return [site for site in network.sites if site in budget.readings and site != sites.READOUT]


def adjacent(network: HookedNetwork, asked: list[str]) -> list[tuple[str, str]]:
    """Return the pairs of sites asked for with one layer between them."""
    return [pair for pair in pairwise(writing_sites(network)) if set(pair) <= set(asked)]


def writing_sites(network: HookedNetwork) -> list[str]:
    """Return the sites that inputs and layers write, in the order of computing."""
    return [sites.EMBED, *(site for site in network.sites if site.endswith("hook_post"))]


def layer_between(network: HookedNetwork, above: str) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the layer that writes a site."""
    return network.get_submodule(above.rpartition(".")[0])


def spoken(code: Code) -> tuple[np.ndarray, Activity]:
    """Return directions and activity of a code that reads the site that it writes."""

    def activity(batch: Batch) -> np.ndarray:
        return code.activity(torch.from_numpy(batch.activations)).numpy()

    return code.directions.numpy(), activity


def reported(codes: dict[str, Code]) -> dict[str, float | bool]:
    """Return the notes of all codes: converged if all are, and the rest by site."""
    found: dict[str, float | bool] = {
        "converged": all(code.notes["converged"] for code in codes.values()),
        "loss": float(np.mean([code.notes["loss"] for code in codes.values()])),
        "l0": float(np.mean([code.notes["l0"] for code in codes.values()])),
    }
    for site, code in codes.items():
        found |= {f"{name} at {site}": value for name, value in code.notes.items()}
    return found


def chosen_l0(network: HookedNetwork, sampler: Sampler, budget: Budget, site: str) -> int:
    """Return the target L0 of a site."""
    return remembered(network, sampler, budget, site, _knee)


def _knee(network: HookedNetwork, sampler: Sampler, budget: Budget, site: str) -> int:
    def values(count: int) -> Iterator[torch.Tensor]:
        for found in activations(network, sampler, site, batch=budget.batch, count=count):
            yield found[site]

    return target_l0(budget.readings[site], budget.steps, values, lambda: numbers_for(budget, site))


def numbers_for(budget: Budget, site: str) -> np.random.Generator:
    """Return the random numbers that the code at a site begins with."""
    return stream(budget.seed, Stream.BENCH_METHODS, *site.encode())


@dataclass(frozen=True)
class Place:
    """The site that a code reads, and the one that it writes."""

    reads: str
    writes: str


def learned(
    network: HookedNetwork,
    sampler: Sampler,
    budget: Budget,
    places: Sequence[Place],
    kind: Kind,
    skips: bool = False,
) -> dict[str, Code]:
    """Return codes of a kind by the sites that they write, all from one pass over the inputs.

    Args:
        network: The network.
        sampler: Its inputs.
        budget: What may be spent.
        places: What each code reads and writes.
        kind: The kind of code.
        skips: True for a linear map beside each code.
    """
    sizes = {place: _sizes(network, sampler, budget, place, skips) for place in places}
    descents: dict[Place, Descent] = {}
    asked = dict.fromkeys(site for place in places for site in (place.reads, place.writes))
    for found in activations(network, sampler, asked, batch=budget.batch, count=budget.steps):
        for place in places:
            read, written = found[place.reads], found[place.writes]
            if place not in descents:
                start = numbers_for(budget, place.writes)
                descents[place] = Descent(kind, sizes[place], read, written, start)
            descents[place].step(read, written)
    return {place.writes: descent.code() for place, descent in descents.items()}


def _sizes(
    network: HookedNetwork, sampler: Sampler, budget: Budget, place: Place, skips: bool
) -> Sizes:
    latents = budget.readings[place.writes]
    return Sizes(
        latents,
        chosen_l0(network, sampler, budget, place.writes),
        budget.steps,
        rate_for(latents),
        skips,
        tied=place.reads == place.writes,
    )


def _edge_batches(
    network: HookedNetwork, sampler: Sampler, budget: Budget, site: str
) -> Iterator[dict[str, torch.Tensor]]:
    count = min(budget.steps, _EDGE_BATCHES)
    return activations(network, sampler, site, batch=budget.batch, count=count)
