"""Logarithms of binomials against whole-number arithmetic."""

from __future__ import annotations

from math import comb, factorial, log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.limits.combinatorics import (
    log2_binomial,
    log2_factorial,
    log2_gate_sets,
    log2_sparse_sets,
)


@given(st.integers(0, 10**30), st.integers(0, 3000))
@settings(max_examples=150, deadline=None)
def test_binomials_are_exact_to_rounding(total: int, chosen: int) -> None:
    chosen = min(chosen, total)
    assert log2_binomial(total, chosen) == pytest.approx(log2(comb(total, chosen)), rel=1e-13)


@given(st.integers(0, 9000), st.integers(0, 9000))
@settings(max_examples=150, deadline=None)
def test_binomials_with_few_left_over(total: int, chosen: int) -> None:
    chosen = min(chosen, total)
    exact = log2(comb(total, chosen))
    assert log2_binomial(total, chosen) == pytest.approx(exact, rel=1e-13)
    assert log2_binomial(total, total - chosen) == log2_binomial(total, chosen)


def test_subtracting_log_factorials_would_not_do() -> None:
    total, chosen = 10**30, 2000
    plain = log2_factorial(total) - log2_factorial(chosen) - log2_factorial(total - chosen)
    assert plain != pytest.approx(log2(comb(total, chosen)), rel=0.1)


@pytest.mark.parametrize("number", [0, 1, 2, 30, 1000])
def test_factorials(number: int) -> None:
    assert log2_factorial(number) == pytest.approx(log2(factorial(number)), rel=1e-13)


@pytest.mark.parametrize(("total", "chosen"), [(3, 4), (3, -1), (-1, 0)])
def test_impossible_choices_are_refused(total: int, chosen: int) -> None:
    with pytest.raises(ValueError, match=f"choose {chosen} of {total}"):
        log2_binomial(total, chosen)


def test_a_negative_factorial_is_refused() -> None:
    with pytest.raises(ValueError, match="factorial of -1"):
        log2_factorial(-1)


@pytest.mark.parametrize(
    ("wires", "inputs", "marked", "gates"),
    [
        (5, 2, 0, 3),
        (5, 2, 1, 7),
        (40, 3, 2, 50),
        (1000, 700, 0, 5),
        (300, 150, 75, 40),
        (9, 9, 0, 1),
    ],
)
def test_sets_of_gates(wires: int, inputs: int, marked: int, gates: int) -> None:
    exact = log2(comb(comb(wires, inputs) * comb(inputs, marked), gates))
    assert log2_gate_sets(wires, inputs, marked, gates) == pytest.approx(exact, rel=1e-12)


def test_sets_of_gates_of_a_million_inputs() -> None:
    bits = log2_gate_sets(2_000_000, 1_000_000, 0, 10)
    assert bits == pytest.approx(10 * 2_000_000, rel=1e-4)


@given(st.integers(0, 60), st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_sparse_sets_are_summed_exactly(total: int, most: int) -> None:
    most = min(most, total)
    exact = sum(comb(total, size) for size in range(most + 1))
    assert log2_sparse_sets(total, most) == pytest.approx(log2(exact), abs=1e-12)


def test_sparse_sets_of_any_size() -> None:
    assert log2_sparse_sets(10**8, 10**8) == pytest.approx(10**8)
    exact = sum(comb(10**6, size) for size in range(4))
    assert log2_sparse_sets(10**6, 3) == pytest.approx(log2(exact), rel=1e-13)
    with pytest.raises(ValueError, match="choose 4 of 3"):
        log2_sparse_sets(3, 4)
