"""Composition: of readings at a layer that computes gates, how many are like gates, inputs, units.

It is no score: nothing is better or worse. It says what a method finds where gates could be found.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.interpret.benchmark.scores.matching import Firing, likeness
from polyseme.interpret.benchmark.scores.trial import Trial
from polyseme.interpret.benchmark.scores.tried import Tried

GATES, INPUTS, UNITS, NONE = "gates", "inputs", "units", "none"
# In this order where a reading is as much like one as like another.
LIKE = (GATES, INPUTS, UNITS, NONE)
# A reading is like a thing if their |phi| is at least this.
_LIKE = 0.5
# Two that are on in so few samples can look alike by chance.
_LEAST_SAMPLES = 4
# A unit is at rest within this of what it is for most samples.
_REST = 1e-6


def composition(tried: Tried) -> dict[str, dict[str, int]]:
    """Return for every site of gates that is claimed how many readings are like what.

    A reading is like the kind of thing that has the largest |phi| with it (they fire together, or
    one fires when the other does not), or like none if that is below 1/2.
    """
    trial = tried.trial
    inputs = [trial.labels[site] for site in tried.sites("inputs")]
    return {
        site: _counts(tried.firing[site], [trial.labels[site], *inputs, _units(trial, site)])
        for site in tried.sites("gates", claimed=True)
    }


def _counts(fires: Firing, kinds: list[sp.csr_array]) -> dict[str, int]:
    best = np.array([_best(fires, labels) for labels in kinds])
    found = np.where(best.max(axis=0) >= _LIKE, best.argmax(axis=0), len(kinds))
    return {name: int(np.count_nonzero(found == place)) for place, name in enumerate(LIKE)}


def _best(fires: Firing, labels: sp.csr_array) -> NDArray[np.float64]:
    """Return the largest |phi| of every reading with any thing, float64 (readings,)."""
    count = np.asarray(labels.sum(axis=0)).ravel()
    often = np.minimum(count, labels.shape[0] - count) >= _LEAST_SAMPLES
    alike = likeness(fires, sp.csr_array(labels[:, np.flatnonzero(often)]))
    return np.asarray(alike.max(axis=1, initial=0))


def _units(trial: Trial, site: str) -> sp.csr_array:
    """Return which units are above their rest, and which below, Boolean (samples, 2 units)."""
    numbers = trial.activations[site]
    rest = np.median(numbers, axis=0)
    above, below = numbers > rest + _REST, numbers < rest - _REST
    return sp.csr_array(np.concatenate([above, below], axis=1))
