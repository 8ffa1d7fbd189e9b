"""Interventions by means of claims: does a reading do what its thing does in the circuit?

An interchange takes two inputs of which the circuit says that a site holds the same but for one
thing, and replaces, in the first, what the readings of that thing add (activity times direction) by
what they add in the second. The network runs on from there and should give the outputs that the
circuit gives for the second input.

- *On target*: of the outputs that should change, the share that does.
- *Off target*: of the outputs that do change, the share that should.

Only pairs are used whose outputs differ by the circuit, so doing nothing gets exactly 0 in both. In
a superposed layer units bend, so that what one thing adds is not the same for all inputs, and even
the true reading may fail. Only pairs are used on which it does not (the key's direction times
`contributions.lengths`, on when the thing is on): a claim is measured by what the site allows, and
the oracle gets exactly 1.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from polyseme.interpret.benchmark.claims import Batch
from polyseme.interpret.benchmark.scores.contributions import lengths
from polyseme.interpret.benchmark.scores.interventions import (
    Interchanges,
    interchanges,
    run_changed,
)
from polyseme.interpret.benchmark.scores.scored import Scored, scored
from polyseme.interpret.benchmark.scores.trial import Trial, run
from polyseme.interpret.benchmark.scores.tried import Tried, activity_of
from polyseme.interpret.benchmark.subject import Subject
from polyseme.networks import sites

KINDS_OF_CAUSES = ("inputs", "gates")


def causal_scores(tried: Tried) -> dict[str, Scored]:
    """Return "interchange-on-KIND" and "interchange-off-KIND" for kinds that are spoken of.

    Random claims are expected to get 0: readings of other things are the same in both inputs.
    """
    found = {}
    adds = lengths(tried.subject) if tried.cosines else {}
    for kind in KINDS_OF_CAUSES:
        if not tried.sites(kind, claimed=True):
            continue
        parts = [_site(tried, site, adds[site]) for site in tried.sites(kind)]
        for number, name in enumerate(("on", "off")):
            each = np.concatenate([part[number] for part in parts])
            if not np.isnan(each).all():
                found[f"interchange-{name}-{kind}"] = scored(float(np.nanmean(each)), 0.0, each)
    return found


def _site(
    tried: Tried, site: str, adds: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what things get on and off target, float64 (things,), NaN without pairs."""
    pairs = allowed(tried.subject, tried.trial, site, adds)
    if site not in tried.cosines:
        nothing = pairs.before
        return _per_thing(tried, pairs, nothing)
    return _per_thing(tried, pairs, _outputs(tried, pairs))


def allowed(subject: Subject, trial: Trial, site: str, adds: NDArray[np.float32]) -> Interchanges:
    """Return the pairs on which network and true reading give what the circuit gives.

    Args:
        subject: The network.
        trial: The inputs.
        site: The site.
        adds: What things add along their directions, float32 (things,).
    """
    pairs = interchanges(subject, trial, site)
    if not len(pairs):
        return pairs
    held = subject.truth.sites[site]
    new, old = (
        subject.truth.labels(on, site).astype(np.float32) for on in (pairs.source, pairs.base)
    )
    change = (new - old) @ (adds[:, None] * held.directions)
    _, numbers = run(subject, pairs.base)
    unchanged = numbers[sites.READOUT] >= 0
    outputs = run_changed(subject, pairs.base, site, numbers[site] + change)
    right = (unchanged == pairs.before) & (outputs == pairs.after)
    return pairs.only(right.all(axis=1))


def _outputs(tried: Tried, pairs: Interchanges) -> NDArray[np.bool_]:
    """Return the outputs on after what the matched readings of each thing add is interchanged."""
    site = pairs.site
    readings = tried.claims.at(site)
    if readings is None or not len(pairs):
        return pairs.before
    activity, numbers = [], np.zeros(0, np.float32)
    for on in (pairs.source, pairs.base):
        vectors, found = run(tried.subject, on)
        numbers = found[site]
        activity.append(activity_of(readings, Batch(vectors, numbers, on)))
    of_thing = tried.class_of(site)[None, :] == pairs.thing[:, None]
    change = np.where(of_thing, activity[0] - activity[1], 0) @ readings.directions
    return run_changed(tried.subject, pairs.base, site, numbers + change)


def _per_thing(
    tried: Tried, pairs: Interchanges, outputs: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    same = tried.truth.sites[pairs.site].same
    wanted, changed = pairs.before != pairs.after, pairs.before != outputs
    right, meant, moved = np.zeros((3, len(same)))
    np.add.at(right, pairs.thing, (wanted & changed).sum(axis=1))
    np.add.at(meant, pairs.thing, wanted.sum(axis=1))
    np.add.at(moved, pairs.thing, changed.sum(axis=1))
    on = np.divide(right, meant, out=np.full(len(same), np.nan), where=meant > 0)
    off = np.divide(right, moved, out=np.zeros(len(same)), where=moved > 0)
    return on[same], np.where(meant > 0, off, np.nan)[same]


def share_allowed(subject: Subject, trial: Trial) -> Mapping[str, float]:
    """Return by site the share of pairs on which the true reading gives what the circuit gives."""
    found = {}
    for site, adds in lengths(subject).items():
        if subject.truth.sites[site].kind in KINDS_OF_CAUSES:
            pairs = interchanges(subject, trial, site)
            if len(pairs):
                found[site] = len(allowed(subject, trial, site, adds)) / len(pairs)
    return found
