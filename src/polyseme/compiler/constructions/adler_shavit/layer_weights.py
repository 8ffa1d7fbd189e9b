"""Pass 4: from what neurons read to a layer: W = C D, bias and activation.

D is the code of the layer below read backwards, plain: D = A^T / w. With codes of zeros and ones
every column that is on adds to every read, on average w / d over d numbers. So a neuron that reads
r columns would hear r w / d of each column that is on, whichever it is. That mean would shift every
sum by as much as a column, so it is subtracted from each row of the weights: exactly, if not for
rounding, whatever the number of columns that are on.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.compiler.parts.weights import weight_matrix
from polyseme.networks.activation import Clip, Relu
from polyseme.networks.layer import Layer

# A column that is fully on adds about this much to a sum of integers, so that the mean of a row can
# be subtracted to a fraction of a step of C D. A power of two.
_RESOLUTION = 128
_BLOCK_ENTRIES = 8_000_000


def grain_of(below: SparseCode) -> int:
    """Return the number of steps in an entry of C, over a code."""
    return max(1, round(_RESOLUTION / below.weight))


def layer_of(
    reads: sp.csr_array,
    needed: NDArray[np.int64],
    below: SparseCode,
    resets: bool,
    generator: np.random.Generator,
) -> Layer:
    """Return the layer whose neurons read `reads` (neurons, columns) of the code below.

    A neuron bends where one column fewer than `needed` (neurons,) is on. It goes on rising as a
    single ReLU or, if it `resets`, rises from 1/2 to about 3/4 of the last column and is flat
    above, as a clip of two ReLUs.
    """
    grain = grain_of(below)
    resolution = grain * below.weight
    product = weight_matrix((grain * reads).astype(np.int16), below)
    weights = _centred(product, generator)
    bends = (needed - 1) * resolution
    if not resets:
        return Layer(weights, -bends.astype(np.int32), 1.0 / _RESOLUTION, Relu())
    bends = bends + resolution // 2
    cap = _RESOLUTION // 4
    return Layer(weights, -bends.astype(np.int32), 1.0 / cap, Clip(cap))


def _centred(
    weights: NDArray[np.int8] | NDArray[np.int16], generator: np.random.Generator
) -> NDArray[np.int8] | NDArray[np.int16]:
    """Return the weights less the mean of each row, spread over its entries in whole steps.

    An entry loses the whole number below or above the mean, by turns, so that the losses of a row
    add up to its sum. Where a row begins is random, or all rows would lose at the same places.
    """
    centred = np.empty(weights.shape, np.int16)
    places = np.arange(weights.shape[1] + 1)
    rows = max(1, _BLOCK_ENTRIES // weights.shape[1])
    for begin in range(0, len(weights), rows):
        block = weights[begin : begin + rows]
        mean = block.mean(axis=1, keepdims=True)
        lost = np.diff(np.floor(mean * places + generator.random((len(block), 1))), axis=1)
        centred[begin : begin + rows] = block - lost.astype(np.int16)
    fits = np.abs(centred).max(initial=0) <= np.iinfo(np.int8).max
    return centred.astype(np.int8) if fits else centred
