"""Balancing the influence of features by exchanging inputs of gates."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray


def balance(
    rows: NDArray[np.int32], hashes: NDArray[np.uint64], generator: Generator
) -> NDArray[np.int32]:
    """Exchange features within rows until no two influences differ by more than one.

    Many exchanges are tried at once, at random rows, until the influences are even. For every pair
    there is a row that can be changed: the giver is read at least twice more than the taker, so
    more rows read the giver without the taker than the taker without the giver, and only rows of
    the second kind can equal a changed row.
    """
    rows = rows.copy()
    while True:
        givers, takers = _imbalance(np.bincount(rows.ravel(), minlength=len(hashes)), generator)
        if not len(givers):
            return np.sort(rows, axis=1)
        _exchange(rows, givers, takers, hashes, generator)


def _imbalance(
    influence: NDArray[np.int64], generator: Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs (giver, taker) of features; one reading per pair should move to the taker."""
    low = int(influence.sum()) // len(influence)
    surplus = np.maximum(influence - low - 1, 0)
    missing = np.maximum(low - influence, 0)
    # A surplus left over may go to any feature with `low` readings or fewer, and readings still
    # missing may come from any feature with more.
    gap = int(surplus.sum() - missing.sum())
    if gap > 0:
        missing[generator.permutation(np.flatnonzero(influence <= low))[:gap]] += 1
    elif gap < 0:
        surplus[generator.permutation(np.flatnonzero(influence > low))[:-gap]] += 1
    every = np.arange(len(influence))
    return np.repeat(every, surplus), generator.permutation(np.repeat(every, missing))


def _exchange(
    rows: NDArray[np.int32],
    givers: NDArray[np.int64],
    takers: NDArray[np.int64],
    hashes: NDArray[np.uint64],
    generator: Generator,
) -> None:
    """Try each pair at one random row that reads the giver; change the rows that stay valid."""
    row, column = _random_readings(rows, givers, len(hashes), generator)
    keys = hashes[rows].sum(axis=1)
    moved = keys[row] - hashes[givers] + hashes[takers]
    good = ~(rows[row] == takers[:, None]).any(axis=1) & ~_among(moved, keys)
    # Of two exchanges in one row, or that lead to the same set, only the first is made.
    for value in (row, moved):
        chosen = np.flatnonzero(good)
        good[:] = False
        good[chosen[np.unique(value[chosen], return_index=True)[1]]] = True
    rows[row[good], column[good]] = takers[good]


def _random_readings(
    rows: NDArray[np.int32], givers: NDArray[np.int64], features: int, generator: Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return a random place (row, column) that reads each giver, all distinct; givers ascend."""
    wanted = np.zeros(features, bool)
    wanted[givers] = True
    places = generator.permutation(np.flatnonzero(wanted[rows.ravel()]))
    places = places[np.argsort(rows.ravel()[places], kind="stable")]
    begin = np.searchsorted(rows.ravel()[places], givers)
    # The n-th entry of a giver takes the n-th of that giver's places.
    begin += np.arange(len(givers)) - np.searchsorted(givers, givers)
    row, column = np.divmod(places[begin], rows.shape[1])
    return row, column


def _among(values: NDArray[np.uint64], keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return True for each value that is a key.

    On random 64-bit numbers this is many times faster than np.isin.
    """
    ascending = np.sort(keys)
    place = np.searchsorted(ascending, values)
    found: NDArray[np.bool_] = ascending[np.minimum(place, len(keys) - 1)] == values
    return found
