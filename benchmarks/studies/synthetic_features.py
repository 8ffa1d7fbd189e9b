"""The scores of features on the data of SynthSAEBench, beside that benchmark's own.

SynthSAEBench (Chanin and Garriga-Alonso, arXiv:2602.14687) draws activations as sums of random
directions, and says by their description what its standard data are: 16,384 features in 768
dimensions; feature i fires with a chance of i^-1/2, scaled to run from .4 to 5e-4; the first 10,880
form 128 trees of depth 3 in which each feature has 4 children, a child fires only with its parent
and never with a sibling, and chances are raised to make up for it, up to 1; magnitudes run from 5
to 4; directions are moved apart by 100 steps of Adam (rate 3e-4) on the squares of their products.
This file makes such data by that description (without the weak correlation of rank 25 and the
spread of magnitudes, which change no mean), and compares:

    python benchmarks/studies/synthetic_features.py
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from polyseme.interpret.benchmark.scores.features import jaccard, matched_mass
from polyseme.interpret.benchmark.scores.matching import cosines
from polyseme.interpret.benchmark.truth import SiteTruth

Floats = NDArray[np.float64]

FEATURES, DIMENSIONS = 16_384, 768
# What is published of the standard data: features that fire per sample, in all and of the 4,096
# most frequent, and the mean of each direction's largest |cosine| with another.
PUBLISHED = {"active": 34.0, "active of 4,096": 25.0, "overlap": 0.15}
ROOTS, CHILDREN, DEPTH = 128, 4, 3
MOST, LEAST, EXPONENT = 0.4, 5e-4, 0.5
STEPS, RATE = 100, 3e-4
TOLERANCE = 1e-4


def chances(features: int = FEATURES) -> Floats:
    """Return the chance with which each feature is meant to fire, falling."""
    power = np.arange(1, features + 1) ** -EXPONENT
    return np.asarray(LEAST + (MOST - LEAST) * (power - power[-1]) / (power[0] - power[-1]))


@dataclass(frozen=True)
class Trees:
    """Features in trees: the parent of each, -1 for none, and the chance to fire with it on."""

    parent: NDArray[np.int64]
    given_parent: Floats

    def fires(self) -> Floats:
        """Return the chance with which each feature does fire."""
        found = self.given_parent.copy()
        for first, last in pairwise(_levels()[1:]):
            chance = self.given_parent[first:last].reshape(-1, CHILDREN)
            found[first:last] = found[self.parent[first:last]] * (chance * _wins(chance)).ravel()
        return found

    def draw(self, samples: int, generator: np.random.Generator) -> NDArray[np.bool_]:
        """Draw which features fire, Boolean (samples, features)."""
        on = generator.random((samples, len(self.parent)), np.float32) < self.given_parent
        for first, last in pairwise(_levels()[1:]):
            on[:, first:last] &= on[:, self.parent[first:last]]
            groups = on[:, first:last].reshape(samples, -1, CHILDREN)
            lots = np.where(groups, generator.random(groups.shape, np.float32), -1)
            winner = lots == lots.max(axis=2, keepdims=True)
            on[:, first:last] = (groups & winner).reshape(samples, -1)
        return np.asarray(on)


def _levels() -> list[int]:
    """Return where the features of every level of the trees begin, and where the last end."""
    return np.cumsum([0, *(ROOTS * CHILDREN**depth for depth in range(DEPTH + 1))]).tolist()


def _wins(chance: Floats) -> Floats:
    """Return the chance of each sibling that fires to be the one kept, (groups, siblings)."""
    found = np.empty(chance.shape)
    for place in range(chance.shape[1]):
        # The chance that so many others fire.
        others = np.ones((len(chance), 1))
        for one in np.delete(chance, place, axis=1).T[:, :, None]:
            none, more = others * (1 - one), others * one
            others = np.pad(none, ((0, 0), (0, 1))) + np.pad(more, ((0, 0), (1, 0)))
        found[:, place] = (others / np.arange(1, others.shape[1] + 1)).sum(axis=1)
    return found


def trees(meant: Floats) -> Trees:
    """Return the trees over features, the chances of children raised to make up for their parents.

    Args:
        meant: The chance with which each feature is meant to fire.
    """
    parent, given = np.full(len(meant), -1, np.int64), meant.copy()
    levels = _levels()
    for above, first, last in zip(levels, levels[1:-1], levels[2:], strict=False):
        parent[first:last] = above + np.arange(last - first) // CHILDREN
        wanted = (meant[first:last] / meant[parent[first:last]]).reshape(-1, CHILDREN)
        chance, before = np.minimum(wanted, 1), np.zeros(wanted.shape)
        while np.abs(chance - before).max() > TOLERANCE:
            chance, before = np.minimum(wanted / _wins(chance), 1), chance
        given[first:last] = chance.ravel()
    return Trees(parent, given)


def directions(features: int, dimensions: int, generator: np.random.Generator) -> Floats:
    """Return unit vectors, drawn at random and moved apart, (features, dimensions)."""
    rows = _unit(generator.standard_normal((features, dimensions)))
    first, second = np.zeros_like(rows), np.zeros_like(rows)
    for step in range(1, STEPS + 1):
        lengths = (rows * rows).sum(axis=1)
        # The sum of squared products of different rows, and the lengths held at 1.
        slope = 4 * (rows @ (rows.T @ rows) - lengths[:, None] * rows)
        slope += 4 * features * (lengths - 1)[:, None] * rows
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope * slope
        moved = first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        rows = rows - RATE * moved
    return _unit(rows)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def overlap(rows: Floats) -> float:
    """Return the mean of each unit vector's largest |cosine| with another."""
    largest = []
    for begin in range(0, len(rows), 1024):
        near = np.abs(rows[begin : begin + 1024] @ rows.T)
        near[np.arange(len(near)), begin + np.arange(len(near))] = 0
        largest.append(near.max(axis=1))
    return float(np.concatenate(largest).mean())


