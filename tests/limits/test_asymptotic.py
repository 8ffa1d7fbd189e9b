"""The asymptotic bound against the exact ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.limits.asymptotic import least_neurons, least_parameters
from polyseme.limits.combinatorics import log2_factorial, log2_gate_sets


@given(st.integers(1, 10**6))
@settings(max_examples=100, deadline=None)
def test_the_asymptotic_bound_is_under_the_exact_ones(outputs: int) -> None:
    least = least_parameters(outputs, 1)
    assert least <= log2_factorial(outputs) + 1e-6
    if outputs >= 4:
        assert least <= log2_gate_sets(outputs, 2, 0, outputs)
    assert least_neurons(outputs, 4) == pytest.approx((least / 4) ** 0.5)


def test_the_asymptotic_bound_comes_near_the_exact_one() -> None:
    shares = [least_parameters(m, 1) / log2_factorial(m) for m in (10**2, 10**4, 10**6)]
    assert shares == sorted(shares)
    assert shares[-1] > 0.999


@pytest.mark.parametrize(("outputs", "bits"), [(0, 1.0), (5, 0.0), (5, -1.0)])
def test_the_asymptotic_bound_refuses_nonsense(outputs: int, bits: float) -> None:
    with pytest.raises(ValueError, match="outputs at"):
        least_neurons(outputs, bits)
