"""Exact decoding of Reed-Solomon codes, and where it must fail."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from polyseme.codes import (
    SparseCode,
    reed_solomon_code,
)
from polyseme.codes.reed_solomon import smallest_field
from support.codes import dense


def all_sets(features: int, active: int) -> NDArray[np.int64]:
    """Every 0/1 vector with at most `active` ones, (sets, features)."""
    rows = []
    for size in range(active + 1):
        for chosen in combinations(range(features), size):
            row = np.zeros(features, np.int64)
            row[list(chosen)] = 1
            rows.append(row)
    return np.array(rows)


def read_means(code: SparseCode, vectors: NDArray[np.int64], union: bool) -> NDArray[np.float64]:
    """Mean over each feature's neurons of the sum (or the union) of the active codes."""
    matrix = dense(code).astype(np.int64)
    held = vectors @ matrix
    if union:
        held = np.minimum(held, 1)
    return held @ matrix.T / code.weight


@pytest.mark.parametrize(
    ("features", "weight", "degree", "active"),
    [(25, 5, 2, 2), (49, 7, 2, 3), (60, 9, 3, 2), (125, 5, 3, 1), (11, 3, 1, 5)],
)
def test_half_threshold_decodes_every_set_when_the_weight_suffices(
    features: int, weight: int, degree: int, active: int
) -> None:
    assert weight > 2 * (degree - 1) * active
    code = reed_solomon_code(features, weight, degree, np.random.default_rng(7))
    vectors = all_sets(features, active)
    np.testing.assert_array_equal(read_means(code, vectors, union=False) > 0.5, vectors == 1)


@pytest.mark.parametrize(
    ("features", "weight", "degree", "active"), [(25, 3, 2, 2), (25, 4, 2, 3), (60, 5, 3, 2)]
)
def test_all_on_decodes_every_set_when_the_weight_suffices(
    features: int, weight: int, degree: int, active: int
) -> None:
    assert weight > (degree - 1) * active
    code = reed_solomon_code(features, weight, degree, np.random.default_rng(8))
    vectors = all_sets(features, active)
    np.testing.assert_array_equal(read_means(code, vectors, union=True) == 1, vectors == 1)


def meeting_feature_0(code: SparseCode, groups: list[list[int]]) -> NDArray[np.int64]:
    """Switch on, for each group of places, the feature that meets feature 0 just there.

    Feature 0 is the zero polynomial; the other is the product of (x - t) over the group.
    """
    field = code.neurons // code.weight
    vector = np.zeros((1, code.features), np.int64)
    for group in groups:
        low_first = np.rint(np.poly(group)).astype(np.int64)[::-1] % field
        vector[0, sum(int(c) * field**power for power, c in enumerate(low_first))] = 1
    return vector


@pytest.mark.parametrize(
    ("active", "weight", "degree"),
    [(2, 3, 2), (3, 5, 2), (2, 4, 2), (3, 6, 2), (2, 7, 3), (2, 8, 3)],
)
def test_half_threshold_fails_when_the_weight_is_too_small(
    active: int, weight: int, degree: int
) -> None:
    shared = degree - 1
    code = reed_solomon_code(smallest_field(0, weight, degree) ** degree, weight, degree)
    groups = [list(range(k * shared, (k + 1) * shared)) for k in range(active)]
    mean = read_means(code, meeting_feature_0(code, groups), union=False)[0, 0]
    assert weight <= 2 * shared * active
    assert mean == shared * active / weight
    # Feature 0 is off, yet reads more than one half (or ties with it).
    assert mean >= 0.5


@pytest.mark.parametrize(("weight", "degree"), [(2, 2), (3, 2), (5, 2), (7, 2), (4, 3), (6, 3)])
def test_all_on_fails_when_the_weight_is_too_small(weight: int, degree: int) -> None:
    shared = degree - 1
    code = reed_solomon_code(smallest_field(0, weight, degree) ** degree, weight, degree)
    groups = [list(range(start, start + shared)) for start in range(0, weight, shared)]
    assert weight == shared * len(groups)
    # All neurons of feature 0 are on though it is off; with one feature fewer they are not.
    assert read_means(code, meeting_feature_0(code, groups), union=True)[0, 0] == 1
    assert read_means(code, meeting_feature_0(code, groups[1:]), union=True)[0, 0] < 1
