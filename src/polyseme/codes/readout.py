"""Reading sets of features back from the sum of their codes: linearly, and by a threshold.

A set of features is held as x, the sum of their codes; feature i is read as r_i . x, with a readout
r of the shape of the code and unit gain, r_i . code_i = 1. There are two linear readouts:

- tied: each feature is read along its own code. The mean squared cross-talk for m random unit
  vectors in n dimensions is 1/n, above Welch's bound (m-n)/(n(m-1)) by a factor (m-1)/(m-n).
- pseudo-inverse: each feature is read by its row of the pseudo-inverse, rescaled to unit gain. If
  all features have the same leverage (a tight frame of equal norms), it meets the bound exactly.

No readout of unit gain is below the bound, because the matrix of all reads has rank n and trace m
(Borobia, Seguí-Mas and Tormo-Carbó 2026; Welch 1974 for unit vectors).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.codes.inner_products import Rows
from polyseme.errors import OptionError

Code = SparseCode | NDArray[np.floating]

BLOCK_ENTRIES = 2**23


@dataclass(frozen=True)
class Recovery:
    """Number of sets read exactly, and of features missed and wrongly added in all sets."""

    samples: int
    exact: int
    missed: int
    added: int


def tied_readout(code: Code) -> Rows:
    """Return the readout of each feature along its own code, unit gain; (features, neurons).

    Raises OptionError for a code that is not a matrix or has a row of zeros.
    """
    rows = _rows(code)
    return _scaled(rows, _gains(rows, rows))


def pseudo_inverse_readout(code: Code) -> NDArray[np.float64]:
    """Return the pseudo-inverse of a code, rows scaled to unit gain; dense (features, neurons).

    Raises OptionError for a code that is not a matrix or has a row of zeros.
    """
    rows = _rows(code)
    dense = rows if isinstance(rows, np.ndarray) else rows.toarray()
    inverse = np.linalg.pinv(dense).T
    readout = _scaled(inverse, _gains(inverse, dense))
    assert isinstance(readout, np.ndarray)
    return readout


def mean_square_cross_talk(code: Code, readout: Rows) -> float:
    """Return the mean squared reading of one feature by another's readout, over all ordered pairs.

    It uses two matrices (neurons, neurons) and none (features, features). Raises OptionError unless
    there are at least two features and the readout has the shape of the code.
    """
    rows = _rows(code)
    features = int(rows.shape[0])
    if features < 2 or readout.shape != rows.shape:
        raise OptionError(
            f"cross-talk needs two features and a readout of their shape, not {readout.shape} for "
            f"{rows.shape}"
        )
    product = (readout.T @ readout) * (rows.T @ rows)
    own = _gains(readout, rows)
    return max(0.0, float(product.sum()) - float(own @ own)) / (features * (features - 1))


def hold(code: Code, sets: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the sum of the codes of each set of features, (samples, neurons).

    The sets are (samples, active).
    """
    rows = _rows(code)
    samples, active = sets.shape
    offsets = np.arange(samples + 1) * active
    members = sp.csr_array(
        (np.ones(sets.size), sets.ravel(), offsets), shape=(samples, int(rows.shape[0]))
    )
    held = members @ rows
    return held if isinstance(held, np.ndarray) else held.toarray()


def recover(
    code: Code, readout: Rows, sets: NDArray[np.integer], threshold: float = 0.5
) -> Recovery:
    """Hold each set of distinct features, read it back by a threshold, and count the errors.

    Features that read above the threshold count as on. The work is done in blocks of 2^23 readings.
    Raises OptionError unless the readout has the shape of the code.
    """
    rows = _rows(code)
    if readout.shape != rows.shape:
        raise OptionError(f"a readout of {readout.shape} does not read a code of {rows.shape}")
    features = int(rows.shape[0])
    exact = missed = added = 0
    step = max(1, BLOCK_ENTRIES // features)
    for begin in range(0, len(sets), step):
        block = sets[begin : begin + step]
        reads = (readout @ hold(code, block).T).T
        on = reads > threshold
        hits = np.take_along_axis(on, block.astype(np.int64), axis=1).sum(axis=1)
        strangers = on.sum(axis=1) - hits
        exact += int(((hits == block.shape[1]) & (strangers == 0)).sum())
        missed += int(block.size - hits.sum())
        added += int(strangers.sum())
    return Recovery(len(sets), exact, missed, added)


def _rows(code: Code) -> Rows:
    rows: Rows = (
        code.matrix().astype(np.float64)
        if isinstance(code, SparseCode)
        else np.asarray(code, np.float64)
    )
    if rows.ndim != 2 or 0 in rows.shape:
        raise OptionError(
            f"a code must be (features, neurons), neither of them 0, not {rows.shape}"
        )
    return rows


def _gains(readout: Rows, rows: Rows) -> NDArray[np.float64]:
    """Return each feature's reading of its own code, (features,)."""
    gains: NDArray[np.float64] = np.asarray((readout * rows).sum(axis=1)).ravel()
    return gains


def _scaled(readout: Rows, gains: NDArray[np.float64]) -> Rows:
    if not (gains > 0).all():
        raise OptionError(
            f"feature {int(np.argmin(gains > 0))} has a zero row: no neuron carries it"
        )
    if isinstance(readout, np.ndarray):
        return readout / gains[:, np.newaxis]
    return sp.csr_array(sp.diags_array(1 / gains) @ readout)
