"""Composition: of readings at a layer that computes gates, how many are like gates, inputs, units.

It is no score: nothing is better or worse. It says what a method finds where gates could be found.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.interpret.benchmark.scores.tried import Tried, activity_of

GATES, INPUTS, UNITS, NONE = "gates", "inputs", "units", "none"
# In this order where a reading is as much like one as like another.
LIKE = (GATES, INPUTS, UNITS, NONE)
# A reading is like a thing if their correlation is at least this, of either sign.
_LIKE = 0.5
# Two that are on in so few samples can look alike by chance.
_LEAST_SAMPLES = 4

Floats = NDArray[np.float32]


def composition(tried: Tried) -> dict[str, dict[str, int]]:
    """Return for every site of gates that is claimed how many readings are like what.

    A reading is like the kind of thing with which it correlates most: how far it is on, with
    whether a gate or an input is on, or with the number of a unit. It is like none if no
    correlation is 1/2 or more, of either sign.
    """
    trial, found = tried.trial, {}
    inputs = [trial.labels[site] for site in tried.sites("inputs")]
    for site in tried.sites("gates", claimed=True):
        readings = tried.claims.at(site)
        assert readings is not None
        activity = _standard(activity_of(readings, trial.batch(site)))
        kinds = [_on(labels) for labels in (trial.labels[site], *inputs)]
        found[site] = _counts(activity, [*kinds, _standard(trial.activations[site])])
    return found


def _counts(activity: Floats, kinds: list[Floats]) -> dict[str, int]:
    best = np.array([np.abs(activity.T @ things).max(axis=1, initial=0) for things in kinds])
    found = np.where(best.max(axis=0) >= _LIKE, best.argmax(axis=0), len(kinds))
    return {name: int(np.count_nonzero(found == place)) for place, name in enumerate(LIKE)}


def _on(labels: sp.csr_array) -> Floats:
    """Return the labels that are on and off often enough, standardised."""
    count = np.asarray(labels.sum(axis=0)).ravel()
    often = np.minimum(count, labels.shape[0] - count) >= _LEAST_SAMPLES
    return _standard(labels[:, np.flatnonzero(often)].toarray().astype(np.float32))


def _standard(columns: Floats) -> Floats:
    """Return columns with a mean of 0 and a length of 1; those that do not vary are 0."""
    centred = columns - columns.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=0)
    # What is left of a constant column is rounding.
    some = lengths > 1e-6 * np.linalg.norm(columns, axis=0)
    return np.asarray(np.divide(centred, lengths, out=np.zeros_like(centred), where=some))
