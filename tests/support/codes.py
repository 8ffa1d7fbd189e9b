"""Codes drawn for tests, and their matrices written out in full."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from polyseme.codes import (
    SparseCode,
    balanced_code,
    gaussian_code,
    reed_solomon_code,
    sign_code,
)

quick = settings(max_examples=40, deadline=None)

seeds = st.integers(0, 2**32 - 1)


def supports(code: SparseCode) -> list[set[int]]:
    return [set(row.tolist()) for row in code.positions]


def usage(code: SparseCode) -> NDArray[np.int64]:
    return np.bincount(code.positions.ravel(), minlength=code.neurons)


def dense(code: SparseCode | NDArray[np.float32]) -> NDArray[np.float64]:
    """The code as a matrix, written out entry by entry."""
    if not isinstance(code, SparseCode):
        return code.astype(np.float64)
    matrix = np.zeros((code.features, code.neurons))
    for feature in range(code.features):
        for position, sign in zip(code.positions[feature], code.signs[feature], strict=True):
            matrix[feature, position] = sign
    return matrix


def every_code(seed: int) -> list[SparseCode | NDArray[np.float32]]:
    """One code of every kind, the seed deciding everything."""
    return [
        balanced_code(40, 17, 5, np.random.default_rng(seed)),
        balanced_code(40, 17, 5, np.random.default_rng(seed), signed=True),
        reed_solomon_code(40, 5, 2, np.random.default_rng(seed)),
        gaussian_code(40, 17, np.random.default_rng(seed)),
        sign_code(40, 17, np.random.default_rng(seed)),
    ]
