"""Claims of methods that find features only: directions and codes; edges are by co-firing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.common.random_streams import Stream, stream
from polyseme.interpret.benchmark.activations import activations
from polyseme.interpret.benchmark.claims import Activity, Batch, Claims, Readings
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.methods.co_firing import co_firing, pairs_of_sites
from polyseme.interpret.benchmark.methods.streaming import Numbers, sites_of
from polyseme.interpret.benchmark.sampler import Sampler
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


# Samples that show how large codes are and what fires together.
CODED = 16_384

# The features of a site, at most so many, with random numbers for the search.
Find: TypeAlias = Callable[[Numbers, int, np.random.Generator], Found]


def claims_of_features(
    network: HookedNetwork, sampler: Sampler, budget: Budget, find: Find
) -> Claims:
    """Return what a method finds at every site that the budget names.

    A feature fires where its code is above half of the largest that the first samples showed;
    nothing else is known of where it is on. Edges are by co-firing. What the last site holds needs
    no method, if it is the readout: its outputs are on at 0 or more.
    """
    asked = sites_of(network, budget)
    found = {}
    for number, site in enumerate(asked):
        if site == sites.READOUT:
            found[site] = outputs_of(network, sampler, budget.readings[site])
        else:
            generator = stream(budget.seed, Stream.BENCH_METHODS, number)
            numbers = Numbers(network, sampler, budget, site)
            found[site] = find(numbers, budget.readings[site], generator)
    coded = _coded(network, sampler, budget, found)
    readings = tuple(
        Readings(site, one.directions, above(one.code, coded[site].least))
        for site, one in found.items()
    )
    edges = tuple(
        co_firing(site, below, coded[site].firing(), coded[below].firing())
        for site, below in pairs_of_sites(asked)
    )
    notes: dict[str, Any] = {"converged": all(one.converged for one in found.values())}
    notes |= {f"converged at {site}": one.converged for site, one in found.items()}
    notes |= {f"loss at {site}": one.loss for site, one in found.items() if site != sites.READOUT}
    notes |= {f"readings at {one.site}": len(one) for one in readings}
    return Claims(readings, edges, notes=notes)


def above(code: Callable[[Floats], Floats], least: Floats | float) -> Activity:
    """Return the activity that is the code where it is above `least`, one number or (features,)."""

    def activity(batch: Batch) -> Floats:
        values = code(batch.activations)
        return np.where(values > least, values, 0).astype(np.float32)

    return activity


def unlabelled(numbers: Floats) -> Batch:
    """Return a batch of which only the numbers at its site are known, (samples, width)."""
    empty = sp.csr_array((len(numbers), 0), dtype=bool)
    return Batch(np.zeros((len(numbers), 0), np.float32), numbers, empty)


class _Codes:
    """Codes of batch after batch, kept where they are above half of the largest so far."""

    def __init__(self, features: int) -> None:
        self._peaks = np.zeros(features, np.float32)
        self._kept: list[sp.csr_array] = []

    def add(self, codes: Floats) -> None:
        """Add the codes of a batch, (samples, features)."""
        self._peaks = np.maximum(self._peaks, codes.max(axis=0))
        self._kept.append(sp.csr_array(np.where(codes > self.least, codes, 0)))

    @property
    def least(self) -> Floats:
        """Return the value above which a code fires, float32 (features,)."""
        return np.asarray(self._peaks / 2, np.float32)

    def firing(self) -> sp.csr_array:
        """Return which features fire, float64 (samples of all batches, features) of 0 and 1."""
        codes = sp.vstack(self._kept, format="csr")
        codes.data = (codes.data > self.least[codes.indices]).astype(np.float64)
        return codes


def _coded(
    network: HookedNetwork, sampler: Sampler, budget: Budget, found: dict[str, Found]
) -> dict[str, _Codes]:
    """Return the codes of the first samples at every site."""
    coded = {site: _Codes(len(one.directions)) for site, one in found.items()}
    count = min(budget.steps, -(-CODED // budget.batch))
    for drawn in activations(network, sampler, tuple(found), batch=budget.batch, count=count):
        for site, one in found.items():
            coded[site].add(one.code(drawn[site].numpy()))
    return coded


def outputs_of(network: HookedNetwork, sampler: Sampler, count: int) -> Found:
    """Return the first `count` outputs as features: on at 0 or more, by how far above rest."""
    torch = import_torch("bench")
    with torch.no_grad():
        rest = network(torch.zeros(1, sampler.dimensions)).numpy().astype(np.float32)
    directions = np.eye(rest.shape[1], dtype=np.float32)[:count]

    def code(values: Floats) -> Floats:
        # An output that rests at 0 or more would not rise.
        risen = np.maximum(values - rest, 1e-6)
        return np.where(values >= 0, risen, 0)[:, :count]

    return Found(directions, code, True, 0.0)
