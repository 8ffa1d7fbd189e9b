"""Interaction: how much of an AND a reading has that no sum of its inputs could have.

For a term of k literals, let r_all be the reading with all of them true, r_i with only literal i
false, and r_none with all of them false, other features being the same. Then

    interaction = r_all - (sum over i of r_i - r_none) / (k - 1).

It is 0 for every reading that is a sum of what its inputs add, and for two inputs it is
r_11 - r_10 - r_01 + r_00. Divided by the interaction of the output's own values it is *kappa*: 0
for anything linear, 1 for a perfect AND. An affine reading whose kappa is k errs by |1 - k| / 4 at
least on one of the four inputs of an AND of two (Hänni et al. 2024 call a reading within epsilon of
its value epsilon-linear).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.circuits.terms import Terms
from polyseme.networks.run import LayerRunner
from polyseme.verification.extremes import Floats
from polyseme.verification.inputs import fill, padded_literals
from polyseme.verification.own_readings import own_readings

_TERMS = 500
# Sets of other features that each term is tried with.
_FILLINGS = 4


@dataclass(frozen=True)
class Kappa:
    """Mean and least kappa of the terms tried, each averaged over other features that are on."""

    mean: float
    least: float


def kappa(
    runner: LayerRunner,
    circuit: Circuit,
    terms: Terms,
    active: int,
    slope: Floats,
    rest: Floats,
    generator: np.random.Generator,
) -> Kappa | None:
    """Return the kappa of up to 500 terms of two or more literals; None if there are none.

    `slope` float32 (outputs,) is the slope of each output's affine reading; `rest` are activations
    that count as zero.
    """
    able = np.flatnonzero((terms.widths > 1) & (terms.plain <= active))
    if not len(able):
        return None
    if len(able) > _TERMS:
        able = np.sort(generator.choice(able, _TERMS, replace=False))
    found = [np.empty(0)]
    for width in np.unique(terms.widths[able]):
        some = able[terms.widths[able] == width]
        rows, outputs = _states(terms, np.repeat(some, _FILLINGS), int(width), active, generator)
        read = slope[outputs] * own_readings(runner, rows, outputs, rest)
        shares = (
            _interaction(read, int(width)),
            _interaction(_values(circuit, rows, outputs), width),
        )
        per_term = [share.reshape(-1, _FILLINGS).mean(axis=1) for share in shares]
        # Another term of the same output may make up for what this one loses.
        interacts = per_term[1] > 0.5
        found.append(per_term[0][interacts] / per_term[1][interacts])
    each = np.concatenate(found)
    return Kappa(float(each.mean()), float(each.min())) if len(each) else None


def _interaction(read: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Return the interaction of readings in the order of `_states`."""
    every, none, *short = read.reshape(width + 2, -1)
    return np.asarray(every - (sum(short) - none) / (width - 1))


def _states(
    terms: Terms,
    chosen: NDArray[np.int64],
    width: int,
    active: int,
    generator: np.random.Generator,
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return rows of all states of terms of one width, and the output of each row.

    First come the rows with all literals true, then with none true, then with the first literal
    false, the second, and so on. A false literal that is negated has its feature on.
    """
    plain, negated = (padded_literals(terms, chosen, sign) for sign in (1, -1))
    fixed = np.concatenate((plain, negated), axis=1)
    room = max(active, fixed.shape[1])
    filled = fill(fixed, terms.features, room, generator)
    is_own = (filled[:, :, None] == np.where(fixed < 0, -2, fixed)[:, None, :]).any(axis=2)
    others = np.where(is_own, -1, filled)
    picked = terms.select(chosen)
    literals = picked.literals.reshape(-1, width)
    signs = picked.signs.reshape(-1, width)
    rows = [
        np.concatenate((others, np.where((signs > 0) ^ flipped, literals, -1)), axis=1)
        for flipped in (
            np.zeros(width, bool),
            np.ones(width, bool),
            *np.eye(width, dtype=bool),
        )
    ]
    outputs = np.tile(terms.output[chosen].astype(np.int64), width + 2)
    return np.concatenate(rows).astype(np.int32), outputs


def _values(
    circuit: Circuit, rows: NDArray[np.int32], outputs: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return 1 where the output of a row is on, float64 (rows,)."""
    on = evaluate_sparse(circuit, rows)
    return np.asarray(on[np.arange(len(rows)), outputs], np.float64)
