"""Rows of different lengths in one array: row r is entries[offsets[r]:offsets[r + 1]].

`offsets` is int64 (rows + 1,), from 0 up to the number of entries; the length of a row is its
*count*. The inputs of a circuit's gates and the literals of terms are kept like this.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.integer]


def row_offsets(counts: Integers | Sequence[int]) -> NDArray[np.int64]:
    """Return the offsets of rows of these counts, int64 (rows + 1,)."""
    offsets = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets


def row_numbers(counts: Integers) -> NDArray[np.int64]:
    """Return the row of every entry, int64 (entries,): 0 counts[0] times, then 1, and so on."""
    return np.repeat(np.arange(len(counts)), counts)


def places_in_rows(counts: Integers) -> NDArray[np.int64]:
    """Return the place of every entry within its row, int64 (entries,), from 0 in each."""
    return ranges(np.zeros(len(counts), np.int64), counts)


def ranges(begins: Integers, counts: Integers) -> NDArray[np.int64]:
    """Return begins[r], begins[r] + 1, ... (counts[r] numbers) of all rows, concatenated."""
    offsets = row_offsets(counts)
    return np.repeat(begins - offsets[:-1], counts) + np.arange(offsets[-1])


def select_rows(
    offsets: NDArray[np.int64], chosen: Integers
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the offsets of the chosen rows, and the present places of their entries.

    The chosen rows of any `entries` are entries[places], concatenated in the order given; a row may
    be chosen twice. The cost is linear in the chosen entries and does not depend on the others.
    """
    begins = offsets[chosen]
    selected = row_offsets(offsets[chosen + 1] - begins)
    places = np.repeat(begins - selected[:-1], np.diff(selected)) + np.arange(selected[-1])
    return selected, places
