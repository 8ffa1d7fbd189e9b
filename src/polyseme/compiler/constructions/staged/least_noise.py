"""Weights that read their own columns as wanted and everything else as little as can be.

A row w of weights reads column i as w . c_i, where c_i is the mean of its units. A unit has *own*
columns, with a strength wanted of each; every other column that is on is noise to it. Of all rows
with the wanted reads, the least noisy one minimises

    sum over all columns i of (w . c_i)^2,

least squares with equalities. The equalised row of one-layer networks
(`parts/weights.py`) is A^T c, A being the own codes and A A^T c = wanted: of all rows with
those reads the shortest, which hears the other columns as their codes happen to overlap.

The least noisy row is found by conjugate gradients within the rows whose own reads are right: from
the equalised row on, every direction is projected so that it moves no own read. Codes this light
and this many have no very small singular values, so a few steps are enough; stopping there also
keeps rows short, which matters where a unit is on by mistake. A step sums and spreads codes, so
its cost is columns x weight x units, and no matrix is inverted or factored: it serves every size.
Rows are solved in blocks, which know nothing of each other, by code that has one thread: so the
weights are the same to the last bit for any number of threads.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.common.parallel import in_order
from polyseme.compiler.parts.weights import solve_rows

# After four steps the noise is within 1 % of the least.
STEPS = 4
# In small layers, where a unit reads a fifth of what there is, own reads are slow to settle.
_CORRECTIONS = 3
# So many weights of a block stay in the cache.
_BLOCK_ENTRIES = 320_000


def least_noise(wanted: sp.csr_array, code: SparseCode, steps: int = STEPS) -> NDArray[np.float32]:
    """Rows of weights (units, neurons of the code) that read as `wanted` (units, columns) says.

    Entries of `wanted` may be 0: then that column is not to be heard at all. With no steps, the
    equalised rows.
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
    """The own reads of some rows, each row a column of matrices (neurons, rows)."""

    def __init__(self, wanted: sp.csr_array, code: SparseCode):
        self.wanted = wanted.data
        self._shape = code.neurons, wanted.shape[0]
        self._row = np.repeat(np.arange(wanted.shape[0]), np.diff(wanted.indptr))
        # Where in such a matrix, laid out flat, the code of each entry's column lies.
        places = code.positions[wanted.indices].astype(np.int64) * wanted.shape[0]
        places += self._row[:, None]
        shares = code.signs[wanted.indices] / np.float32(code.weight)
        entries = (shares.ravel(), places.ravel(), np.arange(len(places) + 1) * code.weight)
        self._read = sp.csr_array(entries, shape=(len(places), code.neurons * wanted.shape[0]))
        self._spread = self._read.T
        self._gram = (self._read @ self._spread).tocsr()

    def reads(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """How the rows read their own columns, in the order of `wanted`."""
        return np.asarray(self._read @ weights.ravel())

    def shortest(self, wanted: NDArray[np.float32]) -> NDArray[np.float32]:
        """The shortest rows with the reads wanted."""
        solution = solve_rows(self._gram_of, wanted, self._row, self._shape[1])
        return np.asarray(self._spread @ solution).reshape(self._shape)

    def _gram_of(self, coefficients: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(self._gram @ coefficients)


def _solved(
    block: _Block, decode: sp.csr_array, encode: sp.csr_array, steps: int
) -> NDArray[np.float32]:
    """Projected conjugate gradients, all rows of the block side by side: (neurons, rows)."""
    weights = block.shortest(block.wanted)
    slope = encode @ (decode @ weights)
    # Where nothing is left to gain, 0 is divided by this.
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
