"""Composition: of readings at a layer that computes gates, how many are like gates, inputs, units.

It is no score: nothing is better or worse. It says what a method finds where gates could be found.
The same is said of the components of weights.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.interpret.benchmark.claims import Decomposition
from polyseme.interpret.benchmark.scores.components import site_read
from polyseme.interpret.benchmark.scores.tried import Tried, activity_of
from polyseme.networks import sites

GATES, INPUTS, UNITS, NONE = "gates", "inputs", "units", "none"
# In this order where a reading is as much like one as like another.
LIKE = (GATES, INPUTS, UNITS, NONE)
# A reading is like a thing if their correlation is at least this, of either sign.
_LIKE = 0.5
# Two that are on in so few samples can look alike by chance.
_LEAST_SAMPLES = 4
# How the places of components end in what `composition` returns.
COMPONENTS = ".linear"
# A component is alive if its importance is above this for some input, as authors count.
_ALIVE = 0.1

Floats = NDArray[np.float32]


def composition(tried: Tried) -> dict[str, dict[str, int]]:
    """Return for every site of gates that is claimed how many readings are like what.

    A reading is like the kind of thing with which it correlates most: how far it is on, with
    whether a gate or an input is on, or with the number of a unit. It is like none if no
    correlation is 1/2 or more, of either sign.

    Under the name of the layer's weights, such as "layers.0.linear", is the same of the components
    that are alive, with their importance in the place of how far a reading is on.
    """
    trial, found = tried.trial, {}
    for site in tried.sites("gates", claimed=True):
        readings = tried.claims.at(site)
        assert readings is not None
        found[site] = _counts(activity_of(readings, trial.batch(site)), _kinds(tried, site))
    apart = tried.claims.decomposition
    if apart is not None and sites.post(apart.layer) in tried.sites("gates"):
        kinds = _kinds(tried, sites.post(apart.layer))
        found[f"layers.{apart.layer}{COMPONENTS}"] = _counts(_alive(tried, apart), kinds)
    return found


def _kinds(tried: Tried, site: str) -> list[Floats]:
    """Return the gates of a site, the inputs of the network and the units of the site."""
    trial = tried.trial
    inputs = [trial.labels[one] for one in tried.sites("inputs")]
    on = [_on(labels) for labels in (trial.labels[site], *inputs)]
    return [*on, _standard(trial.activations[site])]


def _alive(tried: Tried, apart: Decomposition) -> Floats:
    """Return the importance of the components that matter for some input."""
    importance = apart.importance(tried.trial.batch(site_read(apart.layer)))
    return importance[:, importance.max(axis=0, initial=0) > _ALIVE]


def _counts(activity: Floats, kinds: list[Floats]) -> dict[str, int]:
    activity = _standard(activity)
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
