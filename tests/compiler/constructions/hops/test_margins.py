"""Weights with margins: own columns as wanted, all others below."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from polyseme.codes.balanced import balanced_code
from polyseme.compiler.constructions.hops.margins import margin_weights, rounded
from polyseme.errors import TooFewNeuronsError


def drawn(columns: int, dimensions: int, per_unit: int) -> tuple[sp.csr_array, list[np.ndarray]]:
    generator = np.random.default_rng(1)
    code = balanced_code(columns, dimensions, 16, generator, signed=True)
    own = [generator.choice(columns, per_unit, replace=False) for _ in range(10)]
    return code.matrix().astype(np.float64), own


def test_own_columns_are_read_at_one_and_others_below_the_margin() -> None:
    columns, own = drawn(1500, 160, 8)
    weights = margin_weights(columns, own, 0.6)
    whole = rounded(columns, own, weights, 352)
    for unit, mine in enumerate(own):
        reads = columns @ weights[unit]
        assert np.allclose(reads[mine], 1, atol=1e-6)
        assert np.delete(reads, mine).max() <= 0.6
        steps = columns @ whole[unit]
        assert np.abs(steps[mine] - 352).max() <= 2
        assert np.delete(steps, mine).max() < 0.65 * 352
    assert np.array_equal(whole, np.rint(whole))
    # Without it some column is heard: the second line of the program does something.
    shortest = margin_weights(columns, own, 50.0)
    heard = [np.delete(columns @ row, mine).max() for row, mine in zip(shortest, own, strict=True)]
    assert max(heard) > 0.6


def test_too_many_own_columns_are_refused() -> None:
    columns, own = drawn(1500, 64, 30)
    with pytest.raises(TooFewNeuronsError, match="of 10 units hear columns that are not theirs"):
        margin_weights(columns, own, 0.6)
