"""Weights that read own columns as 1, exactly, and every other column below a margin.

Columns below are held by vectors p_i, of which one is there at a time. A unit has *own* columns.
Its weights w are the shortest with

    w . p_i = 1 for own columns,    w . p_i <= most for all others.

There are finitely many columns, so nothing is left to chance: a ReLU that bends at `most` is silent
on every column that is not its own. Without the second line most units would hear some of so many
columns too loudly. The program is solved by rounds: the columns that break it are read at a little
below the margin from then on, and those that would have to be pushed up to it are let go.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.errors import TooFewNeuronsError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_ROUNDS = 16
# Columns may come so near to the margin, which leaves room for rounding; those that came nearer are
# then read so far below.
_NEAR, _BELOW = 0.02, 0.05
_RIDGE = 1e-9
# Moves of single weights per own read, at most.
_MOVES = 16
_BLOCK_ENTRIES = 8_000_000


def margin_weights(columns: sp.csr_array, own: Sequence[Integers], most: float) -> Floats:
    """Return the weights (units, dimensions) of units with own columns.

    `columns` float64 (columns, dimensions) are the vectors p_i.

    Raises:
        TooFewNeuronsError: Some unit hears another column above the margin after all rounds.
    """
    weights = np.zeros((len(own), columns.shape[1]))
    kept = [np.zeros(0, np.int64) for _ in own]
    loud = list(range(len(own)))
    for _ in range(_ROUNDS):
        for unit in loud:
            weights[unit], kept[unit] = _shortest(columns, own[unit], kept[unit], most - _BELOW)
        loud = _heard(columns, own, kept, weights, loud, most - _NEAR)
        if not loud:
            return weights
    raise TooFewNeuronsError(
        f"{len(loud)} of {len(own)} units hear columns that are not theirs, among "
        f"{columns.shape[1]} dimensions for {columns.shape[0]}"
    )


def _shortest(
    columns: sp.csr_array, own: Integers, kept: Integers, held: float
) -> tuple[Floats, Integers]:
    """Return the shortest weights with own reads of 1 and others `held`, and the others needed."""
    while True:
        read = columns[np.concatenate((own, kept))].toarray()
        wanted = np.concatenate((np.ones(len(own)), np.full(len(kept), held)))
        gram = read @ read.T
        gram[np.diag_indices(len(gram))] += _RIDGE
        strengths = np.linalg.solve(gram, wanted)
        needed = strengths[len(own) :] < 0
        if needed.all():
            return strengths @ read, kept
        kept = kept[needed]


def _heard(
    columns: sp.csr_array,
    own: Sequence[Integers],
    kept: list[Integers],
    weights: Floats,
    units: list[int],
    most: float,
) -> list[int]:
    """Return the units that hear others above a margin, and add those to the columns kept."""
    loud = []
    size = max(1, _BLOCK_ENTRIES // columns.shape[0])
    for begin in range(0, len(units), size):
        some = units[begin : begin + size]
        heard = np.asarray(columns @ weights[some].T).T
        for unit, reads in zip(some, heard, strict=True):
            reads[own[unit]] = 0
            above = np.flatnonzero(reads > most)
            if len(above):
                kept[unit] = np.union1d(kept[unit], above)
                loud.append(unit)
    return loud


def rounded(
    columns: sp.csr_array, own: Sequence[Integers], weights: Floats, resolution: int
) -> Floats:
    """Return weights in whole steps, `resolution` per read of 1, whose own reads are nearly exact.

    Each row is rounded. Then single weights move by a step, the one first by which the squares of
    the errors of own reads fall most, until none makes them fall.
    """
    steps = np.rint(weights * resolution)
    for row, mine in zip(steps, own, strict=True):
        read = columns[mine].toarray()
        norms = (read * read).sum(axis=0)
        error = resolution - read @ row
        for _ in range(_MOVES * len(mine)):
            slope = error @ read
            gain = 2 * np.abs(slope) - norms
            best = int(np.argmax(gain))
            if gain[best] <= 0:
                break
            step = np.sign(slope[best])
            row[best] += step
            error -= step * read[:, best]
    return steps
