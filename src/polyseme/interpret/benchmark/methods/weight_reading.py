"""Weight reading: features, gates and edges out of weights, without a run on drawn inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from polyseme.common.random_streams import Stream, stream
from polyseme.interpret.benchmark.claims import Claims, Readings
from polyseme.interpret.benchmark.method import Budget, Method
from polyseme.interpret.benchmark.methods.co_firing import edges_of, pairs_of_sites
from polyseme.interpret.benchmark.methods.column_pairs import CANDIDATES, scores_of_pairs
from polyseme.interpret.benchmark.methods.dictionary_learning import find_atoms
from polyseme.interpret.benchmark.methods.feature_claims import Floats, above, outputs_of
from polyseme.interpret.benchmark.methods.matrices import (
    affine_between,
    answered,
    reads_of,
    writes_of,
)
from polyseme.interpret.benchmark.methods.operators import operators_of
from polyseme.interpret.benchmark.methods.pursuit import unit_rows
from polyseme.interpret.benchmark.methods.streaming import Numbers, sites_of
from polyseme.interpret.benchmark.sampler import Sampler
from polyseme.networks import sites

if TYPE_CHECKING:
    from polyseme.networks.exporting.torch_modules import HookedNetwork

# Inputs that tell how long the vectors of features are.
SAMPLES = 4096


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return readings, edges and operators out of weights.

    A layer's readings are what is read of it: the longest rows of the next matrix, or its numbers
    themselves if there are as many as readings asked for. A reading is written where the row reads,
    times the square of the length of what a unit reads itself, so that the scale of a unit, which
    the next layer undoes, makes no difference. It fires where the next layer's sum does.

    An edge is as likely as the product of the matrices says (the virtual weight); at the layer that
    reads the inputs also as far as a pair of columns does together what neither does alone. Vectors
    of features cannot be told from a matrix whose columns overlap, so those are found by dictionary
    learning on inputs, and it has converged if that has.
    """
    asked = sites_of(network, budget)
    notes: dict[str, Any] = {"converged": True}
    held: dict[str, _Held] = {}
    for site in asked:
        if site == sites.EMBED:
            held[site], notes["converged"] = _features(network, sampler, budget)
            notes[f"converged at {site}"] = notes["converged"]
        else:
            held[site] = _read(network, sampler, site, budget.readings[site])
            notes[f"converged at {site}"] = True
    edges, operators = [], {}
    for site, below in pairs_of_sites(asked):
        virtual = _virtual(network, sampler, held[site], held[below])
        if below == sites.EMBED:
            gates = _Gates(network, held[site])
            virtual = scores_of_pairs(virtual, held[below].written, gates.respond)
            edges.append(edges_of(site, below, virtual))
            count = len(held[site].reads)
            operators[site] = operators_of(edges[-1], count, held[below].written, gates.respond)
        else:
            shares = virtual / np.maximum(virtual.max(axis=1, keepdims=True), 1e-12)
            edges.append(edges_of(site, below, shares))
    readings = tuple(one.readings for one in held.values())
    return Claims(readings, tuple(edges), operators or None, notes=notes)


@dataclass(frozen=True, eq=False)
class _Held:
    """Readings of a site; what each adds when it is on, and what reads it, (readings, width)."""

    readings: Readings
    written: Floats
    reads: Floats


@dataclass(frozen=True, eq=False)
class _Gates:
    """Readings of the first layer as functions of the vector that it reads."""

    network: HookedNetwork
    held: _Held

    def respond(self, vectors: Floats) -> Floats:
        """Return the readings less those at rest, (samples, readings)."""
        numbers = self._numbers(np.concatenate((np.zeros_like(vectors[:1]), vectors)))
        return np.asarray((numbers[1:] - numbers[0]) @ self.held.reads.T, np.float32)

    def _numbers(self, vectors: Floats) -> Floats:
        site = self.held.readings.site
        return answered(self.network, vectors.shape[1], sites.EMBED, vectors, site)


def _features(network: HookedNetwork, sampler: Sampler, budget: Budget) -> tuple[_Held, bool]:
    """Return the features, and whether dictionary learning had converged."""
    numbers = Numbers(network, sampler, budget, sites.EMBED)
    generator = stream(budget.seed, Stream.BENCH_METHODS, 0)
    found = find_atoms(numbers, budget.readings[sites.EMBED], generator)
    codes = found.code(numbers.gathered(SAMPLES))
    least = codes.max(axis=0) / 2
    fires = codes > least
    on = np.where(fires, codes, 0).sum(axis=0) / np.maximum(fires.sum(axis=0), 1)
    readings = Readings(sites.EMBED, found.directions, above(found.code, least))
    written = found.directions * on[:, None]
    return _Held(readings, written, found.directions), found.converged


def _read(network: HookedNetwork, sampler: Sampler, site: str, count: int) -> _Held:
    """Return what is read of a site."""
    if site == sites.READOUT:
        outputs = outputs_of(network, sampler, count)
        readings = Readings(site, outputs.directions, above(outputs.code, 0))
        return _Held(readings, outputs.directions, outputs.directions)
    rows, constants = reads_of(network, sampler.dimensions, site)
    if rows.shape[1] == count:
        rows, constants = np.eye(count, dtype=np.float32), np.zeros(count, np.float32)
    longest = np.sort(np.argsort(-np.linalg.norm(rows, axis=1), kind="stable")[:count])
    rows, constants = rows[longest], constants[longest]
    read = writes_of(network, sampler.dimensions, _below(network, site), site)
    written = unit_rows(rows * np.square(read).sum(axis=1))
    along = np.maximum((rows * written).sum(axis=1), 1e-12)

    def code(numbers: Floats) -> Floats:
        read = numbers @ rows.T
        # What fires adds something, even if the next layer's sum is above 0 at rest.
        return np.where(read + constants > 0, np.maximum(read / along, 1e-6), 0)

    return _Held(Readings(site, written, above(code, 0)), written, rows)


def _below(network: HookedNetwork, site: str) -> str:
    """Return the site that the layer of a site reads."""
    return network.sites[network.sites.index(site) - 2]


def _virtual(network: HookedNetwork, sampler: Sampler, held: _Held, below: _Held) -> Floats:
    """Return what each reading below adds to each reading of a site, but for bends between."""
    site, from_site = held.readings.site, below.readings.site
    between = (
        affine_between(network, sampler.dimensions, from_site, site)[0]
        if site == sites.READOUT
        else writes_of(network, sampler.dimensions, from_site, site)
    )
    return np.asarray(held.reads @ between @ below.written.T, np.float32)


METHOD = Method(
    "weight-reading",
    fit,
    family="weights",
    source="Elhage et al., A mathematical framework for transformer circuits, 2021",
    settings={"candidates per gate": CANDIDATES},
)
