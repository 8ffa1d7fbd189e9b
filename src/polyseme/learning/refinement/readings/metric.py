"""The geometry in which W descends: distances are those of the reads H, and own reads are held.

A (features, dimensions) holds the codes of the features, and H = W A^T what units read. The inner
product of two changes of W is that of their changes of H, so the direction of steepest descent is
V = Y (A^T A)^-1 for Y = G A, G being the slope along H. Own reads are held exactly: Y is changed by
the least that makes V read 0 of every unit's own features.

The inverse is rounded to a grid, which hardly changes the geometry. Its last bits depend on the
number of threads of the library for matrices; the rounded ones do not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.common.parallel import in_order
from polyseme.learning.refinement.readings import metric_kernel as kernel

Floats = NDArray[np.float32]
Result = TypeVar("Result")

# Rows are filled by pieces of so many units.
_UNITS = 64
# Keeps the Gram matrix of the codes invertible, whose entries on the diagonal are 16 and more.
_RIDGE = 1e-3
# Steps of the grid per mean entry on the diagonal of the inverse.
_GRID = 2.0**16


class Metric:
    """The geometry of the reads of a network's units.

    `own` (units, features) has an entry wherever a unit reads a feature of its own.
    """

    def __init__(self, code: SparseCode, own: sp.csr_array) -> None:
        """Invert the Gram matrix of the codes, and factor those of every unit's own features."""
        self.units = int(own.shape[0])
        self.features, self.dimensions = code.features, code.neurons
        self._code = (code.positions, code.signs.astype(np.float32))
        matrix = code.matrix().astype(np.float64)
        gram = (matrix.T @ matrix).toarray()
        self._gram = gram.astype(np.float32)
        self._inverse = _on_grid(gram)
        duals = np.asarray(matrix @ self._inverse.astype(np.float64)).astype(np.float32)
        offsets = own.indptr.astype(np.int64)
        sizes = np.diff(offsets)
        starts = np.concatenate(([0], np.cumsum(sizes * (sizes + 1) // 2)))
        factors = np.empty(int(starts[-1]), np.float32)
        self._own = (offsets, own.indices.astype(np.int32), duals, *self._code, starts, factors)
        self._by_units(kernel.factor_grams, *self._own)

    def reads(self, weights: Floats) -> Floats:
        """Return H = W A^T, float32 (units, features)."""
        reads = np.empty((self.units, self.features), np.float32)
        self._by_units(kernel.read_features, weights, *self._code, reads)
        return reads

    def steepest(self, slopes: Floats) -> tuple[Floats, Floats]:
        """Return Y and V of a slope along the reads, the sum of `slopes` (pieces, units, features).

        V reads 0 of own features. Both are float32 (units, dimensions).
        """
        spread = np.empty((self.units, self.dimensions), np.float32)
        self._by_units(kernel.spread_slopes, slopes, *self._code, spread)
        return self._held(spread, 0.0)

    def reading_own_at_one(self, weights: Floats) -> Floats:
        """Return the nearest weights that read all own features at exactly 1."""
        return self._held(self._product(weights, self._gram), 1.0)[1]

    def _held(self, spread: Floats, wanted: float) -> tuple[Floats, Floats]:
        self._by_units(kernel.hold_own, wanted, *self._own, spread)
        return spread, self._product(spread, self._inverse)

    def _product(self, left: Floats, right: Floats) -> Floats:
        product = np.empty((self.units, self.dimensions), np.float32)
        self._by_units(kernel.multiply, left, right, product)
        return product

    def _by_units(self, function: Callable[..., None], *arguments: object) -> None:
        """Call a function for all units in threads; each unit has rows of its own to fill."""
        in_pieces(lambda first, last: function(first, last, *arguments), self.units, _UNITS)


def in_pieces(function: Callable[[int, int], Result], total: int, size: int) -> list[Result]:
    """Call a function for the runs of `size` numbers below `total`, in threads.

    The results are in the order of the runs.
    """
    # Compiled by this thread first; if several threads called it, all but one would only wait.
    function(0, 0)
    runs = [(first, min(first + size, total)) for first in range(0, total, size)]
    return list(in_order(lambda run: function(*run), runs))


def inner(one: Floats, other: Floats) -> float:
    """Return the inner product of two matrices; no library for matrices takes part in it."""
    rows = np.einsum("ij,ij->i", one, other)
    return float(rows.sum(dtype=np.float64))


def _on_grid(gram: NDArray[np.float64]) -> Floats:
    """Return the inverse of a Gram matrix, rounded to a grid."""
    gram[np.diag_indices(len(gram))] += _RIDGE
    factor, _ = la.lapack.dpotrf(gram, lower=1)
    lower = np.tril(la.lapack.dpotri(factor, lower=1)[0])
    inverse = lower + np.tril(lower, -1).T
    step = 2.0 ** np.round(np.log2(np.diag(inverse).mean() / _GRID))
    return np.asarray(np.rint(inverse / step) * step).astype(np.float32)
