"""K-SVD: matching pursuit and rank-one updates in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polyseme.interpret.benchmark.claims import Claims
from polyseme.interpret.benchmark.method import Budget, Method
from polyseme.interpret.benchmark.methods.convergence import converged
from polyseme.interpret.benchmark.methods.feature_claims import Floats, Found, claims_of_features
from polyseme.interpret.benchmark.methods.pursuit import pursued, unit_rows
from polyseme.interpret.benchmark.methods.streaming import Numbers
from polyseme.interpret.benchmark.sampler import Sampler

if TYPE_CHECKING:
    from polyseme.networks.exporting.torch_modules import HookedNetwork

# Samples held at once, rounds over them, and atoms of a code.
SAMPLES, ROUNDS, ATOMS = 5000, 75, 4


def fit(network: HookedNetwork, sampler: Sampler, budget: Budget) -> Claims:
    """Return the atoms of every site as readings, and edges by co-firing.

    Codes are not negative, and an atom is updated by one step of the power method (Rubinstein,
    Zibulevsky and Elad 2008). An atom that no sample uses becomes the sample that is explained
    worst. It has converged when the last fifth of the rounds lowered the share of the samples that
    is not explained by under 1 %, or to under 1 %.
    """
    return claims_of_features(network, sampler, budget, _find)


def _find(numbers: Numbers, count: int, generator: np.random.Generator) -> Found:
    rest, held = numbers.moved(SAMPLES)
    atoms, losses = dictionary(held, count, generator)

    def code(values: Floats) -> Floats:
        return pursued(values - rest, atoms, ATOMS)

    return Found(atoms, code, converged(losses), losses[-1])


def dictionary(
    samples: Floats, count: int, generator: np.random.Generator
) -> tuple[Floats, list[float]]:
    """Return atoms by K-SVD, unit vectors, and the share not explained after every round.

    Args:
        samples: What they should explain, float32 (samples, width).
        count: The number of atoms.
        generator: Chooses the samples that are the first atoms.
    """
    chosen = generator.choice(len(samples), count, replace=len(samples) < count)
    atoms = unit_rows(samples[chosen])
    whole = max(float(np.square(samples).sum()), 1e-12)
    losses = []
    for _ in range(ROUNDS):
        codes = pursued(samples, atoms, ATOMS)
        apart = samples - codes @ atoms
        losses.append(float(np.square(apart).sum()) / whole)
        _updated(samples, atoms, codes, apart)
    return atoms, losses


def _updated(samples: Floats, atoms: Floats, codes: Floats, apart: Floats) -> None:
    """Change each atom to what explains best the samples that use it, others as they are."""
    worst = list(np.argsort(-np.square(apart).sum(axis=1))[: len(atoms)])
    for atom in range(len(atoms)):
        users = np.flatnonzero(codes[:, atom])
        if not len(users):
            atoms[atom] = unit_rows(samples[worst.pop(0)][None])[0] if worst else atoms[atom]
            continue
        unexplained = apart[users] + np.outer(codes[users, atom], atoms[atom])
        atoms[atom] = unit_rows((codes[users, atom] @ unexplained)[None])[0]
        codes[users, atom] = np.maximum(unexplained @ atoms[atom], 0)
        apart[users] = unexplained - np.outer(codes[users, atom], atoms[atom])


METHOD = Method(
    "k-svd",
    fit,
    family="features",
    source="Aharon, Elad and Bruckstein, K-SVD, 2006",
    settings={"samples": SAMPLES, "rounds": ROUNDS, "atoms per code": ATOMS},
)
