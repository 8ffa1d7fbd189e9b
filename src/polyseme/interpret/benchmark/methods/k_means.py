"""k-means: centres of clusters as directions, of which one fires for each input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from polyseme.common.extras import import_sklearn
from polyseme.interpret.benchmark.claims import Claims
from polyseme.interpret.benchmark.method import Budget, Method
from polyseme.interpret.benchmark.methods.feature_claims import Floats, Found, claims_of_features
from polyseme.interpret.benchmark.methods.streaming import Numbers
from polyseme.interpret.benchmark.sampler import Sampler

if TYPE_CHECKING:
    from polyseme.networks.exporting.torch_modules import HookedNetwork

# Samples that the first centres are chosen from, those of a pass, and passes at the most.
FIRST, SAMPLES, PASSES = 4096, 32_768, 4


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return the centres of clusters at every site as readings, and edges by co-firing.

    The search is scikit-learn's MiniBatchKMeans from k-means++; it has converged when a pass over
    the samples lowers the distance to the nearest centre by under 1 %.
    """
    return claims_of_features(network, sampler, budget, _find)


def _find(numbers: Numbers, count: int, generator: np.random.Generator) -> Found:
    import_sklearn("k-means")
    from sklearn.cluster import MiniBatchKMeans, kmeans_plusplus

    first = numbers.gathered(max(FIRST, 3 * count))
    count = min(count, len(np.unique(first, axis=0)))
    seed = int(generator.integers(2**31))
    begin, _ = kmeans_plusplus(first, count, random_state=seed)
    model = MiniBatchKMeans(count, init=begin, n_init=1, random_state=seed, reassignment_ratio=0)
    spread = float(first.var(axis=0).sum())
    losses: list[float] = []
    for _ in range(PASSES):
        for batch in _at_least(count, numbers.batches(SAMPLES)):
            model.partial_fit(batch)
        losses.append(-float(model.score(first)) / len(first))
        if _settled(losses):
            break
    mean = first.mean(axis=0)
    centres = np.asarray(model.cluster_centers_, np.float32)

    def code(values: Floats) -> Floats:
        nearest = (values @ centres.T - (centres**2).sum(axis=1) / 2).argmax(axis=1)
        return np.asarray(np.eye(count, dtype=np.float32)[nearest])

    return Found(centres - mean, code, _settled(losses), losses[-1] / max(spread, 1e-12))


def _at_least(count: int, batches: Iterable[Floats]) -> Iterator[Floats]:
    """Yield batches together, so many samples at the least as there are clusters."""
    held: list[Floats] = []
    for batch in batches:
        held.append(batch)
        if sum(map(len, held)) >= count:
            yield np.concatenate(held)
            held = []


def _settled(losses: list[float]) -> bool:
    return len(losses) > 1 and losses[-1] > 0.99 * losses[-2]


METHOD = Method(
    "k-means",
    fit,
    family="features",
    source="Sculley, Web-scale k-means clustering, WWW 2010",
    settings={"first samples": FIRST, "samples": SAMPLES, "passes": PASSES},
)
