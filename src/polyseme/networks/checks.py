"""The rules that arrays keep, checked where they enter, so that no file leads a product astray."""

from __future__ import annotations

from typing import Any

import numpy as np
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
