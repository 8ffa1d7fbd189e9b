"""Claims out of effects: what changes downstream when one thing upstream does.

Activation patching measures effects, and edge attribution estimates them with gradients; what is
made of them is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyseme.common.extras import import_torch
from polyseme.interpret.benchmark.claims import Claims, Edges, Readings
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.methods.co_firing import edges_of, pairs_of_sites
from polyseme.interpret.benchmark.methods.feature_claims import Floats, above
from polyseme.interpret.benchmark.methods.operators import operators_of
from polyseme.interpret.benchmark.methods.pairs import codes_of, pairs_of
from polyseme.interpret.benchmark.methods.pursuit import pursued, unit_rows
from polyseme.interpret.benchmark.methods.replaced import at_site
from polyseme.interpret.benchmark.methods.streaming import sites_of
from polyseme.interpret.benchmark.sampler import Sampler
from polyseme.networks import sites

if TYPE_CHECKING:
    import torch

    from polyseme.networks.exporting.torch_modules import HookedNetwork

# Flips of an output that are looked at unit by unit.
EXAMPLES = 6
# An edge seen in all of n trials has confidence n / (n + DOUBT).
DOUBT = 0.5
# Features that are read out of a vector at the most.
FEATURES_ON = 16


@dataclass(frozen=True)
class Effects:
    """A way to tell effects.

    Attributes:
        change: The numbers of a site with what is patched, and how much they change by it, both
            (samples, width); for a network, its vectors, the site at which numbers are replaced,
            the numbers there with (clean) and without (corrupt) it, and the site looked at.
        of_units: How much each unit of a site contributes to the change of one output, (samples,
            units), for a network, vectors, site, clean and corrupt numbers, and the output of each
            sample, int64 (samples,).
    """

    change: Callable[..., tuple[torch.Tensor, torch.Tensor]]
    of_units: Callable[..., torch.Tensor]


@dataclass(frozen=True, eq=False)
class _Trials:
    """Things at a site that are there (clean) and taken away (corrupt), one per sample."""

    vectors: torch.Tensor
    clean: torch.Tensor
    corrupt: torch.Tensor
    things: NDArray[np.int64]
    noising: bool


@dataclass(frozen=True, eq=False)
class _Found:
    """Readings at a site: values are `numbers @ reads.T - rest`, `full` when on."""

    directions: Floats
    reads: Floats
    rest: Floats
    full: Floats
    least: Floats

    def values(self, numbers: Floats) -> Floats:
        return np.asarray(numbers @ self.reads.T - self.rest, np.float32)


def claims_of_effects(
    network: HookedNetwork, sampler: Sampler, budget: Budget, effects: Effects
) -> Claims:
    """Return readings and edges out of effects.

    The readings at the embedding are the vectors of the features, which the method is told. Those
    at a hidden layer are what each output is computed from: every unit as much as it contributes
    when a feature turns the output on or off. An edge's confidence is the share of trials, in which
    the reading is on with or without the thing below, where that changes it by over half.
    """
    asked = sites_of(network, budget)
    flips, outputs = _flips(network, sampler, budget)
    found = {
        site: _found(network, effects, site, flips, min(outputs, budget.readings[site]))
        for site in asked
        if site != sites.EMBED
    }
    codes = codes_of(sampler).numpy()
    edges, operators = [], {}
    for site, below in pairs_of_sites(asked):
        trials = (
            _of_features(network, sampler, budget)
            if below == sites.EMBED
            else _of_readings(network, below, found[below], flips)
        )
        count = len(codes) if below == sites.EMBED else len(found[below].directions)
        edges.append(_edges(network, effects, (site, below), found[site], trials, count))
        if below == sites.EMBED:
            respond = _Respond(network, site, found[site])
            operators[site] = operators_of(edges[-1], len(found[site].reads), codes, respond)
    readings = [
        _features(codes) if site == sites.EMBED else _readings(site, found[site]) for site in asked
    ]
    never = outputs - len(np.unique(flips.things))
    notes = {"converged": True, "outputs never seen on": never}
    return Claims(tuple(readings), tuple(edges), operators or None, notes=notes)


@dataclass(frozen=True, eq=False)
class _Respond:
    """Readings of a site as functions of the vector, less those at rest."""

    network: HookedNetwork
    site: str
    found: _Found

    def __call__(self, vectors: Floats) -> Floats:
        """Return (samples, readings) for vectors (samples, dimensions)."""
        torch = import_torch("bench")
        with torch.no_grad():
            every = torch.from_numpy(np.concatenate((np.zeros_like(vectors[:1]), vectors)))
            values = self.found.values(at_site(self.network, every, self.site).numpy())
        return np.asarray(values[1:] - values[0])


def _flips(network: HookedNetwork, sampler: Sampler, budget: Budget) -> tuple[_Trials, int]:
    """Return a few pairs for each output that turn it on and off, and the number of outputs."""
    torch = import_torch("bench")
    kept = []
    seen = np.zeros(network(torch.zeros(1, sampler.dimensions)).shape[1], np.int64)
    for pairs in pairs_of(network, sampler, budget):
        with torch.no_grad():
            on, off = (network(pairs.clean) >= 0).numpy(), (network(pairs.corrupt) >= 0).numpy()
        flip = on & ~off
        flip &= np.cumsum(flip, axis=0) + seen <= EXAMPLES
        seen += flip.sum(axis=0)
        rows, outputs = np.nonzero(flip)
        kept.append((pairs.clean[rows], pairs.corrupt[rows], outputs))
        if (seen == EXAMPLES).all():
            break
    clean, corrupt = (torch.cat([one[part] for one in kept]) for part in (0, 1))
    outputs = np.concatenate([one[2] for one in kept]).astype(np.int64)
    return _Trials(clean, clean, corrupt, outputs, True), len(seen)


def _found(
    network: HookedNetwork, effects: Effects, site: str, flips: _Trials, count: int
) -> _Found:
    torch = import_torch("bench")
    with torch.no_grad():
        clean = at_site(network, flips.clean, site)
        corrupt = at_site(network, flips.corrupt, site)
        rest = at_site(network, torch.zeros_like(flips.clean[:1]), site).numpy()[0]
    if site == sites.READOUT:
        directions = reads = np.eye(len(rest), dtype=np.float32)[:count]
    else:
        told = effects.of_units(network, flips.clean, site, clean, corrupt, flips.things)
        directions, reads = _directions(told.numpy(), (clean - corrupt).numpy(), flips, count)
    own = np.arange(len(flips.things)), np.minimum(flips.things, count - 1)
    high, low = (
        _means((numbers.numpy() @ reads.T)[own][:, None], flips.things, count)[:, 0]
        for numbers in (clean, corrupt)
    )
    if site == sites.READOUT:
        # Outputs are on at 0 or more, whatever was seen of them.
        low = rest[:count]
        full = np.maximum(high - low, 1e-6)
        return _Found(directions, reads, low, full, np.asarray(-low - 1e-6, np.float32))
    full = high - low
    never = ~np.isin(np.arange(count), flips.things) | (full <= 0)
    least = np.where(never, np.inf, full / 2).astype(np.float32)
    return _Found(directions, reads, low, full, least)


def _directions(told: Floats, moved: Floats, flips: _Trials, count: int) -> tuple[Floats, Floats]:
    """Return where outputs are written and how they are read, each (readings, units).

    An output is written on each unit as much as the unit moves, weighted with its contribution; it
    is read by the slope of the contribution on how far the unit moves. So the scale of a unit,
    which the next layer undoes, makes no difference. A reading of its own direction is 1.

    Args:
        told: The contribution of each unit to each flip, (flips, units).
        moved: How far the unit moves.
        flips: The flips.
        count: The number of readings.
    """
    written = _means(told * moved, flips.things, count)
    squares = _means(moved * moved, flips.things, count)
    directions = unit_rows(written)
    slopes = np.divide(written, squares, out=np.zeros_like(written), where=squares > 1e-12)
    along = (slopes * directions).sum(axis=1, keepdims=True)
    return directions, np.asarray(slopes / np.maximum(along, 1e-12), np.float32)


def _means(values: Floats, groups: NDArray[np.int64], count: int) -> Floats:
    """Return the mean row of each of the first `count` groups; 0 of those without a row."""
    inside = groups < count
    sums = np.zeros((count, values.shape[1]))
    np.add.at(sums, groups[inside], values[inside])
    sizes = np.bincount(groups[inside], minlength=count)[:, None]
    return np.asarray(sums / np.maximum(sizes, 1), np.float32)


def _of_features(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Iterator[_Trials]:
    for pairs in pairs_of(network, sampler, budget):
        yield _Trials(pairs.clean, pairs.clean, pairs.corrupt, pairs.features, pairs.noising)


def _of_readings(
    network: HookedNetwork, site: str, found: _Found, flips: _Trials
) -> Iterator[_Trials]:
    """Yield trials of readings: taken out where they are on, put in where they are off."""
    torch = import_torch("bench")
    directions = torch.from_numpy(found.directions)
    for vectors, noising in ((flips.clean, True), (flips.corrupt, False)):
        with torch.no_grad():
            numbers = at_site(network, vectors, site)
        values = found.values(numbers.numpy())
        if noising:
            rows, things = np.nonzero(values > found.least)
            amounts = values[rows, things]
        else:
            inside = (flips.things < len(directions)) & np.isfinite(
                found.least[np.minimum(flips.things, len(directions) - 1)]
            )
            rows, things = np.flatnonzero(inside), flips.things[inside]
            amounts = found.full[things] - values[rows, things]
        change = torch.from_numpy(amounts)[:, None] * directions[things]
        there, vectors = numbers[rows], vectors[rows]
        clean, corrupt = (there, there - change) if noising else (there + change, there)
        yield _Trials(vectors, clean, corrupt, things.astype(np.int64), noising)


def _edges(
    network: HookedNetwork,
    effects: Effects,
    between: tuple[str, str],
    found: _Found,
    trials: Iterator[_Trials],
    count: int,
) -> Edges:
    """Return edges between a site and that below it, which has `count` things."""
    site, below = between
    hits = np.zeros((2, count, len(found.directions)))
    tries = np.zeros_like(hits)
    for trial in trials:
        numbers, change = effects.change(
            network, trial.vectors, below, trial.clean, trial.corrupt, site
        )
        values = found.values(numbers.numpy())
        changed = change.numpy() @ found.reads.T
        on = (values > found.least) | (values - changed > found.least)
        rows, readings = np.nonzero(on)
        things = trial.things[rows]
        np.add.at(tries[int(trial.noising)], (things, readings), 1)
        np.add.at(
            hits[int(trial.noising)],
            (things, readings),
            np.abs(changed[rows, readings]) > found.full[readings] / 2,
        )
    confidence = (hits / (tries + DOUBT)).max(axis=0).T
    return edges_of(site, below, confidence)


def _features(codes: Floats) -> Readings:
    """Return the features as readings: on where matching pursuit takes over half of the code."""
    lengths = np.linalg.norm(codes, axis=1)
    atoms = unit_rows(codes)

    def code(vectors: Floats) -> Floats:
        return pursued(vectors, atoms, FEATURES_ON, 1e-4)

    return Readings(sites.EMBED, atoms, above(code, np.asarray(lengths / 2, np.float32)))


def _readings(site: str, found: _Found) -> Readings:
    return Readings(site, found.directions, above(found.values, found.least))
