"""The length that each thing has along its own direction: what it adds to the numbers of a site."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.interpret.benchmark.scores.trial import draw_trial
from polyseme.interpret.benchmark.subject import Subject
from polyseme.networks import sites

# The inputs that lengths are measured on are those for scores of a seed that no run has.
SEED = 1 << 40


def lengths(subject: Subject) -> dict[str, NDArray[np.float32]]:
    """Return by site what every thing adds along its unit direction, float32 (things,).

    At the embedding it is exact: the length of the feature's vector. Elsewhere things share units
    and these bend, so nothing is added exactly; it is the mean number along the direction of
    inputs on which the thing is on, minus that of inputs on which it is off. For a thing that no
    input switches it is 1.
    """
    truth, trial = subject.truth, draw_trial(subject, SEED)
    found = {}
    for site, held in truth.sites.items():
        if site == sites.EMBED:
            along = np.einsum("ij,ij->i", subject.code, held.directions)
        else:
            numbers = trial.activations[site] @ held.directions.T
            on = trial.labels[site].toarray()
            count = np.maximum(on.sum(axis=0), 1), np.maximum((~on).sum(axis=0), 1)
            along = (numbers * on).sum(axis=0) / count[0] - (numbers * ~on).sum(axis=0) / count[1]
        found[site] = np.where(trial.scored[site], along, 1).astype(np.float32)
    return found
