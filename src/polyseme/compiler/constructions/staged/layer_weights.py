"""The weights of a stage in superposition: the least noisy ones, and the codes handed on.

The *own* columns of a unit are the columns of the layer below that it should read, with strength +1
or -1, and the columns that it should read with strength exactly 0. Its weights are the row that
reads each own column at that strength and all other columns, together, as weakly as possible
(`least_noise.py`).

Where codes are handed on, shared unit j starts from a weight of full strength on unit j of the
layer below. That weight alone reads the columns that are inherited, with no interference from
columns elsewhere. The other columns that unit j of the layer below holds are cancelled: they become
own columns of strength 0.

Weights are rounded to small integers. A column is read as the sum of its units, so rounding moves
no own read by more than half a step per unit, 1 / (2 grain) of the strength wanted. The answer key
states the reads that result, to the last integer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.compiler.constructions.staged.carrier import Carrier
from polyseme.compiler.constructions.staged.least_noise import STEPS, least_noise
from polyseme.compiler.constructions.staged.placing import Placed
from polyseme.compiler.schedule.stages import Stage
from polyseme.networks.layer_key import reads_of

# With resolutions up to this, the weights of nearly every row fit in one byte.
_LARGEST_RESOLUTION = 60


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """Integer weights of a stage, `weights` (units, units below), and what they read.

    `reads` int16 (units, columns below) is what each own column adds to the sum of a unit when the
    column is fully on; a column read at full strength adds about `resolution`. `offset` int64
    (units,) is what inverted columns below subtract at rest, and `drift` float64 (units,) is what
    one random column that is not own adds on average.
    """

    weights: NDArray[np.int8] | NDArray[np.int16]
    reads: sp.csr_array
    resolution: int
    offset: NDArray[np.int64]
    drift: NDArray[np.float64]


def grain_of(weight: int) -> int:
    """Return the number of steps in a strength of 1, for a code of this weight below."""
    return max(1, _LARGEST_RESOLUTION // weight)


def layer_weights(stage: Stage, below: Carrier, placed: Placed) -> LayerWeights:
    """Compute the weights with which the units of a placed stage read the carrier below."""
    above = placed.carrier
    named = _wanted(stage, above)
    handed = above.shared if placed.inherits else 0
    if handed:
        named = _beyond_handed_on(named, below)
    grain = grain_of(below.weight)
    # Over exact inputs nothing interferes.
    rows = least_noise(named, below.code, 0 if below.exact else STEPS)
    rows *= np.float32(grain)
    weights = np.rint(rows, out=rows).astype(np.int16)
    resolution = grain * below.weight
    shared = np.arange(handed)
    weights[shared, shared] += resolution
    narrow = _narrowed(weights)
    reads = reads_of(narrow, named, below.code)
    resting = np.unique(below.positions[below.inverted])
    return LayerWeights(
        weights=narrow,
        reads=reads,
        resolution=resolution,
        offset=-narrow[:, resting].sum(axis=1, dtype=np.int64),
        drift=_drift(narrow, reads, below.code),
    )


def _drift(
    weights: NDArray[np.int8] | NDArray[np.int16], reads: sp.csr_array, code: SparseCode
) -> NDArray[np.float64]:
    """Return what a column that is not own adds to each unit on average, (units,).

    Only whole numbers are added up, so the order of the additions does not matter.
    """
    load = np.bincount(code.positions.ravel(), code.signs.ravel(), code.neurons)
    total = np.array([float(row @ load) for row in weights])
    named = np.asarray(reads.sum(axis=1, dtype=np.int64)).ravel()
    return np.asarray((total - named) / code.features)


def _wanted(stage: Stage, above: Carrier) -> sp.csr_array:
    """Return the strength at which each unit should read each column below, (units, inputs).

    It is +1 for a plain literal and -1 for a negated one.
    """
    column = stage.column_of_literal
    rows = above.positions[column].ravel()
    columns = np.repeat(stage.literals, above.weight)
    values = np.repeat(stage.signs.astype(np.float32), above.weight)
    wanted = sp.coo_array((values, (rows, columns)), shape=(above.units, stage.inputs)).tocsr()
    wanted.sum_duplicates()
    wanted.data = np.sign(wanted.data).astype(np.float32)
    wanted.sort_indices()
    return wanted


def _beyond_handed_on(wanted: sp.csr_array, below: Carrier) -> sp.csr_array:
    """Return the strengths that are left to read beside the unit handed on, (units, inputs).

    Stored zeros are kept: they are own columns that must be read with strength 0.
    """
    hosted = np.flatnonzero(below.handed_on)
    rows = below.positions[hosted].ravel()
    columns = np.repeat(hosted, below.weight)
    # The joint pattern adds ones and halves, which cannot cancel, so no entry is lost from it.
    shape = wanted.shape
    base = sp.coo_array((np.full(len(rows), 0.5, np.float32), (rows, columns)), shape=shape).tocsr()
    pattern = sp.csr_array(
        (np.ones(wanted.nnz, np.float32), wanted.indices, wanted.indptr), shape=shape
    )
    joint = (pattern + base).tocsr()
    joint.sort_indices()
    # An entry of the joint pattern is 1 for a read, 0.5 for a hosted column, 1.5 for both.
    is_read, is_hosted = joint.data >= 1, joint.data != 1
    left = np.zeros_like(joint.data)
    left[is_read] = wanted.data
    left[is_hosted] -= 1
    return sp.csr_array((left, joint.indices, joint.indptr), shape=shape)


def _narrowed(weights: NDArray[np.int16]) -> NDArray[np.int8] | NDArray[np.int16]:
    fits = int(weights.min()) >= -128 and int(weights.max()) <= 127
    return weights.astype(np.int8) if fits else weights
