"""How many features each neuron carries under a code."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from polyseme.codes import balanced_code, gaussian_code, polysemanticity

matrices = arrays(
    np.float64, st.tuples(st.integers(0, 6), st.integers(0, 4)), elements=st.floats(-4, 4, width=16)
)


@settings(deadline=None, max_examples=60)
@given(matrices)
def test_effective_numbers_are_those_of_each_column(code) -> None:
    found = polysemanticity(code)
    assert found.features.shape == found.effective.shape == (code.shape[1],)
    for neuron, column in enumerate(code.T):
        used = column[column != 0]
        assert found.features[neuron] == len(used)
        power = used**2
        wanted = power.sum() ** 2 / (power**2).sum() if len(used) and (power**2).sum() else None
        if wanted is not None:
            assert found.effective[neuron] == pytest.approx(wanted)
        assert found.effective[neuron] <= len(used) * (1 + 1e-9)


def test_a_sparse_code_counts_as_its_matrix_does() -> None:
    code = balanced_code(50, 13, 4, np.random.default_rng(0), signed=True)
    sparse, dense = polysemanticity(code), polysemanticity(code.matrix().toarray())
    np.testing.assert_array_equal(sparse.features, dense.features)
    np.testing.assert_allclose(sparse.effective, dense.effective)
    assert sparse.features.sum() == 50 * 4


def test_special_neurons() -> None:
    code = np.array([[1.0, 2.0, 1e-200, 5.0, 0.0], [0.0, -2.0, 1e-200, 1e-3, 0.0]])
    found = polysemanticity(code)
    np.testing.assert_array_equal(found.features, [1, 2, 2, 2, 0])
    np.testing.assert_allclose(found.effective, [1, 2, 2, 1, 0], atol=1e-6)


def test_a_gaussian_neuron_carries_a_third_of_all_features_in_effect() -> None:
    # E x^2 squared over E x^4 is 1/3 for a normal x.
    found = polysemanticity(gaussian_code(20_000, 50, np.random.default_rng(1)))
    assert (found.features == 20_000).all()
    assert found.effective.mean() / 20_000 == pytest.approx(1 / 3, rel=0.05)


@pytest.mark.parametrize("code", [np.ones(3), np.array([[1.0, np.nan]]), np.array([[np.inf]])])
def test_what_is_no_code_is_refused(code) -> None:
    with pytest.raises(ValueError, match="finite"):
        polysemanticity(code)
