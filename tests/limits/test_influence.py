"""Sets of gates with given influences against full enumeration and exact recursions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from math import factorial, log2

import numpy as np
import pytest

from polyseme.limits.influence import gate_sets_with_influence, sparse_gate_set_bits
from polyseme.limits.pair_entropy import pair_set_bits


def classes(influence: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Influences above 0, and how many features have each."""
    read = np.array([number for number in influence if number], np.int64)
    return np.unique(read, return_counts=True)


def enumerated(features: int, inputs: int, gates: int) -> dict[tuple[int, ...], int]:
    """How many sets of gates have each sequence of influences, in rising order; all are made."""
    found: Counter[tuple[int, ...]] = Counter()
    for chosen in combinations(combinations(range(features), inputs), gates):
        found[tuple(np.bincount(np.concatenate(chosen), minlength=features).tolist())] += 1
    return {
        influence: sets for influence, sets in found.items() if list(influence) == sorted(influence)
    }


def rings(features: int) -> int:
    """Number of sets of pairs in which each feature is twice: unions of rings, by a recursion.

    Either the last feature is taken out of a ring of more than three, and its neighbours join, or
    it is in one of three.
    """
    sets = [1, 0, 0]
    for size in range(3, features + 1):
        sets.append((size - 1) * sets[-1] + (size - 1) * (size - 2) // 2 * sets[-3])
    return sets[features]


def test_rings_are_counted_rightly() -> None:
    for features in (4, 5, 6, 7):
        assert enumerated(features, 2, features)[(2,) * features] == rings(features)


@pytest.mark.parametrize(("features", "gates"), [(6, 6), (7, 5), (7, 7), (7, 10), (8, 4)])
def test_every_sequence_of_influences_of_pairs(features: int, gates: int) -> None:
    for influence, sets in enumerated(features, 2, gates).items():
        error = pair_set_bits(*classes(influence)) - log2(sets)
        assert -1.3 < error <= 0.51


@pytest.mark.parametrize("features", [10, 30, 100, 1000])
def test_the_theorem_for_pairs_of_which_each_feature_has_two(features: int) -> None:
    found = sparse_gate_set_bits(2, *classes([2] * features))
    assert abs(found - log2(rings(features))) < 0.8 / features
    # Half of that influence, and a third gate of one feature, are other numbers by far.
    assert abs(sparse_gate_set_bits(2, *classes([1] * features)) - found) > 1


@pytest.mark.parametrize(
    ("features", "inputs", "gates"),
    [(6, 3, 4), (7, 3, 5), pytest.param(8, 4, 4, marks=pytest.mark.slow)],
)
def test_the_theorem_for_wider_gates_of_even_influence(
    features: int, inputs: int, gates: int
) -> None:
    for influence, sets in enumerated(features, inputs, gates).items():
        if influence[-1] - influence[0] <= 1:
            found = sparse_gate_set_bits(inputs, *classes(influence))
            assert found == pytest.approx(log2(sets), abs=0.5)


def test_gates_that_share_no_feature_are_counted_exactly() -> None:
    exact = factorial(30) // (factorial(10) * factorial(3) ** 10)
    assert sparse_gate_set_bits(3, *classes([1] * 30)) == pytest.approx(log2(exact))


def test_the_estimate_and_the_theorem_agree_where_both_hold() -> None:
    generator = np.random.default_rng(0)
    for influence in ([2] * 3000, generator.poisson(2, 4000).tolist()):
        estimate = pair_set_bits(*classes(influence))
        theorem = sparse_gate_set_bits(2, *classes(influence))
        assert theorem - estimate == pytest.approx(0.25 / np.log(2), abs=0.03)


def test_the_formula_is_chosen_by_its_error() -> None:
    even = gate_sets_with_influence(2, *classes([2] * 100))
    assert even is not None
    assert even.source == "mckay1985asymptotics"
    # One feature in half of the gates: the theorem's error would be of thousands of bits.
    heavy = classes([500] + [1] * 500 + [2] * 250)
    uneven = gate_sets_with_influence(2, *heavy)
    assert uneven is not None
    assert uneven.source == "barvinok2013number"
    wide = gate_sets_with_influence(3, *classes([3] * 1000))
    assert wide is not None
    assert wide.source == "blinovsky2016asymptotic"
    assert gate_sets_with_influence(3, *classes([600] + [2] * 600)) is None


def test_influences_that_leave_no_choice() -> None:
    # A star; and all pairs but one.
    assert pair_set_bits(*classes([1] * 9 + [9])) == pytest.approx(0, abs=1.3)
    assert pair_set_bits(*classes([4, 4, 5, 5, 5, 5])) == pytest.approx(0, abs=1.3)
    assert pair_set_bits(*classes([1, 1])) == pytest.approx(0, abs=1.3)
