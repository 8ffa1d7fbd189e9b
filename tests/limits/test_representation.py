"""Holding features: every formula against whole numbers or random codes."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import comb, log, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.limits.representation import (
    any_access_enough,
    any_access_least,
    linear_access_enough,
    linear_access_least,
    linear_access_once,
    separated_dimensions,
    welch_dimensions,
    welch_worst,
)
from polyseme.verification.intervals import clopper_pearson
from support.random_vectors import Signs, random_points, random_signs


@pytest.mark.parametrize(("features", "active"), [(5, 2), (30, 3), (9, 9), (1000, 4)])
def test_any_access_counts_inputs(features: int, active: int) -> None:
    inputs = sum(comb(features, on) for on in range(active + 1))
    for bits in (1, 8):
        least = any_access_least(features, active, bits)
        assert 2 ** (bits * least) >= inputs > 2 ** (bits * (least - 1)) - 1
    enough = any_access_enough(features, active, 0.01)
    assert enough == pytest.approx(log2(inputs**2 / 2 / 0.01), abs=1)


@pytest.mark.parametrize(("features", "active"), [(8, 2), (12, 2), (7, 3)])
def test_random_signs_tell_all_inputs_apart(features: int, active: int) -> None:
    sets = [
        on for size in range(active + 1) for on in itertools.combinations(range(features), size)
    ]
    inputs = np.zeros((len(sets), features))
    for row, on in zip(inputs, sets, strict=True):
        row[list(on)] = 1
    generator = np.random.default_rng(1)
    failure, draws = 0.2, 200

    def failures(dimensions: int) -> int:
        alike = 0
        for _ in range(draws):
            seen = inputs @ generator.choice([-1.0, 1.0], (features, dimensions))
            alike += len(np.unique(seen, axis=0)) < len(sets)
        return alike

    assert clopper_pearson(failures(any_access_enough(features, active, failure)), draws)[0] < 0.2
    fewer = max(1, any_access_enough(features, active, failure) // 4)
    assert clopper_pearson(failures(fewer), draws)[0] > failure


def largest_misread(codes: Signs, reads: Signs, active: int) -> float:
    """The worst any read is off over all inputs of at most `active`, from the entries of M."""
    matrix = reads @ codes.T
    off = matrix - np.diag(np.diag(matrix))
    worst = 0.0
    for sign in (1, -1):
        top = np.maximum(np.sort(sign * off, axis=1)[:, ::-1][:, :active], 0)
        inactive = top.sum(axis=1)
        on = top[:, : active - 1].sum(axis=1) + sign * (np.diag(matrix) - 1)
        worst = max(worst, float(inactive.max()), float(on.max()))
    return worst


def test_the_worst_input_is_found_by_sorting() -> None:
    generator = np.random.default_rng(2)
    codes, reads = random_signs(6, 4, generator), random_signs(6, 4, generator)
    slow = 0.0
    for size in range(4):
        for on in itertools.combinations(range(6), size):
            inputs = np.zeros(6)
            inputs[list(on)] = 1
            slow = max(slow, float(np.abs(reads @ codes.T @ inputs - inputs).max()))
    assert largest_misread(codes, reads, 3) == pytest.approx(slow)


@pytest.mark.parametrize("active", [1, 2, 3])
def test_random_signs_are_read_right_for_every_input(active: int) -> None:
    features, failure, draws = 900, 0.2, 16
    enough = linear_access_enough(features, active, failure)
    assert enough < features
    generator = np.random.default_rng(3)

    def failures(dimensions: int) -> int:
        codes = (random_signs(features, dimensions, generator) for _ in range(draws))
        return sum(largest_misread(code, code, active) > 0.5 for code in codes)

    assert clopper_pearson(failures(enough), draws)[0] <= failure
    assert clopper_pearson(failures(enough // 5), draws)[0] > failure


def test_random_signs_are_read_right_for_one_input() -> None:
    features, active, failure, draws = 500, 6, 0.1, 200
    enough = linear_access_once(features, active, failure)
    generator = np.random.default_rng(4)

    def failures(dimensions: int) -> int:
        wrong = 0
        for _ in range(draws):
            codes = random_signs(features, dimensions, generator)
            reads = codes @ codes[:active].sum(axis=0)
            wrong += bool((reads[:active] <= 0.5).any() or (reads[active:] >= 0.5).any())
        return wrong

    assert clopper_pearson(failures(enough), draws)[0] <= failure
    assert clopper_pearson(failures(enough // 4), draws)[0] > failure


@given(st.integers(2, 120), st.integers(1, 30), st.integers(1, 4), st.integers(0, 2**31))
@settings(max_examples=80, deadline=None)
def test_nothing_reads_linearly_below_the_bound(
    features: int, dimensions: int, active: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    codes = random_points(features, min(dimensions, features), generator)
    # The pseudo-inverse, scaled to read itself at 1, is nearly the best linear read there is.
    reads = np.linalg.pinv(codes.T)
    reads /= np.sum(reads * codes, axis=1, keepdims=True)
    misread = largest_misread(codes, reads, min(active, features))
    if misread <= 0.5:
        tolerance = max(misread + 1e-9, 1e-3)
        bound = linear_access_least(features, min(active, features), min(tolerance, 0.5))
        assert bound <= codes.shape[1]


def slow_least(features: int, active: int, tolerance: Fraction) -> int:
    """The bound in fractions, dimension by dimension, as its docstring states it."""
    least = 1
    for on in {2**power for power in range(8) if 2**power <= active} | {active}:
        left = -(-features // (4 * on - 3))
        most = tolerance / (on * (1 - tolerance))
        while most < 1 and any(
            comb(least + p - 1, p) < Fraction(left) / (1 + (left - 1) * most ** (2 * p))
            for p in range(1, 25)
        ):
            least += 1
    return least


@pytest.mark.parametrize("tolerance", [Fraction(1, 2), Fraction(1, 3), Fraction(1, 10)])
@pytest.mark.parametrize(("features", "active"), [(30, 1), (77, 2), (400, 5), (3001, 7)])
def test_linear_access_by_fractions(features: int, active: int, tolerance: Fraction) -> None:
    exact = slow_least(features, active, tolerance)
    assert linear_access_least(features, active, float(tolerance)) == exact


@given(st.integers(2, 9), st.integers(1, 3), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_enough_features_are_apart(features: int, active: int, seed: int) -> None:
    # In each row 2 (s - 1) entries are large; some ceil(m / (4 s - 3)) features have none of them.
    generator = np.random.default_rng(seed)
    large = np.zeros((features, features), bool)
    for row in range(features):
        others = np.delete(np.arange(features), row)
        count = min(2 * (active - 1), len(others))
        large[row, generator.choice(others, count, replace=False)] = True
    size = -(-features // (4 * active - 3))
    assert any(
        not large[np.ix_(some, some)].any()
        for some in map(list, itertools.combinations(range(features), size))
    )


def test_one_dimension_a_feature_is_needed_for_exact_reads() -> None:
    assert linear_access_least(500, 1, 1e-6) == 500
    assert linear_access_least(500, 3, 1e-6) == 500
    assert linear_access_enough(500, 3, 0.1, 1e-6) == 500


@given(st.integers(2, 10**6), st.integers(1, 20), st.integers(1, 5), st.floats(0.05, 0.5))
@settings(max_examples=80, deadline=None)
def test_bounds_agree_in_order_and_grow(m: int, active: int, more: int, tolerance: float) -> None:
    active = min(active, m)
    least = linear_access_least(m, active, tolerance)
    assert least <= linear_access_enough(m, active, 0.5, tolerance) <= m
    assert least <= linear_access_least(m + more, active, tolerance)
    assert least >= linear_access_least(m, active, min(0.5, 1.1 * tolerance))
    wider = min(m, active + more)
    assert any_access_least(m, active, 1) <= any_access_least(m, wider, 1)
    assert any_access_least(m, active, 1) <= any_access_enough(m, active, 0.5) + 1
    assert linear_access_once(m, active, 0.1) <= linear_access_once(m, wider, 0.01)
    assert welch_dimensions(m, 0.3) <= separated_dimensions(m, 0.3, 0.5)


def test_linear_access_grows_as_published() -> None:
    # Between s^2 / log s and s^2, and with log m, where m is large enough to tell.
    sizes = [linear_access_least(10**300, s) for s in (8, 32, 128)]
    for smaller, larger, s in zip(sizes[:2], sizes[1:], (8, 32), strict=True):
        assert 16 * log(s) / log(4 * s) * 0.8 <= larger / smaller <= 16
    assert linear_access_least(10**300, 32) / linear_access_least(10**150, 32) > 1.7


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: separated_dimensions(0, 0.1, 0.1), "0 features"),
        (lambda: separated_dimensions(5, 0, 0.1), "largest inner product"),
        (lambda: separated_dimensions(5, 0.1, 1), "probability of failure"),
        (lambda: welch_worst(5, 0), "0 dimensions"),
        (lambda: welch_dimensions(5, 1), "largest inner product"),
        (lambda: any_access_least(5, 6, 1), "6 of 5"),
        (lambda: any_access_least(5, 2, 0), "bits per dimension"),
        (lambda: any_access_enough(5, 0, 0.1), "0 of 5"),
        (lambda: linear_access_once(5, 2, float("nan")), "probability of failure"),
        (lambda: linear_access_enough(5, 2, 0.1, 0.6), "tolerance"),
        (lambda: linear_access_least(5, 2, 0), "tolerance"),
    ],
)
def test_nonsense_is_refused(call, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        call()
