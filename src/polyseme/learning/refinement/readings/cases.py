"""The inputs on which a gate's reading is watched, and what may be on beside its own inputs.

Three features are on. A gate is *on* with any third feature. It is off, but near it, with

- one input on, the *partner* of that input (the other input of another gate of it) and any third;
- one input on and two strangers;
- another gate on, with which it shares a unit, and one of its own inputs.

All first and second kinds are watched in every step. Of the third kind there are too many: every
feature is paired with the one that is a random shift away, which is drawn anew in every period. Of
the last kind, every second one is watched in a period.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.errors import OptionError

# Features that are on at once.
ACTIVE = 3
NONE = -1


def check_refinable(name: str, terms: Terms, active: int) -> None:
    """Raise OptionError unless gates are ANDs of two, and three features are on at most."""
    if not (terms.widths == 2).all():
        raise OptionError(f"{name}: of least-noise, only ANDs of two features can be refined")
    if active != ACTIVE:
        raise OptionError(
            f"{name}: least-noise is refined for {ACTIVE} features on at once, not {active}"
        )


@dataclass(frozen=True, eq=False)
class Cases:
    """Gates, int32 (gates, 2) each: inputs and partners (-1 where there is none); their sharers.

    `units` int32 (gates, weight) are the units of every gate. The gates that share a unit with gate
    g are `sharers[offsets[g] : offsets[g + 1]]`.
    """

    gates: NDArray[np.int32]
    units: NDArray[np.int32]
    partners: NDArray[np.int32]
    offsets: NDArray[np.int64]
    sharers: NDArray[np.int32]


def cases_of(
    gates: NDArray[np.int32],
    units: NDArray[np.int32],
    features: int,
    neurons: int,
    generator: np.random.Generator,
) -> Cases:
    """Return the cases of gates (gates, 2) on units (gates, weight); partners are drawn."""
    hosts = _incidence(units, neurons)
    shared = (hosts @ hosts.T).tocsr()
    shared.setdiag(0)
    shared.eliminate_zeros()
    shared.sort_indices()
    return Cases(
        np.ascontiguousarray(gates, np.int32),
        np.ascontiguousarray(units, np.int32),
        _partners(gates, features, generator),
        shared.indptr.astype(np.int64),
        shared.indices.astype(np.int32),
    )


def _partners(
    gates: NDArray[np.int32], features: int, generator: np.random.Generator
) -> NDArray[np.int32]:
    """Return the other input of a random other gate of each input; -1 if there is no such gate."""
    readers = _incidence(gates, features).T.tocsr()
    readers.sort_indices()
    counts, first = np.diff(readers.indptr)[gates], readers.indptr[gates]
    # The gate itself is one of the readers; one of the others is so many places behind it, around.
    this = np.arange(len(gates))[:, None]
    own = np.empty(gates.shape, np.int64)
    for column in range(gates.shape[1]):
        rank = np.empty(len(gates), np.int64)
        key = gates[:, column].astype(np.int64) * len(gates) + np.arange(len(gates))
        listed = np.repeat(np.arange(features), np.diff(readers.indptr)).astype(np.int64)
        rank[:] = np.searchsorted(listed * len(gates) + readers.indices, key)
        own[:, column] = rank - first[:, column]
    steps = 1 + generator.integers(0, np.maximum(counts - 1, 1))
    other = readers.indices[first + (own + steps) % counts]
    partner = gates[other].sum(axis=2) - gates
    return np.where((counts > 1) & (other != this), partner, NONE).astype(np.int32)


def _incidence(members: NDArray[np.int32], columns: int) -> sp.csr_array:
    offsets = np.arange(len(members) + 1) * members.shape[1]
    ones = np.ones(members.size, np.int32)
    return sp.csr_array((ones, members.ravel(), offsets), shape=(len(members), columns))
