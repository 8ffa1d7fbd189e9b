"""Distributions of inputs: which features are on, drawn afresh for every batch.

Every one keeps the promise of the network: never are more features on than it says. `drawn` makes
them from a line of text, as specs of networks have it.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.terms import Terms, terms_of
from polyseme.errors import OptionError
from polyseme.interpret.benchmark.sampler import Draw

Indices = NDArray[np.int64]


def drawn(text: str, circuit: Circuit, active: int) -> Draw:
    """Return the distribution that a line names, over the features of a circuit.

    Args:
        text: "uniform" (all sets of `active` features alike), "zipf" (feature i with a chance
            proportional to 1 / (i + 1)), "gates RHO" (the features of a random gate with a chance
            of RHO, and others uniformly up to `active`), "hierarchy" (a feature of the second half
            only together with its parent in the first), or "never COUNT" (as "gates 0.5", but the
            last COUNT features are never on), "queries" (a subject, Zipf, and one of its
            relations), "any" (every feature on with a chance of 1/2).
        circuit: The circuit.
        active: The most features on at once.

    Raises:
        OptionError: The text is none of these.
    """
    kind, _, number = text.partition(" ")
    features = len(circuit.features)
    if kind == "uniform" and not number:
        return uniform(features, active)
    if kind == "zipf" and not number:
        return weighted(1 / (1 + np.arange(features)), active)
    if kind == "gates":
        return with_gates(terms_of(circuit), active, float(number))
    if kind == "never":
        weights = np.ones(features)
        weights[features - int(number) :] = 0
        return with_gates(terms_of(circuit), active, 0.5, weights)
    if kind == "hierarchy" and not number:
        return hierarchy(features, active)
    if kind == "queries" and not number:
        return queries(terms_of(circuit))
    if kind == "any" and not number:
        return fair(features)
    raise OptionError(f"no distribution of inputs is named {text[:40]!r}")


def uniform(features: int, active: int) -> Draw:
    """Return the distribution of exactly `active` features on, all sets alike."""
    return weighted(np.ones(features), active)


def weighted(weights: NDArray[np.float64], active: int) -> Draw:
    """Return the distribution of `active` distinct features, each drawn by its weight.

    Features of weight 0 are never on.
    """

    def draw(samples: int, generator: np.random.Generator) -> sp.csr_array:
        return _rows(_distinct(weights, samples, active, generator), len(weights))

    return draw


def with_gates(
    terms: Terms, active: int, share: float, weights: NDArray[np.float64] | None = None
) -> Draw:
    """Return the distribution of inputs in which features of a gate come together.

    With a chance of `share` the features of a random gate are on, and others by their weights up
    to `active`; else all are drawn by their weights. Gates that read a feature of weight 0 never
    come.
    """
    every = np.ones(terms.features) if weights is None else weights
    rows, counts = _plain_rows(terms)
    possible = np.flatnonzero(
        ((rows < 0) | (every[rows] > 0)).all(axis=1) & (counts > 0) & (counts <= active)
    )

    def draw(samples: int, generator: np.random.Generator) -> sp.csr_array:
        on = _distinct(every, samples, active, generator)
        gates = generator.choice(possible, samples)
        chosen = generator.random(samples) < share
        width = rows.shape[1]
        own = np.where(chosen[:, None], rows[gates], -1)
        # Behind the gate's features come the others that are not among them, up to `active`.
        others = np.where((on[:, :, None] == own[:, None, :]).any(axis=2), -1, on)
        room = active - np.where(chosen, counts[gates], 0)
        others[np.cumsum(others >= 0, axis=1) > room[:, None]] = -1
        return _rows(np.concatenate((own[:, :width], others), axis=1), terms.features)

    return draw


def hierarchy(features: int, active: int) -> Draw:
    """Return the distribution in which a feature of the second half comes only with its parent.

    Features of the first half are parents, drawn uniformly; each of those that are on brings its
    child, half the features further, with a chance of 1/2, as long as at most `active` are on.
    """
    half = features // 2
    parents = max(1, active // 2)

    def draw(samples: int, generator: np.random.Generator) -> sp.csr_array:
        first = _distinct(np.ones(half), samples, parents, generator)
        children = np.where(generator.random(first.shape) < 0.5, first + half, -1)
        return _rows(np.concatenate((first, children), axis=1)[:, :active], features)

    return draw


def queries(terms: Terms) -> Draw:
    """Return the distribution of questions to a table of facts: a subject and one relation.

    Terms come by Zipf's law in their order: term i with a chance proportional to 1 / (i + 1).
    """
    rows, _ = _plain_rows(terms)
    chances = 1 / (1 + np.arange(len(rows)))
    chances /= chances.sum()

    def draw(samples: int, generator: np.random.Generator) -> sp.csr_array:
        return _rows(rows[generator.choice(len(rows), samples, p=chances)], terms.features)

    return draw


def fair(features: int) -> Draw:
    """Return the distribution in which every feature is on with a chance of 1/2."""

    def draw(samples: int, generator: np.random.Generator) -> sp.csr_array:
        return sp.csr_array(generator.random((samples, features)) < 0.5)

    return draw


def _distinct(
    weights: NDArray[np.float64], samples: int, count: int, generator: np.random.Generator
) -> Indices:
    """Return distinct features of every sample, int64 (samples, count).

    They are drawn by their weights one by one, and all again where one came twice. Raises
    OptionError if fewer than `count` are ever on.
    """
    if (weights > 0).sum() < count:
        raise OptionError(f"{count} features cannot be on of {(weights > 0).sum()} that ever are")
    until = np.cumsum(weights)
    found = np.empty((samples, count), np.int64)
    left = np.arange(samples)
    while len(left):
        chances = generator.random((len(left), count)) * until[-1]
        found[left] = np.searchsorted(until, chances, side="right")
        ordered = np.sort(found[left], axis=1)
        left = left[(ordered[:, 1:] == ordered[:, :-1]).any(axis=1)]
    return found


def _plain_rows(terms: Terms) -> tuple[Indices, Indices]:
    """Return the features that must be on for every term, -1 behind the last, and their number."""
    plain = terms.signs > 0
    term, feature = terms.term_of_literal[plain], terms.literals[plain]
    counts = np.bincount(term, minlength=len(terms))
    rows = np.full((len(terms), counts.max(initial=1)), -1, np.int64)
    begins = np.cumsum(counts) - counts
    rows[term, np.arange(len(term)) - begins[term]] = feature
    return rows, counts


def _rows(on: Indices, features: int) -> sp.csr_array:
    """Return which features are on, Boolean (samples, features); -1 stands for none."""
    sample, _ = np.nonzero(on >= 0)
    chosen = on[on >= 0]
    found = sp.csr_array((np.ones(len(chosen), bool), (sample, chosen)), (len(on), features))
    found.sum_duplicates()
    found.sort_indices()
    return found
