"""The rules that arrays keep, checked where they enter, so that no file leads a product astray."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import DTypeLike, NDArray


def check_array(what: str, array: NDArray[Any], dtype: DTypeLike, dimensions: int) -> None:
    """Raise ValueError unless `array` has the dtype and the number of dimensions."""
    if array.dtype != dtype or array.ndim != dimensions:
        raise ValueError(
            f"{what} must be {np.dtype(dtype)} of {dimensions} dimensions, "
            f"not {array.dtype} of {array.ndim}"
        )


def check_runs(what: str, offsets: NDArray[np.int64], runs: int, entries: int) -> None:
    """Raise ValueError unless `offsets`, int64 (runs + 1,), cut `entries` things into runs."""
    check_array(what, offsets, np.int64, 1)
    if len(offsets) != runs + 1:
        raise ValueError(f"{what} must be {runs + 1} numbers, not {len(offsets)}")
    # Compared, not subtracted: a difference of two large numbers can wrap around.
    if offsets[0] != 0 or offsets[-1] != entries or np.any(offsets[1:] < offsets[:-1]):
        raise ValueError(f"{what} must rise from 0 to {entries}")


def check_below(what: str, values: NDArray[Any], limit: int) -> None:
    """Raise ValueError unless every value lies in 0 .. limit - 1."""
    if values.size and not (values.min() >= 0 and values.max() < limit):
        raise ValueError(f"{what} must lie in 0..{limit - 1}")


def check_sparse(what: str, matrix: sp.csr_array) -> None:
    """Raise ValueError unless the arrays of `matrix` are one matrix, written in the one way.

    Every row's columns rise, so there is no entry twice and equal matrices are equal arrays.
    """
    if matrix.format != "csr":
        raise ValueError(f"{what} must be in compressed rows")
    rows, columns = matrix.shape
    starts, indices = matrix.indptr.astype(np.int64), matrix.indices
    if len(matrix.data) != len(indices):
        raise ValueError(f"{what} have {len(matrix.data)} values for {len(indices)} columns")
    check_runs(f"offsets of {what}", starts, rows, len(indices))
    check_below(f"columns of {what}", indices, columns)
    falls = np.append(indices[1:] <= indices[:-1], False)
    begins = starts[1:-1]
    # What stands before the first entry of a row is no entry of that row.
    falls[begins[(begins > 0) & (begins < len(indices))] - 1] = False
    if falls.any():
        raise ValueError(f"columns of {what} must rise in each row, without repetition")
