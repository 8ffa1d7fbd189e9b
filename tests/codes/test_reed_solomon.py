"""Reed-Solomon codes: words share few neurons, in the fields that are published."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyseme.codes import (
    SparseCode,
    reed_solomon_code,
)
from polyseme.codes.reed_solomon import largest_field, smallest_field
from polyseme.errors import CapacityError
from support.codes import quick, seeds, supports, usage


def shared_neurons(code: SparseCode) -> list[int]:
    return [len(one & other) for one, other in combinations(supports(code), 2)]


def primes(below: int) -> list[int]:
    return [n for n in range(2, below) if all(n % divisor for divisor in range(2, n))]


def slow_reed_solomon(features: int, weight: int, degree: int, field: int) -> list[set[int]]:
    words = []
    for feature in range(features):
        digits = [feature // field**power % field for power in range(degree)]
        values = [sum(d * t**power for power, d in enumerate(digits)) for t in range(weight)]
        words.append({t * field + value % field for t, value in enumerate(values)})
    return words


@quick
@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 60), st.none() | seeds)
def test_reed_solomon_is_the_polynomials_and_shares_few_neurons(
    weight: int, degree: int, features: int, seed: int | None
) -> None:
    degree = min(degree, weight)
    generator = None if seed is None else np.random.default_rng(seed)
    code = reed_solomon_code(features, weight, degree, generator)
    field = min(q for q in primes(90) if q >= weight and q**degree >= features)
    assert code.neurons == weight * field
    expected = slow_reed_solomon(features, weight, degree, field)
    if seed is None:
        assert supports(code) == expected
    else:
        assert sorted(map(sorted, supports(code))) == sorted(map(sorted, expected))
    assert max(shared_neurons(code), default=0) <= degree - 1
    assert np.ptp(usage(code)) <= 1


@pytest.mark.parametrize(
    ("weight", "degree", "features"), [(5, 1, 5), (5, 2, 25), (3, 3, 27), (5, 3, 125), (4, 2, 25)]
)
def test_reed_solomon_bound_is_attained(weight: int, degree: int, features: int) -> None:
    assert max(shared_neurons(reed_solomon_code(features, weight, degree))) == degree - 1


def test_reed_solomon_generator_deals_the_same_words_in_another_order() -> None:
    plain = supports(reed_solomon_code(100, 7, 2))
    dealt = supports(reed_solomon_code(100, 7, 2, np.random.default_rng(6)))
    assert plain != dealt
    assert sorted(map(sorted, plain)) == sorted(map(sorted, dealt))


def test_reed_solomon_at_scale_is_the_lines_over_a_prime_field() -> None:
    field = 317  # the first prime above the square root of 100,000
    code = reed_solomon_code(100_000, 30, 2)
    assert code.neurons == 30 * field
    for feature in (0, 1, 316, 317, 318, 54_321, 99_999):
        low, high = feature % field, feature // field
        assert code.positions[feature].tolist() == [
            t * field + (low + high * t) % field for t in range(30)
        ]


@pytest.mark.parametrize(
    ("features", "weight", "degree", "message"),
    [
        (9, 3, 0, r"degree 0 must lie in 1\.\.3"),
        (9, 3, 4, r"degree 4 must lie in 1\.\.3"),
        (9, 0, 1, r"degree 1 must lie in 1\.\.0"),
        (-1, 3, 1, "cannot hold -1 features"),
    ],
)
def test_reed_solomon_refuses(features: int, weight: int, degree: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        reed_solomon_code(features, weight, degree)


@pytest.mark.parametrize(("active", "weight", "neurons"), [(2, 3, 141), (3, 5, 235)])
def test_field_of_the_published_exact_instances(active: int, weight: int, neurons: int) -> None:
    """2,000 gates, influence 2, lines: weight (active - 1) * 2 * 1 + 1 makes every read exact."""
    assert weight == (active - 1) * 2 * 1 + 1
    assert weight * smallest_field(2000, weight, 2) == neurons


def test_largest_field_holds_1681_circuits_where_557_were_published() -> None:
    """*Circuits in Superposition 2*: 1,000 neurons in groups of 4, embeddings of weight 6."""
    assert largest_field(1000 // 4, 6) ** 2 == 1681


@quick
@given(st.integers(1, 12), st.integers(0, 500))
def test_largest_field_against_a_search(weight: int, neurons: int) -> None:
    fitting = [q for q in primes(501) if q >= weight and weight * q <= neurons]
    if fitting:
        assert largest_field(neurons, weight) == max(fitting)
    else:
        with pytest.raises(CapacityError, match="no prime field"):
            largest_field(neurons, weight)


def test_largest_field_needs_a_weight() -> None:
    assert largest_field(10, 1) == 7
    with pytest.raises(ValueError, match="weight 0 uses no neuron"):
        largest_field(10, 0)


def test_reed_solomon_refuses_more_neurons_than_int32_numbers() -> None:
    with pytest.raises(CapacityError, match="too large to number"):
        reed_solomon_code(1, 50_000, 1)
