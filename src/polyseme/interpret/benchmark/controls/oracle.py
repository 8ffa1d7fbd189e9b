"""The oracle: the answer key, said in the language of claims."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.interpret.benchmark.claims import Activity, Batch, Claims, Edges, Readings
from polyseme.interpret.benchmark.controls.control import Control
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.scores.components import by_units
from polyseme.interpret.benchmark.scores.contributions import lengths
from polyseme.interpret.benchmark.subject import Subject
from polyseme.interpret.benchmark.truth import Truth


def fit(subject: Subject, budget: Budget) -> Claims:
    """Return the truth as claims, whatever the budget.

    A reading is on exactly when its thing is, by the circuit, and then as far as the thing adds to
    the numbers of the site along its direction (`scores/contributions.py`).
    """
    return oracle(subject)


def oracle(subject: Subject) -> Claims:
    """Return the truth as claims: all readings, edges and operators, and layer 0 in components."""
    truth, adds = subject.truth, lengths(subject)
    readings = tuple(
        Readings(site, held.directions, _labels(truth, site, adds[site]))
        for site, held in truth.sites.items()
    )
    edges = tuple(_edges(truth, site) for site, held in truth.sites.items() if held.below)
    operators = {site: held.operators for site, held in truth.sites.items() if held.below}
    return Claims(readings, edges, operators, by_units(subject, 0))


def _labels(truth: Truth, site: str, adds: NDArray[np.float32]) -> Activity:
    def activity(batch: Batch) -> NDArray[np.float32]:
        found: NDArray[np.float32] = truth.labels(batch.on, site).toarray() * adds
        return found

    return activity


def _edges(truth: Truth, site: str) -> Edges:
    held = truth.sites[site]
    output, read = (places.astype(np.int64) for places in held.inputs.nonzero())
    return Edges(site, held.below, output, read, np.ones(len(output), np.float32))


CONTROL = Control("oracle", fit, "the answer key: 1 in every score")
