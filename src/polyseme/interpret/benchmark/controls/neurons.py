"""Neurons as they are: what a site shows to whoever takes each of its numbers for a thing."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from polyseme.interpret.benchmark.claims import Batch, Claims, Readings
from polyseme.interpret.benchmark.controls.control import Control
from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.subject import Subject


def fit(subject: Subject, budget: Budget) -> Claims:
    """Return the numbers of every site, those that vary most, as many as the budget has readings.

    A reading is its number minus what it is at rest, with no feature on.
    """
    drawn = subject.sampler(budget.seed).draw(budget.batch)
    with torch.no_grad():
        _, cache = subject.module.run_with_cache(drawn)
        _, resting = subject.module.run_with_cache(torch.zeros_like(drawn[:1]))
    readings = []
    for site, count in budget.readings.items():
        spread = cache[site].numpy().var(axis=0)
        chosen = np.sort(np.argsort(-spread, kind="stable")[:count])
        directions = np.eye(len(spread), dtype=np.float32)[chosen]
        rest = resting[site].numpy()[0]
        readings.append(Readings(site, directions, partial(_numbers, chosen, rest[chosen])))
    return Claims(tuple(readings))


def _numbers(
    chosen: NDArray[np.int64], rest: NDArray[np.float32], batch: Batch
) -> NDArray[np.float32]:
    found: NDArray[np.float32] = batch.activations[:, chosen] - rest
    return found


CONTROL = Control("neurons", fit, "every number of a site taken for a thing")
