"""Non-negative matrix factorisation: numbers as sums of parts that are never subtracted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polyseme.common.extras import import_sklearn
from polyseme.interpret.benchmark.claims import Claims
from polyseme.interpret.benchmark.method import Budget, Method
from polyseme.interpret.benchmark.methods.convergence import converged
from polyseme.interpret.benchmark.methods.feature_claims import Floats, Found, claims_of_features
from polyseme.interpret.benchmark.methods.streaming import Numbers
from polyseme.interpret.benchmark.sampler import Sampler

if TYPE_CHECKING:
    from polyseme.networks.exporting.torch_modules import HookedNetwork

# Samples held at once, passes over them, those of a step, and updates of a code.
SAMPLES, PASSES, STEP, UPDATES = 5000, 4, 500, 10
# Samples from one measurement of the loss to the next.
EVERY = 4 * STEP


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return the parts of every site as readings, and edges by co-firing.

    The search is scikit-learn's MiniBatchNMF. Numbers of both signs are split into what is above
    and below 0, side by side, and a part is written where the first half of it is less the second.
    There may be more parts than dimensions. It has converged when the last fifth of the steps
    lowered the error by under 1 %, or to under 1 %.
    """
    return claims_of_features(network, sampler, budget, _find)


def _find(numbers: Numbers, count: int, generator: np.random.Generator) -> Found:
    import_sklearn("nmf")
    from sklearn.decomposition import MiniBatchNMF

    rest, held = numbers.moved(SAMPLES)
    held += rest
    signed = bool((held < 0).any())
    held = _split(held, signed)
    model = MiniBatchNMF(
        count,
        init="random",
        batch_size=STEP,
        tol=0,
        transform_max_iter=UPDATES,
        random_state=int(generator.integers(2**31)),
    )
    losses: list[float] = []
    test = held[:STEP]
    for begin in range(0, PASSES * len(held), STEP):
        batch = held[begin % len(held) :][:STEP]
        model.partial_fit(batch)
        if begin % EVERY == 0:
            rest_of = test - model.transform(test) @ model.components_
            losses.append(float(np.square(rest_of).mean() / max(np.square(test).mean(), 1e-12)))
    parts = np.asarray(model.components_, np.float32)
    width = len(rest)

    def code(values: Floats) -> Floats:
        return np.asarray(model.transform(_split(values, signed)), np.float32)

    directions = parts[:, :width] - parts[:, width:] if signed else parts
    return Found(directions, code, converged(losses), losses[-1])


def _split(values: Floats, signed: bool) -> Floats:
    above = np.maximum(values, 0)
    return np.concatenate((above, np.maximum(-values, 0)), axis=1) if signed else above


METHOD = Method(
    "nmf",
    fit,
    family="features",
    source="Lefevre, Bach and Févotte, Online algorithms for NMF, 2011",
    settings={"samples": SAMPLES, "passes": PASSES, "batch": STEP, "updates of a code": UPDATES},
)
