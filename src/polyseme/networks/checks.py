"""Checks of arrays where they enter, so that no broken file becomes a network.

All raise OptionError, which is a ValueError too.
"""

from __future__ import annotations

import os
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import DTypeLike, NDArray

from polyseme.common.arguments import shown_value
from polyseme.common.files.targets import check_output
from polyseme.errors import OptionError

# Float32 holds whole numbers below this without rounding.
EXACT = 2**24


class HasWeights(Protocol):
    """A network, which is defined later."""

    @property
    def is_whole(self) -> bool:
        """True if all weights are whole numbers."""


def check_path(path: object, what: str = "path") -> None:
    """Raise OptionError unless `path` is one: text, or an object that knows its path."""
    if not isinstance(path, str | os.PathLike):
        raise OptionError(f"{what} must be the path of a file, not {shown_value(path)}")


def check_state(state: object) -> None:
    """Raise PolysemeError unless `state` is None or the path of a file that can be written.

    It is asked before the work begins whose state the file keeps.
    """
    if state is None:
        return
    check_path(state, "state")
    assert isinstance(state, str | os.PathLike)
    check_output(os.fspath(state), ())


def check_array(what: str, array: NDArray[Any], dtype: DTypeLike, dimensions: int) -> None:
    """Raise OptionError unless `array` has the dtype and the number of dimensions."""
    if array.dtype != dtype or array.ndim != dimensions:
        raise OptionError(
            f"{what} must be {np.dtype(dtype)} of {dimensions} dimensions, "
            f"not {array.dtype} of {array.ndim}"
        )


def check_finite(what: str, array: NDArray[np.float32]) -> None:
    """Raise OptionError unless every number is below 2^24 in magnitude."""
    if not (np.abs(array) < EXACT).all():
        raise OptionError(f"{what} must lie within {EXACT} of 0, and be numbers")


def check_whole(network: HasWeights) -> None:
    """Raise OptionError unless a network has whole numbers, with which alone proofs are exact."""
    if not network.is_whole:
        raise OptionError(
            "the network has weights of float32, as trained ones do; proofs are of whole numbers: "
            "use verify"
        )


def check_runs(what: str, offsets: NDArray[np.int64], runs: int, entries: int) -> None:
    """Raise OptionError unless `offsets`, int64 (runs + 1,), cut `entries` things into runs."""
    check_array(what, offsets, np.int64, 1)
    if len(offsets) != runs + 1:
        raise OptionError(f"{what} must be {runs + 1} numbers, not {len(offsets)}")
    # Compared, not subtracted: a difference of two large numbers can wrap around.
    if offsets[0] != 0 or offsets[-1] != entries or np.any(offsets[1:] < offsets[:-1]):
        raise OptionError(f"{what} must rise from 0 to {entries}")


def check_below(what: str, values: NDArray[Any], limit: int) -> None:
    """Raise OptionError unless every value lies in 0 .. limit - 1."""
    if values.size and not (values.min() >= 0 and values.max() < limit):
        raise OptionError(f"{what} must lie in 0..{limit - 1}")


def check_sparse(what: str, matrix: sp.csr_array) -> None:
    """Raise OptionError unless the arrays of `matrix` are those of one matrix in its one form.

    The columns of every row rise, so no entry is there twice and equal matrices are equal arrays.
    """
    if matrix.format != "csr":
        raise OptionError(f"{what} must be in compressed rows")
    rows, columns = matrix.shape
    starts, indices = matrix.indptr.astype(np.int64), matrix.indices
    if len(matrix.data) != len(indices):
        raise OptionError(f"{what} have {len(matrix.data)} values for {len(indices)} columns")
    check_runs(f"offsets of {what}", starts, rows, len(indices))
    check_below(f"columns of {what}", indices, columns)
    falls = np.append(indices[1:] <= indices[:-1], False)
    begins = starts[1:-1]
    # An entry before the first of a row belongs to another row.
    falls[begins[(begins > 0) & (begins < len(indices))] - 1] = False
    if falls.any():
        raise OptionError(f"columns of {what} must rise in each row, without repetition")
