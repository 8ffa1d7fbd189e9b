"""Gaussian codes: unit norms, and blocks that join."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyseme.codes import (
    gaussian_code,
    sign_code,
)
from support.codes import quick, seeds


@quick
@given(st.integers(0, 40), st.integers(1, 30), seeds)
def test_gaussian_rows_have_unit_norm(features: int, neurons: int, seed: int) -> None:
    code = gaussian_code(features, neurons, np.random.default_rng(seed))
    assert code.shape == (features, neurons)
    assert code.dtype == np.float32
    np.testing.assert_allclose((code.astype(float) ** 2).sum(axis=1), 1, rtol=1e-6)


def test_gaussian_code_spans_blocks_with_independent_rows() -> None:
    code = gaussian_code(2100, 8, np.random.default_rng(4))
    assert len(np.unique(code, axis=0)) == 2100
    # Each coordinate of a random direction in 8 dimensions has variance 1/8.
    np.testing.assert_allclose(code.mean(axis=0), 0, atol=5 * np.sqrt(1 / 8 / 2100))
    np.testing.assert_allclose(code.var(axis=0), 1 / 8, rtol=0.2)


@pytest.mark.parametrize("draw", [gaussian_code, sign_code])
def test_dense_codes_need_a_neuron(draw) -> None:  # type: ignore[no-untyped-def]
    assert draw(3, 1, np.random.default_rng(0)).shape == (3, 1)
    with pytest.raises(ValueError, match="at least 1 neuron, not 0"):
        draw(3, 0, np.random.default_rng(0))
