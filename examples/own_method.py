"""A method of one's own for the benchmark: at every site, the directions of most variance."""

from __future__ import annotations

import numpy as np

from polyseme.interpret.benchmark.claims import Claims, Readings
from polyseme.interpret.benchmark.method import Method


def fit(network, sampler, budget):
    """Return the right singular vectors of the numbers at every site, each on where it projects."""
    _, cache = network.run_with_cache(sampler.draw(budget.batch))
    found = []
    for site, count in budget.readings.items():
        numbers = cache[site].detach().numpy()
        directions = np.linalg.svd(numbers - numbers.mean(axis=0))[2][:count]
        on = (numbers @ directions.T).max(axis=0) / 2
        found.append(Readings(site, directions, _above(on, directions)))
    return Claims(tuple(found))


def _above(on, directions):
    return lambda batch: np.maximum(batch.activations @ directions.T - on, 0)


METHOD = Method("svd", fit, family="own")
