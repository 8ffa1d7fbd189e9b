"""Weights that read own columns as wanted and all other columns as weakly as possible.

A row w of weights reads column i as w . c_i, where c_i is the vector that averages the units of the
column. A unit has *own* columns, each with the strength at which the unit should read it. Every
other column that is on adds noise. Of all rows with the wanted reads, the least noisy one minimises

    sum over all columns i of (w . c_i)^2,

a least-squares problem with equality constraints. The equalised row of one-layer networks
(`parts/weights.py`) is A^T c, where A holds the own codes and A A^T c = wanted. It is the shortest
of all rows with those reads, and it takes no account of how other columns overlap with it.

The least noisy row is found by conjugate gradients within the set of rows whose own reads are
right. The search begins at the equalised row, and every direction is projected so that it moves no
own read. A few steps are enough, because so many codes of so low a weight have no very small
singular values. Stopping early also keeps rows short, which matters where a unit is on by mistake.
A step sums and spreads codes at a cost of columns x weight x units. No matrix is inverted or
factored, so the method serves every size. Rows are solved in independent blocks by single-threaded
code, so the weights are the same to the last bit for any number of threads.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.common.parallel import in_order
from polyseme.common.ragged import row_numbers
from polyseme.compiler.parts.weights import solve_rows

# After four steps the noise is within 1 % of the minimum.
STEPS = 4
# Own reads converge slowly in small layers, where a unit reads a fifth of all columns.
_CORRECTIONS = 3
# Largest number of weights per block, so that a block stays in the cache.
_BLOCK_ENTRIES = 320_000


def least_noise(wanted: sp.csr_array, code: SparseCode, steps: int = STEPS) -> NDArray[np.float32]:
    """Return rows of weights (units, neurons of the code) with the reads `wanted` (units, columns).

    A stored entry of 0 in `wanted` asks for a read of exactly 0. With `steps` = 0 the rows are the
    equalised ones.
    """
    decode = code.matrix()
    decode.data /= np.float32(code.weight)
    encode = decode.T.tocsr()
    weights = np.empty((wanted.shape[0], code.neurons), np.float32)
    rows = max(1, _BLOCK_ENTRIES // code.neurons)

    def fill(begin: int) -> None:
        block = _Block(wanted[begin : begin + rows], code)
        weights[begin : begin + rows] = _solved(block, decode, encode, steps).T

    for _ in in_order(fill, range(0, len(weights), rows)):
        pass
    return weights


class _Block:
    """The own reads of a block of rows; in its matrices (neurons, rows) a row is a column."""

    def __init__(self, wanted: sp.csr_array, code: SparseCode):
        self.wanted = wanted.data
        self._shape = code.neurons, wanted.shape[0]
        self._row = row_numbers(np.diff(wanted.indptr))
        # Places of the code of each entry's column, in such a matrix laid out flat.
        places = code.positions[wanted.indices].astype(np.int64) * wanted.shape[0]
        places += self._row[:, None]
        shares = code.signs[wanted.indices] / np.float32(code.weight)
        entries = (shares.ravel(), places.ravel(), np.arange(len(places) + 1) * code.weight)
        self._read = sp.csr_array(entries, shape=(len(places), code.neurons * wanted.shape[0]))
        self._spread = self._read.T
        self._gram = (self._read @ self._spread).tocsr()

    def reads(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the reads of own columns, in the order of `wanted`."""
        return np.asarray(self._read @ weights.ravel())

    def shortest(self, wanted: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the shortest rows with the wanted reads."""
        solution = solve_rows(self._gram_of, wanted, self._row, self._shape[1])
        return np.asarray(self._spread @ solution).reshape(self._shape)

    def _gram_of(self, coefficients: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(self._gram @ coefficients)


def _solved(
    block: _Block, decode: sp.csr_array, encode: sp.csr_array, steps: int
) -> NDArray[np.float32]:
    """Solve all rows of a block by projected conjugate gradients, (neurons, rows)."""
    weights = block.shortest(block.wanted)
    slope = encode @ (decode @ weights)
    # Keeps the quotients at 0 once nothing is left to gain.
    tiny = np.float32(1e-30)
    direction, norm = np.zeros_like(weights), np.full(weights.shape[1], np.inf, np.float32)
    for _ in range(steps):
        downhill = block.shortest(block.reads(slope)) - slope
        fresh = _dots(downhill, downhill)
        direction = downhill + fresh / np.maximum(norm, tiny) * direction
        norm = fresh
        image = encode @ (decode @ direction)
        step = norm / np.maximum(_dots(direction, image), tiny)
        weights += step * direction
        slope += step * image
    for _ in range(_CORRECTIONS):
        weights += block.shortest(block.wanted - block.reads(weights))
    return weights


def _dots(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.einsum("ij,ij->j", left, right))
