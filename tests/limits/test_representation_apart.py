"""Codes kept apart: formulas against random codes, or codes that meet the Welch bounds."""

from __future__ import annotations

import itertools
from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from polyseme.codes.inner_products import coherence, welch_mean_square
from polyseme.limits.representation import (
    separated_dimensions,
    welch_dimensions,
    welch_worst,
)
from polyseme.verification.intervals import clopper_pearson
from support.random_vectors import Signs, random_points, random_signs


def worst_pair(codes: Signs) -> float:
    products = np.abs(codes @ codes.T)
    np.fill_diagonal(products, 0)
    return float(products.max())


def simplex(dimensions: int) -> Signs:
    """dimensions + 1 unit vectors, any two at the same angle."""
    centred = np.eye(dimensions + 1) - 1 / (dimensions + 1)
    return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True))


@pytest.mark.parametrize("draw", [random_signs, random_points])
def test_random_codes_are_as_far_apart_as_promised(draw) -> None:
    features, largest, failure, draws = 12, 0.5, 0.2, 300
    enough = separated_dimensions(features, largest, failure)
    generator = np.random.default_rng(0)

    def failures(dimensions: int) -> int:
        codes = (draw(features, dimensions, generator) for _ in range(draws))
        return sum(worst_pair(code) > largest for code in codes)

    assert clopper_pearson(failures(enough), draws)[0] <= failure
    assert clopper_pearson(failures(enough // 4), draws)[0] > failure


@pytest.mark.parametrize(("features", "largest"), [(100, 0.2), (10_000, 0.1), (100_000, 0.5)])
def test_the_union_bound_covers_the_exact_tail(features: int, largest: float) -> None:
    d = separated_dimensions(features, largest, 1e-2)
    # Of d signs more than (1 + largest) d / 2 agree; both ends, all pairs.
    tail = binom.sf(np.floor((1 + largest) * d / 2), d, 0.5)
    assert comb(features, 2) * 2 * tail <= 1e-2


@pytest.mark.parametrize("dimensions", [2, 3, 7, 20])
def test_a_simplex_meets_the_welch_bound(dimensions: int) -> None:
    codes = simplex(dimensions)
    assert worst_pair(codes) == pytest.approx(welch_worst(dimensions + 1, dimensions))
    # The simplex lies in one dimension fewer than it is written in.
    assert np.linalg.matrix_rank(codes) == dimensions
    at_least = welch_dimensions(dimensions + 1, 1 / dimensions + 1e-9)
    assert at_least <= dimensions < welch_dimensions(dimensions + 1, 0.9 / dimensions)


@pytest.mark.parametrize("dimensions", [2, 5, 16])
def test_an_orthoplex_meets_the_mean_bound(dimensions: int) -> None:
    codes = np.concatenate((np.eye(dimensions), -np.eye(dimensions)))
    floor = welch_mean_square(2 * dimensions, dimensions)
    assert coherence(codes).mean_square == pytest.approx(floor)
    assert welch_worst(2 * dimensions, dimensions) == pytest.approx(sqrt(floor), rel=0.5)


def test_equal_angles_meet_the_second_welch_bound() -> None:
    # Six lines of the icosahedron: C(4, 2) = 6 of 3 dimensions, so power 2 says nothing there;
    # the 28 lines of 7 dimensions meet both powers at 1/3.
    lines = []
    for pair in itertools.combinations(range(8), 2):
        line = np.full(8, -1.0)
        line[list(pair)] = 3.0
        lines.append(line / np.linalg.norm(line))
    codes = np.array(lines)
    assert np.linalg.matrix_rank(codes) == 7
    assert worst_pair(codes) == pytest.approx(1 / 3)
    assert welch_worst(28, 7) == pytest.approx(1 / 3)


@given(st.integers(2, 200), st.integers(1, 30), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_no_code_is_below_the_welch_bound(features: int, dimensions: int, seed: int) -> None:
    codes = random_points(features, dimensions, np.random.default_rng(seed))
    worst = worst_pair(codes)
    assert worst >= welch_worst(features, dimensions) - 1e-9
    if 1e-6 < worst < 1 - 1e-9:
        assert welch_dimensions(features, worst + 1e-9) <= dimensions


def test_higher_powers_matter_where_features_are_many() -> None:
    first = sqrt(welch_mean_square(10**6, 20))
    assert welch_worst(10**6, 20) > 1.2 * first
    assert welch_worst(5, 5) == welch_worst(1, 1) == 0
