"""Equal rows among rows of different lengths, found by hashing and then compared entry by entry."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.common.ragged import row_numbers, select_rows

# The constants of splitmix64, a mixer of 64 bits (Steele, Lea and Flood, 2014).
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIXERS = ((30, np.uint64(0xBF58476D1CE4E5B9)), (27, np.uint64(0x94D049BB133111EB)))


def equal_rows(
    labels: NDArray[np.int64], offsets: NDArray[np.int64], entries: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the number of the first row that equals each row, int64 (rows,).

    Rows are equal if their labels are, and their entries in order. Row r has the label labels[r]
    and the entries entries[offsets[r]:offsets[r + 1]], all whole numbers of 0 or more.
    """
    hashes = row_hashes(labels, offsets, scattered(entries))
    first = np.arange(len(labels))
    waiting = first
    # Rows whose hashes agree are compared with the first of them. Those that differ from it, if
    # any, wait for the next round.
    while len(waiting):
        rows = waiting[np.argsort(hashes[waiting], kind="stable")]
        begins = np.flatnonzero(np.append(True, hashes[rows[1:]] != hashes[rows[:-1]]))
        leaders = np.repeat(rows[begins], np.diff(np.append(begins, len(rows))))
        same = rows == leaders
        others = np.flatnonzero(~same)
        same[others] = _are_equal(labels, offsets, entries, rows[others], leaders[others])
        first[rows[same]] = leaders[same]
        waiting = np.sort(rows[~same])
    return first


def row_hashes(
    labels: NDArray[np.int64], offsets: NDArray[np.int64], hashes: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    """Return a hash of every row: of its label plus the hashes of its entries, in any order."""
    sums = np.append(np.uint64(0), np.cumsum(hashes, dtype=np.uint64))
    # A label is never an entry: entries are 0 or more, and these are below 0.
    hashed: NDArray[np.uint64] = sums[offsets[1:]] - sums[offsets[:-1]] + scattered(-1 - labels)
    return hashed


def scattered(numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return 64 bits that look random for every whole number, always the same for the same one."""
    mixed = (numbers.astype(np.uint64) + np.uint64(1)) * _STEP
    for shift, factor in _MIXERS:
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * factor
    return mixed ^ (mixed >> np.uint64(31))


def _are_equal(
    labels: NDArray[np.int64],
    offsets: NDArray[np.int64],
    entries: NDArray[np.int64],
    rows: NDArray[np.int64],
    others: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Return whether each of `rows` equals the one of `others` beside it."""
    counts = np.diff(offsets)
    equal = (labels[rows] == labels[others]) & (counts[rows] == counts[others])
    some = np.flatnonzero(equal)
    _, left = select_rows(offsets, rows[some])
    _, right = select_rows(offsets, others[some])
    differ = entries[left] != entries[right]
    equal[some] = np.bincount(row_numbers(counts[rows[some]]), differ, len(some)) == 0
    return np.asarray(equal, bool)
