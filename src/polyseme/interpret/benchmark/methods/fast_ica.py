"""FastICA: directions along which the numbers at a site are independent."""

from __future__ import annotations

import warnings
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

# Samples held at once, and steps of the fixed-point iteration with the change at which it stops.
SAMPLES, STEPS, TOLERANCE = 20_000, 100, 1e-3


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return independent components of every site as readings, and edges by co-firing.

    There are at most as many components as the numbers have dimensions, so a site with more
    features than dimensions keeps fewer readings than were asked for. A component points to where
    its distribution has the longer tail. It has converged if the fixed-point iteration did.
    """
    return claims_of_features(network, sampler, budget, _find)


def _find(numbers: Numbers, count: int, generator: np.random.Generator) -> Found:
    import_sklearn("fast-ica")
    from sklearn.decomposition import FastICA
    from sklearn.exceptions import ConvergenceWarning

    held = numbers.gathered(SAMPLES)
    # FastICA takes its signs from the first number, and finds nothing where that never changes.
    vary = np.flatnonzero(held.min(axis=0) < held.max(axis=0))
    if not len(vary):
        return Found(np.zeros((0, held.shape[1]), np.float32), _none, True, 0.0)
    width, held = held.shape[1], held[:, vary]
    spread = np.atleast_2d(np.cov(held.T))
    count = min(count, int(np.linalg.matrix_rank(spread, rtol=1e-6, hermitian=True)))
    model = FastICA(
        count,
        whiten="unit-variance",
        whiten_solver="eigh",
        max_iter=STEPS,
        tol=TOLERANCE,
        random_state=int(generator.integers(2**31)),
    )
    with warnings.catch_warnings(record=True) as told:
        # Singular values that are nearly 0 are those of components left out.
        warnings.simplefilter("always")
        sources = model.fit_transform(held)
    converged = not any(issubclass(one.category, ConvergenceWarning) for one in told)
    sign = np.where((sources**3).mean(axis=0) < 0, -1, 1).astype(np.float32)
    unmixing = np.asarray(model.components_.T * sign, np.float32)
    # Sparse sources are off at their median.
    off = np.median(held @ unmixing, axis=0)

    def code(values: Floats) -> Floats:
        return np.asarray(values[:, vary] @ unmixing - off, np.float32)

    rest = held - model.mean_ - sources @ model.mixing_.T
    loss = float(rest.var(axis=0).sum() / max(held.var(axis=0).sum(), 1e-12))
    directions = np.zeros((count, width), np.float32)
    directions[:, vary] = model.mixing_.T * sign[:, None]
    return Found(directions, code, converged, loss)


def _none(values: Floats) -> Floats:
    return np.zeros((len(values), 0), np.float32)


METHOD = Method(
    "fast-ica",
    fit,
    family="features",
    source="Hyvärinen, Fast and robust fixed-point algorithms for ICA, 1999",
    settings={"samples": SAMPLES, "steps": STEPS, "tolerance": TOLERANCE, "contrast": "logcosh"},
)
