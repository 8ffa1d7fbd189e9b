"""The weights of a stage in superposition: the least noisy ones, and the codes handed on.

A unit's *named* columns are those of the layer below that it should read, with strength +1 or -1,
and those it must be held silent to. Its weights are the row that reads each of them exactly so and
all the other columns, together, as little as can be (`least_noise.py`).

Where codes are handed on, shared unit j begins with unit j of the layer below, at full strength.
That is all it needs to read the columns that kept their code, and no other column comes with it.
The others that unit hosted are cancelled: they are named, with a read of nought.

Weights are rounded to small integers. A column is the sum of its units, so rounding moves no named
read by more than half a step a unit, 1 / (2 grain) of what was wanted; what is read in the end is
what the answer key says, to the last integer.
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

# With this, weights of one byte hold nearly every row.
_LARGEST_UNIT = 60


@dataclass(frozen=True, eq=False)
class Woven:
    """Integer weights of a stage, `weights` (units, units below), and what they read.

    `reads` int16 (units, columns below) is what each named column adds to a sum when it is fully
    on; one read at full strength adds about `unit`. `offset` int64 (units,) is what inverted
    columns below take away at rest, and `drift` float64 (units,) what one random column that is not
    named adds on average.
    """

    weights: NDArray[np.int8] | NDArray[np.int16]
    reads: sp.csr_array
    unit: int
    offset: NDArray[np.int64]
    drift: NDArray[np.float64]


def grain_of(weight: int) -> int:
    """Steps of a weight in one, for a code of this weight below."""
    return max(1, _LARGEST_UNIT // weight)


def weave(stage: Stage, below: Carrier, placed: Placed) -> Woven:
    """The weights with which the units of a placed stage read the carrier below."""
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
    unit = grain * below.weight
    shared = np.arange(handed)
    weights[shared, shared] += unit
    narrow = _narrowed(weights)
    reads = reads_of(narrow, named, below.code)
    resting = np.unique(below.positions[below.inverted])
    return Woven(
        weights=narrow,
        reads=reads,
        unit=unit,
        offset=-narrow[:, resting].sum(axis=1, dtype=np.int64),
        drift=_drift(narrow, reads, below.code),
    )


def _drift(
    weights: NDArray[np.int8] | NDArray[np.int16], reads: sp.csr_array, code: SparseCode
) -> NDArray[np.float64]:
    """What a column that is not named adds on average; sums of whole numbers, in any order."""
    load = np.bincount(code.positions.ravel(), code.signs.ravel(), code.neurons)
    total = np.array([float(row @ load) for row in weights])
    named = np.asarray(reads.sum(axis=1, dtype=np.int64)).ravel()
    return np.asarray((total - named) / code.features)


def _wanted(stage: Stage, above: Carrier) -> sp.csr_array:
    """What every unit should read of every column below: +1 plain, -1 negated, (units, inputs)."""
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
    """What is left to read beside the unit handed on; kept with its zeros, which are to hold."""
    hosted = np.flatnonzero(below.handed_on)
    rows = below.positions[hosted].ravel()
    columns = np.repeat(hosted, below.weight)
    # Halves and wholes cannot cancel each other in the pattern, so no entry is lost from it.
    shape = wanted.shape
    base = sp.coo_array((np.full(len(rows), 0.5, np.float32), (rows, columns)), shape=shape).tocsr()
    pattern = sp.csr_array(
        (np.ones(wanted.nnz, np.float32), wanted.indices, wanted.indptr), shape=shape
    )
    joint = (pattern + base).tocsr()
    joint.sort_indices()
    # In the joint pattern: 1 a read, 0.5 a hosted column, 1.5 both.
    is_read, is_hosted = joint.data >= 1, joint.data != 1
    left = np.zeros_like(joint.data)
    left[is_read] = wanted.data
    left[is_hosted] -= 1
    return sp.csr_array((left, joint.indices, joint.indptr), shape=shape)


def _narrowed(weights: NDArray[np.int16]) -> NDArray[np.int8] | NDArray[np.int16]:
    fits = int(weights.min()) >= -128 and int(weights.max()) <= 127
    return weights.astype(np.int8) if fits else weights
