"""Claims of methods that find features only: directions and codes; edges are by co-firing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.bench.claims import Activity, Batch, Claims, Readings
from polyseme.bench.method import Budget
from polyseme.bench.methods.co_firing import CoFiring, pairs_of_sites
from polyseme.bench.methods.streaming import Numbers, at_sites, sites_of
from polyseme.bench.sampler import Sampler
from polyseme.common.extras import import_torch
from polyseme.common.random_streams import Stream, stream
from polyseme.networks import sites

if TYPE_CHECKING:
    from polyseme.networks.exporting.torch_modules import HookedNetwork

Floats: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Found:
    """Features that a method found at a site.

    Attributes:
        directions: Where each is written, float32 (features, width).
        code: How much of each there is, float32 (samples, features), for numbers of the site
            (samples, width).
        converged: Whether the method had converged.
        loss: The share of the variance at the site that the features do not explain.
    """

    directions: Floats
    code: Callable[[Floats], Floats]
    converged: bool
    loss: float


# The features of a site, at most so many, with random numbers for the search.
Find: TypeAlias = Callable[[Numbers, int, np.random.Generator], Found]


def claims_of_features(
    network: HookedNetwork, sampler: Sampler, budget: Budget, find: Find
) -> Claims:
    """Return what a method finds at every site that the budget names.

    A feature fires where its code is above half of the largest that the whole budget of samples
    showed; nothing else is known of where it is on. Edges are by co-firing. What the last site
    holds needs no method, if it is the readout: its outputs are on at 0 or more.
    """
    asked = sites_of(network, budget)
    found = {}
    for number, site in enumerate(asked):
        if site != sites.READOUT:
            generator = stream(budget.seed, Stream.BENCH_METHODS, number)
            numbers = Numbers(network, sampler, budget, site)
            found[site] = find(numbers, budget.readings[site], generator)
    activities = _half_of_peak(network, sampler, budget, found)
    readings = [Readings(site, one.directions, activities[site]) for site, one in found.items()]
    if sites.READOUT in asked:
        readings.append(outputs_of(network, sampler, budget.readings[sites.READOUT]))
    edges = co_firing_of(network, sampler, budget, tuple(readings))
    notes: dict[str, Any] = {"converged": all(one.converged for one in found.values())}
    notes |= {f"loss at {site}": one.loss for site, one in found.items()}
    notes |= {f"readings at {one.site}": len(one) for one in readings}
    return Claims(tuple(readings), tuple(edges), notes=notes)


def outputs_of(network: HookedNetwork, sampler: Sampler, count: int) -> Readings:
    """Return the first `count` outputs as readings: on at 0 or more, by how far above rest."""
    torch = import_torch("bench")
    with torch.no_grad():
        rest = network(torch.zeros(1, sampler.dimensions)).numpy().astype(np.float32)[:, :count]
    directions = np.eye(count, network_width(network, sampler), dtype=np.float32)

    def activity(batch: Batch) -> Floats:
        reading = batch.activations[:, : rest.shape[1]]
        return np.where(reading >= 0, np.maximum(reading - rest, 1e-6), 0).astype(np.float32)

    return Readings(sites.READOUT, directions[: rest.shape[1]], activity)


def network_width(network: HookedNetwork, sampler: Sampler) -> int:
    """Return the number of outputs."""
    torch = import_torch("bench")
    with torch.no_grad():
        return int(network(torch.zeros(1, sampler.dimensions)).shape[1])


def co_firing_of(
    network: HookedNetwork, sampler: Sampler, budget: Budget, readings: tuple[Readings, ...]
) -> list[Any]:
    """Return the edges between readings of sites next to each other, from the whole budget."""
    by_site = {one.site: one for one in readings}
    counting = [
        CoFiring(site, below, len(by_site[site]), len(by_site[below]))
        for site, below in pairs_of_sites(by_site)
    ]
    for batch in range(budget.steps if counting else 0):
        firing = {}
        drawn = at_sites(network, sampler, budget, tuple(by_site), batch)
        for site, numbers in zip(by_site, drawn, strict=True):
            firing[site] = by_site[site].activity(unlabelled(numbers)) > 0
        for one in counting:
            one.count(firing[one.site], firing[one.below])
    return [one.edges() for one in counting]


def unlabelled(numbers: Floats) -> Batch:
    """Return a batch of which only the numbers at its site are known."""
    empty = sp.csr_array((len(numbers), 0), dtype=bool)
    return Batch(np.zeros((len(numbers), 0), np.float32), numbers, empty)


def _half_of_peak(
    network: HookedNetwork, sampler: Sampler, budget: Budget, found: dict[str, Found]
) -> dict[str, Activity]:
    peaks = {site: np.zeros(len(one.directions), np.float32) for site, one in found.items()}
    for batch in range(budget.steps):
        drawn = at_sites(network, sampler, budget, tuple(found), batch)
        for site, numbers in zip(found, drawn, strict=True):
            peaks[site] = np.maximum(peaks[site], found[site].code(numbers).max(axis=0))
    return {site: above(one.code, peaks[site] / 2) for site, one in found.items()}


def above(code: Callable[[Floats], Floats], least: Floats) -> Activity:
    """Return the activity that is the code where it is above `least` (features,), and 0 else."""

    def activity(batch: Batch) -> Floats:
        values = code(batch.activations)
        return np.where(values > np.maximum(least, 0), values, 0).astype(np.float32)

    return activity
