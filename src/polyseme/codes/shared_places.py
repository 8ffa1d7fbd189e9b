"""Words of a code that lie on the same places: found once, they can be worked on together.

A union of orthogonal bases puts as many words on each set of places as the set has places. Then
what is read from all of them is one small dense product, and their places are a table that fits
in a cache where the code does not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def shared_places(
    positions: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The distinct rows of (words, weight), and which of them each word has, (words,).

    Distinct rows come in no order worth knowing, but always in the same.
    """
    if not positions.size:
        return positions[:1], np.zeros(len(positions), np.int64)
    _, first, which = np.unique(_marks(positions), return_index=True, return_inverse=True)
    distinct = positions[first]
    if not np.array_equal(distinct[which], positions):
        distinct, which = np.unique(positions, axis=0, return_inverse=True)
    return distinct, which.reshape(-1)


def _marks(positions: NDArray[np.int32]) -> NDArray[np.uint64]:
    """A number a row, (words,), that hardly ever is that of another row."""
    factors = np.random.default_rng(0).integers(1, 2**63, positions.shape[1], np.uint64)
    marks = np.zeros(len(positions), np.uint64)
    for column, factor in zip(positions.T, factors, strict=True):
        marks += column.astype(np.uint64) * factor
    return marks
