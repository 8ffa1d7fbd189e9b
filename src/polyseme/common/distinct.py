"""Distinct numbers of large arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def distinct(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return all distinct numbers, rising.

    They are sorted: np.unique hashes them, which can take a hundred times as long on numbers that
    are made of two, row * width + column.
    """
    rising = np.sort(numbers)
    fresh = np.ones(len(rising), bool)
    np.not_equal(rising[1:], rising[:-1], out=fresh[1:])
    found: NDArray[np.int64] = rising[fresh]
    return found
