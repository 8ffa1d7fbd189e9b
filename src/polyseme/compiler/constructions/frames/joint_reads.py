"""C for signed codes, such that outputs, not neurons, read their features exactly.

Let R (outputs, neurons) be the codes of the readout and A (features, dimensions) those of the
input, both of unit length. Let T (outputs, features) be what each output should read. Through W the
outputs read R W A^T. Of all W with

    (R W A^T)_ga = T_ga   wherever T_ga is not 0

the one of least norm is R^T L A with L of T's pattern, so C = R^T L. L has one number per literal,
found by conjugate gradients. Where R and A are tight frames, the norm of W is, up to a factor, the
noise that all other features make at all outputs together. So no W that reads T exactly makes less.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.codes.row_kernels import is_worthwhile, read_back
from polyseme.common.ragged import row_numbers

# Each step gains about one digit: literals are few against weights, so the system is nearly
# diagonal.
_STEPS = 4
# Largest deviation of reads from what is wanted; the noise of a read is several times that.
_CLOSE = 0.016
# Directions are multiples of this, so that their sums are whole numbers and do not depend on order.
_GRID = 1 / 1024
_BLOCK_ENTRIES = 8_000_000


def joint_strengths(
    wanted: sp.csr_array, outputs: SparseCode, inputs: SparseCode
) -> NDArray[np.float32]:
    """Return the entries of L in the pattern of `wanted`, which is T; float32 (literals,).

    `outputs` are the signed codes of outputs on neurons, `inputs` those of features on dimensions.
    """
    solution = np.zeros(wanted.nnz)
    residual = wanted.data.astype(np.float64)
    direction = residual
    norm = first = _squared(residual)
    scale = 1 / (outputs.weight * inputs.weight)
    for _ in range(_STEPS):
        whole = np.rint(direction / _GRID).astype(np.int32)
        direction = whole * _GRID
        image = _read(wanted, whole, outputs, inputs) * (_GRID * scale)
        step = norm / float((direction * image).sum())
        solution += step * direction
        residual = residual - step * image
        fresh = _squared(residual)
        if fresh * fresh / norm < _CLOSE**2 * first:
            # If one more step gains as much as this one did, its image need not be computed.
            solution += step * residual
            break
        direction = residual + fresh / norm * direction
        norm = fresh
    return np.asarray(solution, np.float32)


def _squared(values: NDArray[np.float64]) -> float:
    return float((values * values).sum())


def joint_compression(
    wanted: sp.csr_array, strengths: NDArray[np.float32], outputs: SparseCode, grain: int
) -> sp.csr_array:
    """Return C = R^T L in steps of 1/grain, int16 (neurons, features); R has entries +1 and -1.

    An entry of L is rounded up on some of the output's neurons and down on the others, so that its
    mean over them is kept. Rounded to the nearest integer it would mostly be 1.
    """
    ranks = np.arange(outputs.weight)
    dither = (ranks + 0.5) / outputs.weight - 0.5
    output = np.repeat(np.arange(wanted.shape[0], dtype=np.int32), np.diff(wanted.indptr))
    # Literals go in the order of features, so that the rows of C need not be sorted.
    order = np.argsort(wanted.indices, kind="stable")
    neurons = np.empty((wanted.nnz, outputs.weight), np.int32)
    values = np.empty(neurons.shape, np.int16)
    size = max(1, _BLOCK_ENTRIES // outputs.weight)
    for begin in range(0, wanted.nnz, size):
        some = order[begin : begin + size]
        # The neurons that round up change from literal to literal.
        turned = (ranks + some[:, None]) % outputs.weight
        rounded = np.rint(grain * strengths[some, None] + dither[turned]).astype(np.int16)
        values[begin : begin + size] = rounded * outputs.signs[output[some]]
        neurons[begin : begin + size] = outputs.positions[output[some]]
    features = np.repeat(wanted.indices[order].astype(np.int32), outputs.weight)
    entries = (values.ravel(), (neurons.ravel(), features))
    compress = sp.coo_array(entries, shape=(outputs.neurons, wanted.shape[1])).tocsr()
    compress.sum_duplicates()
    compress.eliminate_zeros()
    compress.sort_indices()
    return compress


def _read(
    wanted: sp.csr_array, strengths: NDArray[np.int32], outputs: SparseCode, inputs: SparseCode
) -> NDArray[np.int64]:
    """Return R C D A^T at the pattern of L, with codes of +1 and -1; exact, int64 (literals,)."""
    if is_worthwhile(wanted.nnz * outputs.weight, inputs):
        return read_back(wanted, strengths, outputs, inputs)
    pattern = sp.csr_array((strengths, wanted.indices, wanted.indptr), shape=wanted.shape)
    codes, decompress = (code.matrix().astype(np.int32) for code in (outputs, inputs))
    weights = ((codes.T.tocsr() @ pattern).tocsr() @ decompress).toarray()
    read = np.empty(wanted.nnz, np.int64)
    rows = max(1, _BLOCK_ENTRIES // inputs.neurons)
    output = row_numbers(np.diff(wanted.indptr))
    for begin in range(0, wanted.shape[0], rows):
        end = min(begin + rows, wanted.shape[0])
        through = np.asarray(codes[begin:end] @ weights)
        first, last = wanted.indptr[begin], wanted.indptr[end]
        features = wanted.indices[first:last]
        places = inputs.positions[features]
        found = through[output[first:last, None] - begin, places] * inputs.signs[features]
        read[first:last] = found.sum(axis=1)
    return read