def their_scores(latents: Floats, true: Floats) -> dict[str, float]:
    """Return SynthSAEBench's scores of directions: the mean of matched |cosines|, and uniqueness.

    Uniqueness is the share of latents that are the only ones, or one of several counted once, of
    the feature that they are nearest to.
    """
    near = np.abs(latents @ true.T)
    rows, columns = linear_sum_assignment(-near)
    unique = len(np.unique(near.argmax(axis=1))) / len(latents)
    return {"MCC": float(near[rows, columns].mean()), "uniqueness": unique}


def our_score(latents: Floats, true: Floats) -> float:
    """Return J of the directions: matched similarity over the union of latents and features."""
    things = len(true)
    every = np.ones(things, bool)
    held = SiteTruth(
        "data",
        "inputs",
        true.astype(np.float32),
        "",
        sp.csr_array((things, 0), dtype=bool),
        ("",) * things,
        np.arange(things),
        every,
    )
    similarity = cosines(latents.astype(np.float32), held)
    masses, readings = matched_mass(similarity, held, every, len(latents))
    return float(jaccard(masses.sum(), readings, things))


def compared(features: int, dimensions: int, seed: int) -> dict[str, dict[str, float]]:
    """Return both benchmarks' scores of dictionaries whose worth is known."""
    generator = np.random.default_rng([seed, features])
    true = directions(features, dimensions, generator)
    random = _unit(generator.standard_normal(true.shape))
    dictionaries = {
        "the features": true,
        "a quarter of the features": true[: features // 4],
        "one feature": true[:1],
        "one feature, again and again": np.repeat(true[:1], features, axis=0),
        "random directions": random,
        "a quarter as many random directions": random[: features // 4],
    }
    return {
        name: {**their_scores(latents, true), "J": our_score(latents, true)}
        for name, latents in dictionaries.items()
    }


def measured(seed: int = 0) -> dict[str, float]:
    """Return what is published of the standard data, measured on data made by the description."""
    generator = np.random.default_rng([seed, FEATURES])
    found = trees(chances())
    on = np.concatenate([found.draw(512, generator) for _ in range(8)])
    return {
        "active": float(on.sum(axis=1).mean()),
        "active of 4,096": float(on[:, :4096].sum(axis=1).mean()),
        "overlap": overlap(directions(FEATURES, DIMENSIONS, generator)),
    }


def main(arguments: list[str]) -> int:
    """Print what is published beside what is measured, and both benchmarks' scores."""
    rows: dict[str, Any] = measured()
    print("| standard data | published | here |\n|---|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {PUBLISHED[name]:g} | {value:.3g} |")
    print("\n| dictionary (1,024 features, 256 dimensions) | MCC | uniqueness | J |")
    print("|---|---|---|---|")
    for name, scores in compared(1024, 256, seed=0).items():
        print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in scores.values()) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
