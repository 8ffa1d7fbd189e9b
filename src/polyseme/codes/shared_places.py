"""Sets of places that several words of a code share, so that those words are computed together.

A union of orthogonal bases puts as many words on each set of places as the set has places. Then
reading all of them is one small dense product, and the table of their places fits in a cache even
if the code does not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def shared_places(
    positions: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the distinct rows of (words, weight), and the number of each word's row, (words,).

    The order of the distinct rows has no meaning, but is always the same for the same positions.
    """
    if not positions.size:
        return positions[:1], np.zeros(len(positions), np.int64)
    _, first, which = np.unique(_marks(positions), return_index=True, return_inverse=True)
    distinct = positions[first]
    if not np.array_equal(distinct[which], positions):
        distinct, which = np.unique(positions, axis=0, return_inverse=True)
    return distinct, which.reshape(-1)


def _marks(positions: NDArray[np.int32]) -> NDArray[np.uint64]:
    """Return one number per row, (words,), which distinct rows hardly ever have in common."""
    factors = np.random.default_rng(0).integers(1, 2**63, positions.shape[1], np.uint64)
    marks = np.zeros(len(positions), np.uint64)
    for column, factor in zip(positions.T, factors, strict=True):
        marks += column.astype(np.uint64) * factor
    return marks
