"""Random directions: what a dictionary gets that learned nothing."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from polyseme.common.random_streams import Stream, stream
from polyseme.interpret.benchmark.claims import Batch, Claims, Readings
from polyseme.interpret.benchmark.controls.control import Control
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.subject import Subject


def fit(subject: Subject, budget: Budget) -> Claims:
    """Return as many random unit vectors as the budget has for each site.

    A reading is on as far as the numbers of the site reach along its direction.
    """
    readings = []
    for number, (site, count) in enumerate(budget.readings.items()):
        held = subject.truth.sites.get(site)
        if held is not None:
            generator = stream(budget.seed, Stream.BENCH_CONTROLS, 2, number)
            drawn = generator.standard_normal((count, held.directions.shape[1]))
            drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
            directions = drawn.astype(np.float32)
            readings.append(Readings(site, directions, partial(along, directions)))
    return Claims(tuple(readings))


def along(directions: NDArray[np.float32], batch: Batch) -> NDArray[np.float32]:
    """Return how far numbers reach along directions, at least 0, float32 (samples, readings)."""
    found: NDArray[np.float32] = np.maximum(batch.activations @ directions.T, 0)
    return found


CONTROL = Control("random-directions", fit, "a dictionary that learned nothing")
