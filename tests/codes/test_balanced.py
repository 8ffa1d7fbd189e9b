"""Balanced codes use every neuron equally."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyseme.codes import (
    balanced_code,
)
from support.codes import quick, seeds, supports, usage


@quick
@given(st.integers(1, 12), st.integers(0, 10), st.integers(0, 80), seeds)
def test_balanced_code_uses_neurons_equally_and_none_twice_in_a_row(
    weight: int, spare: int, features: int, seed: int
) -> None:
    code = balanced_code(features, weight + spare, weight, np.random.default_rng(seed))
    assert code.positions.shape == (features, weight)
    assert all(len(support) == weight for support in supports(code))
    assert np.ptp(usage(code)) <= 1
    assert (code.signs == 1).all()


@pytest.mark.parametrize(
    ("features", "neurons", "weight"), [(500, 7, 7), (500, 8, 7), (20_000, 30, 7), (1, 9, 9)]
)
def test_balanced_code_holds_in_tight_cases(features: int, neurons: int, weight: int) -> None:
    code = balanced_code(features, neurons, weight, np.random.default_rng(1))
    in_order = np.sort(code.positions, axis=1)
    assert (in_order[:, 1:] > in_order[:, :-1]).all()
    assert np.ptp(usage(code)) <= 1


def test_rows_cut_from_one_permutation_do_not_meet() -> None:
    code = balanced_code(60, 30, 6, np.random.default_rng(2))
    for start in range(0, 60, 5):
        assert len(set().union(*supports(code)[start : start + 5])) == 30


@pytest.mark.parametrize(("neurons", "weight"), [(8, 9), (8, 0), (8, -1)])
def test_balanced_code_refuses_a_weight_that_does_not_fit(neurons: int, weight: int) -> None:
    with pytest.raises(ValueError, match=f"weight {weight} does not fit in {neurons} neurons"):
        balanced_code(3, neurons, weight, np.random.default_rng(0))


def test_signed_code_has_both_signs_about_equally_often() -> None:
    code = balanced_code(1000, 50, 10, np.random.default_rng(3), signed=True)
    assert set(np.unique(code.signs)) == {-1, 1}
    # 10,000 fair signs: 5 standard deviations are 0.05.
    assert abs(code.signs.mean()) < 0.05
    assert np.ptp(usage(code)) <= 1
