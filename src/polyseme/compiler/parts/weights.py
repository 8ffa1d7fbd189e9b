"""Pass 7: compute the weight matrix W = C D, in exact integers.

D is the input code read backwards: row i estimates feature i from the input dimensions, with noise
of variance 1/d for every other feature that is on. C is the strength at which each neuron reads
each feature. If C were the wanted 0/1 reads, a neuron that reads r features would also have the
interference of its *own* features: variance r/d on each of them. But that part is known in advance.
So C is chosen such that a neuron reads each of its own features at exactly the wanted strength:

    (C D A)_{ji} = wanted_{ji}   for every feature i that neuron j reads.

This is one r x r positive definite system per neuron (with the Gram matrix of its features' codes),
solved by conjugate gradients for all neurons at once. Then only features foreign to the neuron make
noise: of the s active ones, s-k at a satisfied gate instead of s. The row found is the one of
minimum norm with those reads, so the foreign noise grows by at most a factor 1/(1 - r/d).

C is then rounded to multiples of 1/`GRAIN`, which makes W a matrix of small integers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.codes.row_kernels import Words, fits_in_words, is_worthwhile, spread
from polyseme.common.ragged import row_numbers
from polyseme.errors import CapacityError, TooFewNeuronsError

# Rounding C to eighths moves a read by about 0.04 and keeps W within int8 at the usual loads.
GRAIN = 8
_STEPS = 8
_LARGEST = np.iinfo(np.int16).max
_BLOCK_ENTRIES = 8_000_000


def compression(wanted: sp.csr_array, code: SparseCode) -> sp.csr_array:
    """Return C in steps of 1/GRAIN, int16 (neurons, features), in the pattern of `wanted`.

    Raises TooFewNeuronsError where the dimensions are so few that own features cannot be read
    apart: the strengths then grow beyond 16 bits, or without end.
    """
    if resolution_of(code) == 1:
        return _integers(wanted, wanted.data)
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.rint(GRAIN * equalised(wanted, code))
    # Not a number is not below the limit either.
    if not np.abs(steps).max(initial=0) <= _LARGEST:
        raise TooFewNeuronsError(
            f"{code.neurons} input dimensions are too few to read {code.features} features apart"
        )
    return _integers(wanted, steps)


def equalised(wanted: sp.csr_array, code: SparseCode) -> NDArray[np.float32]:
    """Return the entries of C with which own features are read as wanted, in that pattern."""
    solution: NDArray[np.float32] = np.empty_like(wanted.data)
    reads = max(1, wanted.nnz // max(wanted.shape[0], 1))
    rows = max(1, _BLOCK_ENTRIES // max(code.neurons, reads * code.weight))
    for begin in range(0, wanted.shape[0], rows):
        block = wanted[begin : begin + rows]
        first, last = wanted.indptr[begin], wanted.indptr[begin] + block.nnz
        solution[first:last] = _equalise(block, code)
    return solution


def resolution_of(code: SparseCode) -> int:
    """Return what a feature that is fully on adds to an integer sum: a power of two."""
    return 1 if code.weight == 1 and code.features <= code.neurons else GRAIN * code.weight


def weight_matrix(compress: sp.csr_array, code: SparseCode) -> NDArray[np.int8] | NDArray[np.int16]:
    """Return W = C D (neurons, dimensions), as int8 if every entry fits, otherwise as int16.

    Raises CapacityError where an entry does not fit into 16 bits; more neurons would not cure that.
    """
    if is_worthwhile(compress.nnz, code) and fits_in_words(compress):
        narrow = spread(compress, Words.of(code))
    else:
        narrow = _product(compress, code)
    if narrow.size and max(-int(narrow.min()), int(narrow.max())) <= 127:
        return narrow.astype(np.int8)
    return narrow


def _product(compress: sp.csr_array, code: SparseCode) -> NDArray[np.int16]:
    neurons = compress.shape[0]
    decompress = code.matrix()
    product = np.empty((neurons, code.neurons), np.int16)
    rows = max(1, _BLOCK_ENTRIES // code.neurons)
    for begin in range(0, neurons, rows):
        some = compress[begin : begin + rows].astype(np.float32)
        block = (some @ decompress).toarray()
        largest = np.abs(block).max(initial=0)
        if largest > _LARGEST:
            raise CapacityError(f"a weight of {largest:,.0f} steps does not fit into 16 bits")
        product[begin : begin + rows] = block
    return product


def _integers(pattern: sp.csr_array, data: NDArray[np.float32]) -> sp.csr_array:
    entries = (data.astype(np.int16), pattern.indices, pattern.indptr)
    return sp.csr_array(entries, shape=pattern.shape)


def _equalise(wanted: sp.csr_array, code: SparseCode) -> NDArray[np.float32]:
    """Solve the Gram systems of all rows of a block at once."""
    row = row_numbers(np.diff(wanted.indptr))
    signs = code.signs[wanted.indices].astype(np.float32)
    # Places of the code of each entry's feature, in the weights of the block laid out flat.
    places = row[:, None] * code.neurons + code.positions[wanted.indices]
    size = wanted.shape[0] * code.neurons

    def gram(coefficients: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the strength at which each row of C D reads each of its own features."""
        spread = (signs * coefficients[:, None]).ravel()
        weights = np.bincount(places.ravel(), spread, size).astype(np.float32)
        return np.asarray((weights[places] * signs).sum(axis=1) / np.float32(code.weight))

    return solve_rows(gram, wanted.data, row, wanted.shape[0])


def solve_rows(
    gram: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    wanted: NDArray[np.float32],
    row: NDArray[np.int64],
    rows: int,
) -> NDArray[np.float32]:
    """Solve many small systems at once by conjugate gradients; `row` is each entry's system."""

    def per_row(values: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.bincount(row, values, rows).astype(np.float64)

    solution = np.zeros_like(wanted)
    residual = wanted.copy()
    direction = residual.copy()
    norm = per_row(residual * residual)
    for _ in range(_STEPS):
        image = gram(direction)
        curvature = per_row(direction * image)
        # A system stays as it is once it is solved, or if codes that coincide want different reads.
        some = curvature > 1e-30
        step = np.where(some, norm / np.where(some, curvature, 1), 0).astype(np.float32)
        solution += step[row] * direction
        residual -= step[row] * image
        fresh = per_row(residual * residual)
        direction = residual + (fresh / np.maximum(norm, 1e-30)).astype(np.float32)[row] * direction
        norm = fresh
    return np.asarray(solution)
