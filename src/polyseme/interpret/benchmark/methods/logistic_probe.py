"""Logistic probes: what can be read linearly by whoever is told the truth. A ceiling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.common.extras import import_sklearn
from polyseme.common.random_streams import Stream, stream
from polyseme.interpret.benchmark.claims import Claims, Readings
from polyseme.interpret.benchmark.method import Budget, Method
from polyseme.interpret.benchmark.methods.co_firing import co_firing, pairs_of_sites
from polyseme.interpret.benchmark.methods.feature_claims import Floats, above, outputs_of
from polyseme.interpret.benchmark.methods.streaming import at_sites, sites_of
from polyseme.interpret.benchmark.sampler import Sampler
from polyseme.networks import sites

if TYPE_CHECKING:
    from polyseme.networks.exporting.torch_modules import HookedNetwork

# Samples of a probe in which its thing is on and off at the most, samples kept whatever is on in
# them, and the inverse of the penalty on squared weights.
ON, OFF, KEPT, INVERSE_PENALTY = 200, 800, 4000, 100.0
# Inputs drawn in all.
DRAWN = 65_536


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return a reading for every feature and gate by logistic regression on its labels.

    Each probe sees samples of both labels, and its offset is put right for how often the thing is
    on. A reading fires where its probe says that the chance is over a half, and is written along
    what a linear regression on the labels of the site and of the inputs says that it adds. Edges
    are by co-firing of probes. It has converged if every probe has, and every thing was on in a
    sample.
    """
    asked = sites_of(network, budget)
    kept = _gathered(network, sampler, budget, asked)
    readings, fires = [], {}
    notes: dict[str, bool | int] = {"converged": True}
    for number, site in enumerate(asked):
        if site == sites.READOUT:
            outputs = outputs_of(network, sampler, budget.readings[site])
            readings.append(Readings(site, outputs.directions, above(outputs.code, 0)))
            fires[site] = _sparse(outputs.code(kept[site].numbers) > 0)
            continue
        generator = stream(budget.seed, Stream.BENCH_METHODS, number)
        probes = _probes(kept[site], budget.readings[site], generator)
        inputs = [kept[other].labels for other in asked if other == sites.EMBED != site]
        directions = _added(kept[site], inputs)[: len(probes.offsets)]
        readings.append(Readings(site, directions, above(probes.decided, 0)))
        fires[site] = _sparse(probes.decided(kept[site].numbers) > 0)
        notes["converged"] = bool(notes["converged"] and probes.converged)
        notes[f"never on at {site}"] = probes.never
    edges = tuple(
        co_firing(site, below, fires[site], fires[below]) for site, below in pairs_of_sites(asked)
    )
    return Claims(tuple(readings), edges, notes=notes)


@dataclass(frozen=True, eq=False)
class _Kept:
    """Samples kept for a site: numbers, labels, and how often each thing is on in all drawn."""

    numbers: Floats
    labels: sp.csc_array
    rates: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Probes:
    """Probes of a site: each is on where `numbers @ weights + offsets` is above 0."""

    weights: Floats
    offsets: Floats
    converged: bool
    never: int

    def decided(self, numbers: Floats) -> Floats:
        """Return 1 where a probe fires and 0 elsewhere, float32 (samples, things)."""
        return np.asarray(numbers @ self.weights + self.offsets > 0, np.float32)


