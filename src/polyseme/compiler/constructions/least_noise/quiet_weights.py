"""Weights whose noise at the readings is least, own reads being exact.

Let S (gates, units) hold the codes of the gates, A (features, dimensions) those of the features,
and H = W A^T what every unit reads of every feature. Unit j has *own* features, which its gates
read, and H is fixed there. Everywhere else H is noise. A gate that is on sums the noise of its
units, so readings have the noise S H / w, and units at rest have H itself. Of all W with the wanted
own reads, the one with least

    |S H / w|^2 + share |H|^2

is W = M X A (A^T A)^-1 with M = (S^T S / w^2 + share)^-1 and X in the pattern of the own reads. X
has one number per own read and is found by conjugate gradients: a step takes two products with
factored matrices (units, units) and (dimensions, dimensions). Weights of least norm per unit
(`parts/weights.py`) have a fifth more noise, and do not see that noise which units of a gate share
adds up.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.common.ragged import row_numbers

Floats = NDArray[np.float64]

# Weight of the noise of single units; between .03 and .3 it hardly matters.
_SHARE = 0.1
# Keeps the Gram matrix of the codes invertible, whose entries on the diagonal are 16 and more.
_RIDGE = 1e-3
_MOST_STEPS = 6
# Root mean square deviation of own reads that is close enough; rounding adds more.
_CLOSE = 0.004
# With so many features per dimension, a union of orthogonal bases is as good as tight.
_TIGHT = 8
_BLOCK_ENTRIES = 4_000_000


def quiet_weights(wanted: sp.csr_array, gates: SparseCode | None, inputs: SparseCode) -> Floats:
    """Return W (units, dimensions) with the reads `wanted` (units, features) and least noise.

    `gates` are the units of every gate, `inputs` the signed codes of the features. Without `gates`
    only the noise of single units counts, and M is the identity. All numbers are of 64 bits, so
    that the last bits, which depend on the order of sums, are far below those that rounding to
    bytes keeps.
    """
    system = _System(wanted, gates, inputs)
    residual = wanted.data.astype(np.float64)
    direction, norm = residual, float(residual @ residual)
    weights = np.zeros((wanted.shape[0], inputs.neurons))
    for _ in range(_MOST_STEPS):
        moved = system.weights(direction)
        image = system.own_reads(moved)
        step = norm / float(direction @ image)
        moved *= step
        weights += moved
        # The next one is as large as the weights.
        del moved
        residual = residual - step * image
        fresh = float(residual @ residual)
        if fresh <= _CLOSE**2 * len(residual):
            break
        direction = residual + fresh / norm * direction
        norm = fresh
    return weights


def is_tight(features: int, dimensions: int) -> bool:
    """Return whether codes are taken for a tight frame, whose Gram matrix need not be inverted."""
    return features >= _TIGHT * dimensions


class _System:
    """The map from strengths of own reads to W, and the reads of a W."""

    def __init__(self, wanted: sp.csr_array, gates: SparseCode | None, inputs: SparseCode) -> None:
        """Invert the two Gram matrices."""
        self.wanted, self.inputs = wanted, inputs
        self._quiet = None if gates is None else _quieting(gates)
        self._codes = inputs.matrix().astype(np.float64)
        # (A^T A)^-1, which for a tight frame is a number that the steps find by themselves.
        self._untangle: Floats | None = None
        if not is_tight(inputs.features, inputs.neurons):
            self._untangle = _inverse((self._codes.T @ self._codes).toarray(), _RIDGE)

    def weights(self, strengths: Floats) -> Floats:
        """Return M X A (A^T A)^-1 for the entries of X."""
        pattern = (strengths, self.wanted.indices, self.wanted.indptr)
        strong = sp.csr_array(pattern, shape=self.wanted.shape)
        spread = np.empty((self.wanted.shape[0], self.inputs.neurons))
        rows = max(1, _BLOCK_ENTRIES // self.inputs.neurons)
        for begin in range(0, len(spread), rows):
            # The sparse product first: it has few entries, and a dense one of it is fast.
            some = (strong[begin : begin + rows] @ self._codes).toarray()
            spread[begin : begin + rows] = some if self._untangle is None else some @ self._untangle
        return spread if self._quiet is None else np.asarray(self._quiet @ spread)

    def own_reads(self, weights: Floats) -> Floats:
        """Return what units read of their own features, (own reads,)."""
        unit = row_numbers(np.diff(self.wanted.indptr))
        read = np.empty(self.wanted.nnz)
        size = max(1, _BLOCK_ENTRIES // self.inputs.weight)
        for begin in range(0, len(read), size):
            features = self.wanted.indices[begin : begin + size]
            found = weights[unit[begin : begin + size, None], self.inputs.positions[features]]
            read[begin : begin + size] = (found * self.inputs.signs[features]).sum(axis=1)
        return read


def _quieting(gates: SparseCode) -> Floats:
    """Return M of the codes of gates."""
    members = gates.matrix().astype(np.float64)
    return _inverse((members.T @ members).toarray() / gates.weight**2, _SHARE)


def _inverse(gram: Floats, ridge: float) -> Floats:
    """Return the inverse of a Gram matrix and `ridge` times the identity, in its place."""
    gram[np.diag_indices(len(gram))] += ridge
    # A symmetric matrix turned is the same, and LAPACK takes it like that without a copy.
    factor, _ = la.lapack.dpotrf(gram.T, lower=1, overwrite_a=1)
    inverse, _ = la.lapack.dpotri(factor, lower=1, overwrite_c=1)
    # Only the lower triangle is filled in.
    for row in range(len(inverse)):
        inverse[row, row + 1 :] = inverse[row + 1 :, row]
    return np.asarray(inverse)
