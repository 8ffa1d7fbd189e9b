"""Random sets of neurons: the codes and channels of the construction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK_ENTRIES = 4_000_000


def random_sets(
    sets: int, neurons: int, weight: int, generator: np.random.Generator
) -> NDArray[np.int32]:
    """Draw independent sets of `weight` distinct neurons, int32 (sets, weight), rising."""
    drawn = np.empty((sets, weight), np.int32)
    repeats = np.arange(sets)
    while len(repeats):
        if weight * weight > neurons:
            return sets_within(np.ones((sets, neurons), bool), weight, generator)
        some = np.sort(generator.integers(0, neurons, (len(repeats), weight), np.int32), axis=1)
        drawn[repeats] = some
        repeats = repeats[(some[:, 1:] == some[:, :-1]).any(axis=1)]
    return drawn


def sets_within(
    allowed: NDArray[np.bool_], weight: int, generator: np.random.Generator
) -> NDArray[np.int32]:
    """Draw a set of `weight` neurons from every row of `allowed` (sets, neurons), rising.

    A row that allows fewer gets the rest from all others.
    """
    rank = generator.random(allowed.shape, np.float32)
    rank += ~allowed
    chosen = np.argpartition(rank, weight - 1, axis=1)[:, :weight]
    return np.sort(chosen, axis=1).astype(np.int32)
