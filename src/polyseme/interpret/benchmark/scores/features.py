"""Scores of readings: their directions, and when they fire."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from polyseme.interpret.benchmark.scores import chance
from polyseme.interpret.benchmark.scores.matching import (
    best_of_class,
    cosines,
    match,
    split_half_phi,
)
from polyseme.interpret.benchmark.scores.scored import KINDS, Scored, scored
from polyseme.interpret.benchmark.scores.trial import varies
from polyseme.interpret.benchmark.scores.tried import Tried
from polyseme.interpret.benchmark.truth import SiteTruth


def feature_scores(tried: Tried) -> dict[str, Scored]:
    """Return "features-KIND" for kinds of things that readings are claimed of."""
    found = {}
    for kind in KINDS:
        if tried.sites(kind, claimed=True):
            raw, masses = _of_directions(tried, kind, tried.cosines)
            pairs = sum(tried.cosines[site].size for site in tried.sites(kind, claimed=True))
            expected = chance.mean_of_draws(partial(_of_random, tried, kind), pairs, tried.seed)
            found[f"features-{kind}"] = scored(raw, expected, masses)
    return found


def _of_directions(
    tried: Tried, kind: str, similarity: Mapping[str, NDArray[np.float64]]
) -> tuple[float, NDArray[np.float64]]:
    """Return J over all sites of a kind, and the matched mass of every thing."""
    every, matched, readings, things = [], 0.0, 0.0, 0
    for site in tried.sites(kind):
        held = tried.truth.sites[site]
        counted = tried.trial.scored[site] & held.directions.any(axis=1)
        masses, claimed = matched_mass(similarity.get(site), held, counted, tried.claimed(site))
        matched += masses[counted].sum()
        readings += claimed
        things += int(np.count_nonzero(counted))
        every.append(np.where(counted, masses, np.nan))
    return jaccard(matched, readings, things), np.concatenate(every)


def _of_random(tried: Tried, kind: str, generator: np.random.Generator) -> float:
    similarity = {}
    for site in tried.sites(kind, claimed=True):
        held = tried.truth.sites[site]
        shape = tried.claimed(site), held.directions.shape[1]
        similarity[site] = cosines(generator.standard_normal(shape), held)
    return _of_directions(tried, kind, similarity)[0]


def jaccard(matched: float, readings: float, things: float) -> float:
    """Return A/(K + N - A): 1 only if every reading is a thing and every thing has a reading.

    Args:
        matched: A, the similarities of matched pairs, summed.
        readings: K, the number of readings.
        things: N, the number of things.
    """
    union = readings + things - matched
    return matched / union if union > 0 else 0.0


def matched_mass(
    similarity: NDArray[np.float64] | None,
    held: SiteTruth,
    counted: NDArray[np.bool_],
    claimed: int,
) -> tuple[NDArray[np.float64], float]:
    """Return the matched similarity of every thing, and the number of readings that count.

    Where no input tells several things apart and fewer readings than things are matched with them,
    the best of these stands for the rest. A reading counts less by as much as it resembles a thing
    that is not scored.

    Args:
        similarity: float64 (readings, things); None where nothing is claimed.
        held: The things.
        counted: Those that are scored, bool (things,).
        claimed: The number of readings, those that are like nothing that is held among them.
    """
    if similarity is None or not claimed:
        return np.zeros(len(held)), 0.0
    reading = match(similarity)
    own = np.where(reading >= 0, similarity[reading, np.arange(len(held))], 0.0)
    filled = np.where(reading >= 0, own, best_of_class(own, held.same))
    more = (filled - own)[counted].sum()
    return filled, float(claimed + more - own[~counted].sum())


def firing_scores(tried: Tried) -> dict[str, Scored]:
    """Return "firing-KIND" for kinds of things that readings are claimed of.

    It is the mean phi of things and the readings that fire most like them; readings are matched on
    one half of the inputs, phi is that on the other. Random claims are expected to get 0, as the
    other half knows nothing of the match.
    """
    found = {}
    for kind in KINDS:
        if tried.sites(kind, claimed=True):
            parts = np.concatenate([_phi(tried, site) for site in tried.sites(kind)])
            if not np.isnan(parts).all():
                found[f"firing-{kind}"] = scored(float(np.nanmean(parts)), 0.0, parts)
    return found


def _phi(tried: Tried, site: str) -> NDArray[np.float64]:
    """Return the phi of every thing of a site, NaN where it does not vary in both halves."""
    held, labels, half = tried.truth.sites[site], tried.trial.labels[site], tried.trial.matching
    counted = held.scored & varies(labels[half]) & varies(labels[~half])
    parts = np.zeros(len(held))
    if site in tried.firing:
        parts = split_half_phi(tried.firing[site], labels, half, tried.cosines[site])
        parts = np.where(parts == 0, best_of_class(parts, held.same), parts)
    return np.where(counted, parts, np.nan)
