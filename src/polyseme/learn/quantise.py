"""Refined weights back in whole numbers, and an answer key that is true of them to the last one.

W = C D must hold exactly, and D is given. The features are cut into orthogonal bases, so the first
of them that fill the dimensions are one, H, with H H^T = w: any change of W is c H for c = change
H^T / w, and rounding c to whole numbers rounds the change. So C is the construction's, plus whole
numbers on the features of one basis, and rounding moves a weight by sqrt(w / 12) units on average.
Descent leaves many readings close to the margin it asked for, where rounding as coarse as the
construction's would carry some of them past the threshold, so the unit is finer, and W mostly of
two bytes. Dimensions left over, fewer than w, stay as they were.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.compiler.weights import weight_matrix
from polyseme.errors import CompileError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import EXACT, Layer, Network

# What a feature that is fully on adds to an integer sum, at least.
_UNIT = 512


def basis_of(code: SparseCode) -> sp.csr_array:
    """The codes of the first features that are an orthogonal basis, (basis, dimensions).

    Raises CompileError where they are not orthogonal: codes that are no union of orthogonal bases.
    """
    size = min(code.features, code.neurons // code.weight * code.weight)
    basis = sp.csr_array(code.matrix()[:size])
    products = basis @ basis.T
    if (products - code.weight * sp.eye_array(size)).count_nonzero():
        raise CompileError("codes that are no orthogonal bases cannot be refined")
    return basis


def quantised(
    network: Network, key: AnswerKey, weights: NDArray[np.float32], bias: NDArray[np.float32]
) -> Network:
    """The network with weights and biases, in features, rounded; its key with the C they have.

    `key` is the network's.
    """
    basis, layer = basis_of(key.decompression), network.layers[0]
    finer = max(1, _UNIT // key.unit)
    unit = finer * key.unit
    change = weights * np.float32(unit) - layer.weights * np.float32(finer)
    added = np.rint(np.asarray(basis @ change.T).T / np.float32(key.decompression.weight))
    features = key.compression.shape[1]
    wider = sp.csr_array(added.astype(np.int32))
    wider.resize((layer.units, features))
    compress = (key.compression.astype(np.int32) * np.int32(finer) + wider).tocsr()
    if abs(compress).max() > np.iinfo(np.int16).max:
        raise CompileError("the descent left the range of weights; refine for fewer passes")
    compress = compress.astype(np.int16)
    compress.eliminate_zeros()
    compress.sort_indices()
    whole = np.clip(np.rint(bias * np.float32(unit)), 1 - EXACT, EXACT - 1).astype(np.int32)
    return replace(
        network,
        layers=(Layer(weight_matrix(compress, key.decompression), whole, 1.0 / unit),),
        key=replace(key, compression=compress, unit=unit),
    )
