"""The weights of a stage in superposition: W = C D, and on top of it the codes handed on.

D reads the carrier below: row i is the mean of column i's units. C says how much each unit reads
of each column. As in one-layer networks (`polyseme.compiler.weights`), C is equalised: every unit
reads each of its own columns at exactly the wanted strength, one small Gram system a unit, so that
only columns foreign to the unit make noise.

Where codes are handed on, shared unit j begins with unit j of the layer below, at full strength.
That is all it needs to read the columns that kept their code; the others it hosted are part of
its system with a wanted strength that cancels them, and what it reads anew adds to it. If c is the
row of C, a foreign column moves the unit by noise of variance |c|^2 / n, so columns that keep their
code make no noise at all.

C is rounded to multiples of 1/grain, with grain times the code's weight at most 60, so that W fits
into bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.compiler.deep.carrier import Carrier
from polyseme.compiler.deep.placing import Placed
from polyseme.compiler.stages import Stage
from polyseme.compiler.weights import equalised

_LARGEST_UNIT = 60
_BLOCK_ENTRIES = 8_000_000


@dataclass(frozen=True, eq=False)
class Woven:
    """Integer weights of a stage: `weights` (units, units below) and its factor `compression`.

    `centre` int32 (units,) was taken off every weight of a unit; `unit` is what a column that is
    fully on adds to a sum; `offset` int64 (units,) is what inverted columns below add, and `drift`
    float64 (units,) what one random foreign column that is on adds on average.
    """

    weights: NDArray[np.int8] | NDArray[np.int16]
    compression: sp.csr_array
    centre: NDArray[np.int32]
    unit: int
    offset: NDArray[np.int64]
    drift: NDArray[np.float64]


def grain_of(weight: int) -> int:
    """Steps of C in one, for a code of this weight below."""
    return max(1, _LARGEST_UNIT // weight)


def weave(stage: Stage, below: Carrier, placed: Placed) -> Woven:
    """The weights with which the units of a placed stage read the carrier below."""
    above = placed.carrier
    wanted = _wanted(stage, above)
    handed = above.shared if placed.inherits else 0
    if handed:
        wanted = _beyond_handed_on(wanted, below)
    grain = grain_of(below.weight)
    centre = _centre(wanted, below, grain)
    # What the centre takes from every column, own ones are given back.
    wanted.data += np.repeat(centre / np.float32(grain), np.diff(wanted.indptr)).astype(np.float32)
    entries = np.rint(grain * equalised(wanted, below.code)).astype(np.int16)
    compress = sp.csr_array((entries, wanted.indices, wanted.indptr), shape=wanted.shape)
    compress.eliminate_zeros()
    unit = grain * below.weight
    weights, offset, drift = _product(compress, below)
    weights -= centre[:, None].astype(np.int16)
    drift -= centre * float(below.weight)
    shared = np.arange(handed)
    weights[shared, shared] += unit
    return Woven(_narrowed(weights), compress, centre, unit, offset, drift)


def _centre(wanted: sp.csr_array, below: Carrier, grain: int) -> NDArray[np.int32]:
    """The mean weight of every unit, to be taken off: (units,), nought over a basis.

    Otherwise a unit that reads much would count how many columns are on.
    """
    if below.exact:
        return np.zeros(wanted.shape[0], np.int32)
    total = np.asarray(wanted.sum(axis=1)).ravel()
    return np.rint(grain * total * below.weight / below.units).astype(np.int32)


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


def _product(
    compress: sp.csr_array, below: Carrier
) -> tuple[NDArray[np.int16], NDArray[np.int64], NDArray[np.float64]]:
    """C D a block of rows at a time, with what inverted columns and foreign ones add."""
    signs = np.where(below.inverted, -1, 1).astype(np.float32)
    decompress = below.code.matrix().multiply(signs[:, None]).tocsr()
    load = np.bincount(below.positions.ravel(), minlength=below.units) / len(below.positions)
    units = compress.shape[0]
    weights = np.empty((units, below.units), np.int16)
    rows = max(1, _BLOCK_ENTRIES // below.units)
    for begin in range(0, units, rows):
        product = (compress[begin : begin + rows].astype(np.float32) @ decompress).toarray()
        weights[begin : begin + rows] = product
    offset = (compress.astype(np.int64) @ below.inverted.astype(np.int64)) * below.weight
    own = np.bincount(
        np.repeat(np.arange(units), np.diff(compress.indptr)), compress.data, units
    ) * (below.weight / len(below.positions))
    drift = weights.astype(np.float32) @ load.astype(np.float32) - own
    return weights, np.asarray(offset), drift


def _narrowed(weights: NDArray[np.int16]) -> NDArray[np.int8] | NDArray[np.int16]:
    fits = int(weights.min()) >= -128 and int(weights.max()) <= 127
    return weights.astype(np.int8) if fits else weights
