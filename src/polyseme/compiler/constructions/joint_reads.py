"""C for codes with signs, such that the readouts, not the neurons, read their features exactly.

Let R (outputs, neurons) be the readout's codes and A (features, dimensions) the input's, both of
unit length, T (outputs, features) what each output should read. Through W the outputs read R W A^T.
Of all W with

    (R W A^T)_ga = T_ga   wherever T_ga is not 0

the one of least norm is R^T L A with L of T's pattern, so C = R^T L: one number a literal, found by
conjugate gradients. Where R and A are tight frames the norm of W is, but for a factor, the noise
that all other features make at all outputs together, so no W that reads T exactly makes less.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode

# Each step gains a digit or so: literals are few against weights, so the system is nearly diagonal.
_STEPS = 4
_CLOSE = 1e-3
_BLOCK_ENTRIES = 8_000_000


def joint_strengths(
    wanted: sp.csr_array, outputs: SparseCode, inputs: SparseCode
) -> NDArray[np.float32]:
    """The entries of L in the pattern of `wanted` T, float32 (outputs, features).

    `outputs` and `inputs` are the signed codes of outputs on neurons, of features on dimensions.
    """
    solution = np.zeros_like(wanted.data)
    residual = wanted.data.copy()
    direction = residual.copy()
    norm = first = float(residual @ residual)
    for _ in range(_STEPS):
        image = _read(_pattern(wanted, direction), outputs, inputs)
        step = norm / float(direction @ image)
        solution += np.float32(step) * direction
        residual -= np.float32(step) * image
        fresh = float(residual @ residual)
        if fresh < _CLOSE**2 * first:
            break
        direction = residual + np.float32(fresh / norm) * direction
        norm = fresh
    return np.asarray(solution)


def joint_compression(
    wanted: sp.csr_array, strengths: NDArray[np.float32], outputs: SparseCode, grain: int
) -> sp.csr_array:
    """C = R^T L in units of 1/grain, R with entries of +1 and -1: int16 (neurons, features).

    An entry of L is rounded up on some of the output's neurons and down on the others, so that on
    average they keep it: plainly rounded it would mostly be 1.
    """
    ranks = np.arange(outputs.weight)
    dither = (ranks + 0.5) / outputs.weight - 0.5
    output = np.repeat(np.arange(wanted.shape[0]), np.diff(wanted.indptr))
    # Which neurons round up changes from literal to literal.
    turned = (ranks + np.arange(len(output))[:, None]) % outputs.weight
    rounded = np.rint(grain * strengths[:, None] + dither[turned]).astype(np.int16)
    entries = (
        (rounded * outputs.signs[output]).ravel(),
        (outputs.positions[output].ravel(), np.repeat(wanted.indices, outputs.weight)),
    )
    compress = sp.coo_array(entries, shape=(outputs.neurons, wanted.shape[1])).tocsr()
    compress.sum_duplicates()
    compress.eliminate_zeros()
    compress.sort_indices()
    return compress


def _pattern(wanted: sp.csr_array, data: NDArray[np.float32]) -> sp.csr_array:
    return sp.csr_array((data, wanted.indices, wanted.indptr), shape=wanted.shape)


def _read(strengths: sp.csr_array, outputs: SparseCode, inputs: SparseCode) -> NDArray[np.float32]:
    """R W A^T for W = R^T L A, at the pattern of L: (literals,)."""
    codes, decompress = outputs.matrix(), inputs.matrix()
    weights = ((codes.T.tocsr() @ strengths).tocsr() @ decompress).toarray()
    scale = np.float32(1 / (outputs.weight * inputs.weight))
    read = np.empty(strengths.nnz, np.float32)
    rows = max(1, _BLOCK_ENTRIES // inputs.neurons)
    output = np.repeat(np.arange(strengths.shape[0]), np.diff(strengths.indptr))
    for begin in range(0, strengths.shape[0], rows):
        end = min(begin + rows, strengths.shape[0])
        through = np.asarray(codes[begin:end] @ weights)
        first, last = strengths.indptr[begin], strengths.indptr[end]
        features = strengths.indices[first:last]
        places = inputs.positions[features]
        found = through[output[first:last, None] - begin, places] * inputs.signs[features]
        read[first:last] = scale * found.sum(axis=1)
    return read
