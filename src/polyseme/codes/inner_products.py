"""Interference between the features of a code, on average and at worst, and Welch's bound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.errors import OptionError

Rows: TypeAlias = sp.csr_array | NDArray[np.float64]

# At most so many terms of inner products are added up to find the worst pair, which takes some tens
# of seconds.
EXACT_WORK = 2 * 10**9
# A dense product is about this many times faster per term than a sparse one.
DENSE_SPEED = 64
BLOCK_ENTRIES = 2**23


@dataclass(frozen=True)
class Coherence:
    """Interference statistics of a code whose rows are scaled to unit norm.

    `worst` is the largest |inner product| of two distinct rows and `mean_square` the mean squared
    inner product. No code of this size has them below `welch_worst` and `welch_mean_square`.
    `worst_intersection` is the largest number of neurons that two features share (None for a dense
    code). A neuron carries between `usage_min` and `usage_max` features. For `worst` and
    `worst_intersection`, `rows_compared` features are compared with all others. With `sampled`
    these are not all features, and both numbers are only lower bounds. All other numbers are exact.
    """

    worst: float
    mean_square: float
    welch_worst: float
    welch_mean_square: float
    worst_intersection: int | None
    usage_min: int
    usage_max: int
    rows_compared: int
    sampled: bool


def coherence(code: SparseCode | NDArray[np.floating], seed: int = 0) -> Coherence:
    """Measure the interference of a sparse code or of a dense one, (features, neurons).

    It works in blocks; the memory needed is a float64 copy of the code and a few blocks of 2^23
    numbers. If comparing all pairs of features would take more than `EXACT_WORK` terms, as many
    features as that allows are drawn with `seed` and compared with all others, and the result says
    `sampled`. A single feature has no pair and interference 0. Source of the bound: Welch 1974, as
    (m-n) / (n (m-1)) for m features and n neurons. Raises OptionError for a code that is not a
    matrix, is empty, or has a row that is zero or not finite.
    """
    rows, norm_square = _rows(code)
    features, neurons = rows.shape
    usage = _usage(rows)
    compared = _rows_to_compare(rows, usage, seed)
    floor = welch_mean_square(features, neurons)
    worst = _largest_inner_product(rows, compared)
    shared = None
    if isinstance(code, SparseCode):
        signed = bool((code.signs < 0).any())
        shared = int(_largest_inner_product(abs(rows), compared) if signed else worst)
    return Coherence(
        worst=worst / norm_square,
        mean_square=_mean_square(rows, norm_square),
        welch_worst=sqrt(floor),
        welch_mean_square=floor,
        worst_intersection=shared,
        usage_min=int(usage.min()),
        usage_max=int(usage.max()),
        rows_compared=len(compared),
        sampled=len(compared) < features,
    )


def welch_mean_square(features: int, neurons: int) -> float:
    """Return the least mean squared inner product of unit vectors over `neurons` (Welch 1974)."""
    if features <= neurons:
        return 0.0
    return (features - neurons) / (neurons * (features - 1))


def _rows(code: SparseCode | NDArray[np.floating]) -> tuple[Rows, int]:
    """Return rows of one norm and its square; whole numbers for a sparse code, else unit rows."""
    if isinstance(code, SparseCode):
        _check_shape((code.features, code.neurons))
        if code.weight == 0:
            raise OptionError("feature 0 has a zero row: no neuron carries it")
        return code.matrix().astype(np.float64), code.weight
    rows = np.array(code, np.float64)
    _check_shape(rows.shape)
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        raise OptionError(f"feature {int(np.argmin(finite))} has an entry that is not finite")
    norms = np.linalg.norm(rows, axis=1)
    if not norms.all():
        raise OptionError(f"feature {int(np.argmin(norms))} has a zero row: no neuron carries it")
    rows /= norms[:, np.newaxis]
    return rows, 1


def _check_shape(shape: tuple[int, ...]) -> None:
    if len(shape) != 2 or 0 in shape:
        raise OptionError(f"a code must be (features, neurons), neither of them 0, not {shape}")


def _usage(rows: Rows) -> NDArray[np.int64]:
    """Return the number of features that each neuron carries, (neurons,)."""
    if isinstance(rows, np.ndarray):
        usage: NDArray[np.int64] = np.count_nonzero(rows, axis=0)
    else:
        usage = np.bincount(rows.indices, minlength=rows.shape[1])
    return usage


def _rows_to_compare(rows: Rows, usage: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Return all features if EXACT_WORK allows, or a random sample of as many as it allows."""
    features = rows.shape[0]
    if isinstance(rows, np.ndarray):
        work = features * rows.size / DENSE_SPEED
    else:
        work = float(np.square(usage, dtype=np.float64).sum())
    if work <= EXACT_WORK:
        return np.arange(features)
    count = max(1, int(features * EXACT_WORK / work))
    return np.sort(np.random.default_rng(seed).choice(features, count, replace=False))


def _largest_inner_product(rows: Rows, compared: NDArray[np.int64]) -> float:
    """Return the largest |inner product| of a compared row with any other row."""
    largest = 0.0
    for start, block in _products(rows, compared):
        _erase_self(block, compared[start : start + block.shape[0]])
        entries = block if isinstance(block, np.ndarray) else block.data
        largest = max(largest, float(np.abs(entries).max(initial=0)))
    return largest


def _erase_self(block: Rows, own: NDArray[np.int64]) -> None:
    """Set to 0 the products of rows with themselves: column `own[r]` of row r."""
    if isinstance(block, np.ndarray):
        block[np.arange(len(own)), own] = 0
    else:
        block.data[block.indices == np.repeat(own, np.diff(block.indptr))] = 0


def _mean_square(rows: Rows, norm_square: int) -> float:
    """Return the mean squared inner product of distinct rows.

    It is computed from the smaller of A A^T and A^T A. Both have the same sum of squares, which is
    that of the distinct pairs plus that of the diagonal of A A^T.
    """
    features, neurons = int(rows.shape[0]), int(rows.shape[1])
    if features == 1:
        return 0.0
    side = rows if features <= neurons else _transpose(rows)
    total = 0.0
    for _, block in _products(side, np.arange(side.shape[0])):
        entries = block.ravel() if isinstance(block, np.ndarray) else block.data
        total += float(entries @ entries)
    # If all pairs are orthogonal, rounding may leave the sum just below 0.
    distinct = max(0.0, total - features * norm_square**2)
    return distinct / (norm_square**2 * features * (features - 1))


def _products(rows: Rows, chosen: NDArray[np.int64]) -> Iterator[tuple[int, Rows]]:
    """Yield blocks of rows[chosen] @ rows.T, each with its place in `chosen`.

    At most about BLOCK_ENTRIES entries are in a block.
    """
    transposed = _transpose(rows)
    step = max(1, BLOCK_ENTRIES // _widest_product(rows, transposed))
    for start in range(0, len(chosen), step):
        yield start, rows[chosen[start : start + step]] @ transposed


def _widest_product(rows: Rows, transposed: Rows) -> int:
    """Return an upper bound of the stored entries in any row of rows @ transposed."""
    if isinstance(transposed, np.ndarray):
        return len(rows)
    touched = abs(rows) @ np.diff(transposed.indptr)
    return min(int(rows.shape[0]), int(touched.max()))


def _transpose(rows: Rows) -> Rows:
    return rows.T if isinstance(rows, np.ndarray) else rows.T.tocsr()
