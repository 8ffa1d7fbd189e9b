"""Dictionary learning: atoms of which every input needs few."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from polyseme.common.extras import import_sklearn
from polyseme.interpret.benchmark.claims import Claims
from polyseme.interpret.benchmark.method import Budget, Method
from polyseme.interpret.benchmark.methods.convergence import converged
from polyseme.interpret.benchmark.methods.feature_claims import Floats, Found, claims_of_features
from polyseme.interpret.benchmark.methods.pursuit import pursued, unit_rows
from polyseme.interpret.benchmark.methods.streaming import Numbers
from polyseme.interpret.benchmark.sampler import Sampler

if TYPE_CHECKING:
    from polyseme.networks.exporting.torch_modules import HookedNetwork

# Samples that it sees, those of a step, the penalty per unit of code once the numbers have a mean
# square length of 1, and atoms of a code.
SAMPLES, STEP, PENALTY, ATOMS = 5000, 250, 0.1, 4


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return the atoms of every site as readings, and edges by co-firing.

    The search is scikit-learn's MiniBatchDictionaryLearning with non-negative codes; what is then
    read is coded by orthogonal matching pursuit, as there. It has converged when the last fifth of
    the steps lowered the share of fresh samples that is not explained by under 1 %, or to under
    1 %.
    """
    return claims_of_features(network, sampler, budget, find_atoms)


def find_atoms(numbers: Numbers, count: int, generator: np.random.Generator) -> Found:
    """Return the atoms of a site, at most `count`."""
    import_sklearn("dictionary-learning")
    from sklearn.decomposition import MiniBatchDictionaryLearning
    from sklearn.exceptions import ConvergenceWarning

    rest, held = numbers.moved(SAMPLES)
    scale = max(float(np.sqrt(np.square(held).sum(axis=1).mean())), 1e-12)
    held /= scale
    model = MiniBatchDictionaryLearning(
        count,
        alpha=PENALTY,
        batch_size=STEP,
        fit_algorithm="cd",
        positive_code=True,
        random_state=int(generator.integers(2**31)),
    )
    losses: list[float] = []
    atoms = np.zeros((0, held.shape[1]), np.float32)
    for begin in range(0, len(held), STEP):
        batch = held[begin : begin + STEP]
        with warnings.catch_warnings():
            # Codes are asked for with a tolerance that float32 does not always reach.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.partial_fit(batch)
        atoms = unit_rows(np.asarray(model.components_, np.float32))
        rest_of = batch - pursued(batch, atoms, ATOMS) @ atoms
        losses.append(float(np.square(rest_of).sum(axis=1).mean()))

    def code(values: Floats) -> Floats:
        return pursued(values - rest, atoms, ATOMS)

    return Found(atoms, code, converged(losses), losses[-1])


METHOD = Method(
    "dictionary-learning",
    fit,
    family="features",
    source="Mairal, Bach, Ponce and Sapiro, Online dictionary learning, 2009",
    settings={"samples": SAMPLES, "batch": STEP, "penalty": PENALTY, "atoms per code": ATOMS},
)
