"""Loops over the rows of W in machine code, if numba is installed (`polyseme[speed]`).

W = C D has one row per neuron, and every entry of C adds a feature's code to it. The matrix
products of scipy do the same, but an order of magnitude slower if the code is larger than the
cache. Here the code is held in two small tables: the sets of places that its words share, and a
word of sign bits per feature. The table entries that a row needs are first collected and then used,
so that waits for memory overlap.

All numbers are integers, so neither the order of a sum nor the number of threads changes results.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.codes.shared_places import shared_places
from polyseme.common.parallel import in_order, threads

# Compiling one kernel takes as long as products of scipy with about so many additions.
_WORTHWHILE = 50_000_000
# The signs of a word are the bits of one 32-bit number, and a place has two bytes.
_MOST_WEIGHT, _MOST_PLACES = 32, 2**16
_PIECES = 16


def fits_in_words(compress: sp.csr_array) -> bool:
    """Return True if C D is within int16 for any code; C from a file may have any entries."""
    loudest = abs(compress.astype(np.int64)).sum(axis=1).max() if compress.nnz else 0
    return bool(loudest < 2**15)


def is_worthwhile(entries: int, code: SparseCode) -> bool:
    """Return True if adding so many codewords with these kernels saves time and numba is there."""
    fits = code.weight <= _MOST_WEIGHT and code.neurons <= _MOST_PLACES
    return fits and entries * code.weight >= _WORTHWHILE and find_spec("numba") is not None


@dataclass(frozen=True, eq=False)
class Words:
    """A code as tables: the distinct sets of places, and the set and the signs of each feature.

    `places` is uint16 (sets, weight). `sets` and `minus` are int32 (features,); bit l of `minus` is
    1 if the sign at place l of the feature's set is -1.
    """

    neurons: int
    places: NDArray[np.uint16]
    sets: NDArray[np.int32]
    minus: NDArray[np.int32]

    @classmethod
    def of(cls, code: SparseCode) -> Words:
        """Return the tables of a code of at most 32 places per word and at most 2^16 neurons."""
        distinct, which = shared_places(code.positions)
        minus = np.zeros(code.features, np.uint32)
        for place in range(code.weight):
            minus |= (code.signs[:, place] < 0).astype(np.uint32) << np.uint32(place)
        places = np.ascontiguousarray(distinct, np.uint16)
        return cls(code.neurons, places, which.astype(np.int32), minus.view(np.int32))


def spread(compress: sp.csr_array, words: Words) -> NDArray[np.int16]:
    """Return C D, int16 (neurons, dimensions), for C in integers whose product int16 holds."""
    kernel = _compiled(_spread)
    product = np.empty((compress.shape[0], words.neurons), np.int16)
    starts = compress.indptr.astype(np.int64)
    columns, values = compress.indices.astype(np.int32), compress.data.astype(np.int32)

    def piece(rows: tuple[int, int]) -> None:
        kernel(*rows, starts, columns, values, words.places, words.sets, words.minus, product)

    # Compiled by this thread first; if several threads called it, all but one would only wait.
    piece((0, 0))
    for _ in in_order(piece, _cuts(compress.shape[0], _PIECES)):
        pass
    return product


def read_back(
    wanted: sp.csr_array, strengths: NDArray[np.int32], outputs: SparseCode, inputs: SparseCode
) -> NDArray[np.int64]:
    """Return R C D A^T for C = R^T L at the pattern of `wanted`, int64 (literals,).

    `strengths` are the entries of L at that pattern. R has the codes of the outputs and D = A those
    of the inputs, all as +1 and -1.
    """
    words, kernel = Words.of(inputs), _compiled(_read_back)
    codes = outputs.matrix().astype(np.int8).tocsc()
    starts = codes.indptr.astype(np.int64)
    # An output whose sign at the neuron is -1 is written as its complement.
    readers = np.where(codes.data < 0, ~codes.indices, codes.indices).astype(np.int32)
    offsets = wanted.indptr.astype(np.int64)
    # The strength, set of places and signs of each literal lie side by side in memory.
    literals = np.zeros((wanted.nnz, 4), np.int32)
    literals[:, 0] = strengths
    literals[:, 1] = words.sets[wanted.indices]
    literals[:, 2] = words.minus[wanted.indices]

    def piece(rows: tuple[int, int]) -> NDArray[np.int64]:
        found = np.zeros(wanted.nnz, np.int64)
        kernel(*rows, starts, readers, offsets, literals, words.places, words.neurons, found)
        return found

    piece((0, 0))
    total = np.zeros(wanted.nnz, np.int64)
    for found in in_order(piece, _cuts(outputs.neurons, threads())):
        total += found
    return total


def _cuts(rows: int, pieces: int) -> list[tuple[int, int]]:
    edges = [rows * piece // pieces for piece in range(pieces + 1)]
    return list(pairwise(edges))


@cache
def _compiled(function: Callable[..., None]) -> Callable[..., None]:
    import numba

    compiled: Any = numba.njit(nogil=True)(function)
    return lambda *arguments: compiled(*arguments)


# Numba compiles the functions below, which are plain loops over plain arrays.


def _spread(
    begin: int,
    end: int,
    starts: NDArray[np.int64],
    columns: NDArray[np.int32],
    values: NDArray[np.int32],
    places: NDArray[np.uint16],
    sets: NDArray[np.int32],
    minus: NDArray[np.int32],
    product: NDArray[np.int16],
) -> None:
    weight = places.shape[1]
    row = np.zeros(product.shape[1], np.int32)
    most = 0
    for neuron in range(begin, end):
        most = max(most, starts[neuron + 1] - starts[neuron])
    chosen, signs = np.empty(most, np.int32), np.empty(most, np.int32)
    for neuron in range(begin, end):
        first = starts[neuron]
        count = starts[neuron + 1] - first
        for entry in range(count):
            feature = columns[first + entry]
            chosen[entry] = sets[feature]
            signs[entry] = minus[feature]
        row[:] = 0
        for entry in range(count):
            value, where, bits = values[first + entry], chosen[entry], signs[entry]
            for place in range(weight):
                flip = -((bits >> place) & np.int32(1))
                row[places[where, place]] += (value ^ flip) - flip
        for place in range(len(row)):
            product[neuron, place] = row[place]


def _read_back(
    begin: int,
    end: int,
    starts: NDArray[np.int64],
    readers: NDArray[np.int32],
    offsets: NDArray[np.int64],
    literals: NDArray[np.int32],
    places: NDArray[np.uint16],
    dimensions: int,
    found: NDArray[np.int64],
) -> None:
    weight = places.shape[1]
    row = np.zeros(dimensions, np.int32)
    most = 0
    for neuron in range(begin, end):
        count = 0
        for reader in readers[starts[neuron] : starts[neuron + 1]]:
            output = max(reader, ~reader)
            count += offsets[output + 1] - offsets[output]
        most = max(most, count)
    literal, sign = np.empty(most, np.int64), np.empty(most, np.int32)
    value, chosen = np.empty(most, np.int32), np.empty(most, np.int32)
    signs = np.empty(most, np.int32)
    for neuron in range(begin, end):
        count = 0
        for reader in readers[starts[neuron] : starts[neuron + 1]]:
            output = max(reader, ~reader)
            for number in range(offsets[output], offsets[output + 1]):
                literal[count] = number
                sign[count] = 1 if reader >= 0 else -1
                count += 1
        for entry in range(count):
            number = literal[entry]
            value[entry] = literals[number, 0] * sign[entry]
            chosen[entry] = literals[number, 1]
            signs[entry] = literals[number, 2]
        row[:] = 0
        for entry in range(count):
            added, where, bits = value[entry], chosen[entry], signs[entry]
            for place in range(weight):
                flip = -((bits >> place) & np.int32(1))
                row[places[where, place]] += (added ^ flip) - flip
        for entry in range(count):
            where, bits = chosen[entry], signs[entry]
            read = np.int32(0)
            for place in range(weight):
                flip = -((bits >> place) & np.int32(1))
                read += (row[places[where, place]] ^ flip) - flip
            value[entry] = read * sign[entry]
        for entry in range(count):
            found[literal[entry]] += value[entry]