def _gathered(
    network: HookedNetwork, sampler: Sampler, budget: Budget, asked: tuple[str, ...]
) -> dict[str, _Kept]:
    """Return the first samples, and later ones in which a thing is on that was seldom on."""
    seen = {site: np.zeros(0) for site in asked}
    numbers: dict[str, list[Floats]] = {site: [] for site in asked}
    labels: dict[str, list[sp.csr_array]] = {site: [] for site in asked}
    rates = {site: np.zeros(0) for site in asked}
    total = 0
    for batch in range(min(budget.steps, -(-DRAWN // budget.batch))):
        on = sampler.features_on(budget.batch, batch)
        told = {site: sampler.labels(on, site).tocsr() for site in asked}
        telling = np.full(on.shape[0], total < KEPT)
        for site, truth in told.items():
            count = np.asarray(truth.sum(axis=0), np.float64)
            rates[site] = rates[site] + count if total else count
            had = seen[site] if total else np.zeros(len(count))
            telling |= np.asarray(truth.astype(np.float64) @ (had < ON).astype(np.float64)) > 0
        total += on.shape[0]
        rows = np.flatnonzero(telling)
        if not len(rows):
            continue
        drawn = at_sites(network, sampler, budget, asked, batch)
        for site, values in zip(asked, drawn, strict=True):
            numbers[site].append(values[rows])
            labels[site].append(told[site][rows])
            more = np.asarray(told[site][rows].sum(axis=0), np.float64)
            seen[site] = seen[site] + more if len(seen[site]) else more
    return {
        site: _Kept(
            np.concatenate(numbers[site]),
            sp.vstack(labels[site], format="csc"),
            rates[site] / total,
        )
        for site in asked
    }


def _probes(kept: _Kept, count: int, generator: np.random.Generator) -> _Probes:
    import_sklearn("logistic-probe")
    from sklearn.linear_model import LogisticRegression

    things = min(count, kept.labels.shape[1])
    width = kept.numbers.shape[1]
    scale = np.maximum(kept.numbers.std(axis=0), 1e-6)
    weights = np.zeros((width, things), np.float32)
    offsets = np.full(things, -1, np.float32)
    settled, never = True, 0
    for thing in range(things):
        on = np.zeros(len(kept.numbers), bool)
        on[kept.labels.indices[kept.labels.indptr[thing] : kept.labels.indptr[thing + 1]]] = True
        if on.all() or not on.any():
            never += 1
            continue
        chosen = np.concatenate([_some(on, ON, generator), _some(~on, OFF, generator)])
        values, truth = kept.numbers[chosen], on[chosen]
        model = LogisticRegression(C=INVERSE_PENALTY, max_iter=300)
        model.fit(values / scale, truth)
        settled &= bool(model.n_iter_[0] < 300)
        odds = truth.mean() / (1 - truth.mean())
        rate = kept.rates[thing]
        weights[:, thing] = model.coef_[0] / scale
        offsets[thing] = model.intercept_[0] - np.log(odds * (1 - rate) / rate)
    return _Probes(weights, offsets, settled and not never, never)


def _added(kept: _Kept, others: list[sp.csc_array]) -> Floats:
    """Return what each thing adds to the numbers of its site, by ridge regression on labels.

    The labels `others` are put beside those of the site, so that what they add is not ascribed to
    the things of the site. The result is float32 (things, width).
    """
    ones = sp.csc_array(np.ones((len(kept.numbers), 1)))
    told = sp.hstack([kept.labels, *others, ones], format="csr").astype(np.float64)
    gram = (told.T @ told).toarray() + 1e-3 * np.eye(told.shape[1])
    solved = np.linalg.solve(gram, told.T @ kept.numbers.astype(np.float64))
    return np.asarray(solved[: kept.labels.shape[1]], np.float32)


def _sparse(fires: NDArray[np.bool_]) -> sp.csr_array:
    return sp.csr_array(fires, dtype=np.float64)


def _some(
    chosen: NDArray[np.bool_], most: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    every = np.flatnonzero(chosen)
    return every if len(every) <= most else np.sort(generator.choice(every, most, replace=False))


METHOD = Method(
    "logistic-probe",
    fit,
    family="ceiling",
    told="labels",
    source="Alain and Bengio, Understanding intermediate layers with linear classifiers, 2016",
    settings={"samples on": ON, "samples off": OFF, "inverse penalty": INVERSE_PENALTY},
)
