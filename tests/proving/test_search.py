"""Branch and bound, against all sets tried one by one, in machine code and in numpy."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.proving.branch_and_bound import search as search_module
from polyseme.proving.branch_and_bound import steps_in_arrays, steps_in_loops
from polyseme.proving.branch_and_bound.search import (
    Found,
    compiled_search,
    plain_search,
    search,
    search_for,
)
from polyseme.proving.branch_and_bound.walk import walk_with

ALL = 10**9
STEPS = ("value", "added", "scores", "best_few", "best", "kept")


def drawn(seed: int) -> tuple[np.ndarray, ...]:
    """Reads, least reads, sums, weights and features that are barred."""
    generator = np.random.default_rng(seed)
    units, features = generator.integers(0, 7), generator.integers(1, 10)
    reads = generator.integers(-6, 7, (units, features)).astype(np.int16)
    sums = generator.integers(-12, 9 + 30 * (seed % 2), units)
    weights = generator.integers(-3, 4, units)
    if seed % 5 == 0:
        weights = -np.abs(weights)
    barred = np.flatnonzero(generator.random(features) < 0.2)
    return reads, reads.min(axis=1, initial=0).astype(np.int64), sums, weights, barred


def value_of(reads: np.ndarray, sums: np.ndarray, weights: np.ndarray, on: list[int]) -> int:
    total = sums + reads[:, on].astype(int).sum(axis=1)
    return int((weights * np.maximum(total, 0)).sum())


def tried(reads, lowest, sums, weights, barred, free: int) -> int:
    allowed = np.setdiff1d(np.arange(reads.shape[1]), barred).tolist()
    return max(
        value_of(reads, sums, weights, list(on))
        for size in range(free + 1)
        for on in combinations(allowed, size)
    )


def walked(steps, given: tuple[np.ndarray, ...], free: int, beat: int) -> Found:
    walk = walk_with(*(getattr(steps, name) for name in STEPS))
    value, features, complete = walk(*given, free, beat, ALL)
    return Found(value, features[features >= 0], complete)


@given(st.integers(0, 10**6), st.integers(0, 5))
@settings(max_examples=150, deadline=None)
def test_the_largest_value_and_a_set_that_has_it(seed: int, free: int) -> None:
    given = drawn(seed)
    reads, _, sums, weights, barred = given
    found = search(plain_search(), *given, free, -(10**6), ALL)
    assert found.complete
    assert found.value == tried(*given, free)
    on = found.features.tolist()
    assert len(set(on)) == len(on) <= free
    assert not set(on) & set(barred.tolist())
    assert value_of(reads, sums, weights, on) == found.value


@given(st.integers(0, 10**6), st.integers(0, 4), st.integers(-20, 60))
@settings(max_examples=80, deadline=None)
def test_loops_and_arrays_walk_alike_and_beat_what_is_to_be_beaten(
    seed: int, free: int, beat: int
) -> None:
    given = drawn(seed)
    found = search(compiled_search(), *given, free, beat, ALL)
    for steps in (steps_in_loops, steps_in_arrays):
        other = walked(steps, given, free, beat)
        assert (other.value, other.features.tolist()) == (found.value, found.features.tolist())
    assert found.value == max(beat, tried(*given, free))


def test_what_is_worth_compiling_is_compiled_if_numba_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few, many = 10**6, 10**9
    assert search_for(few) is plain_search()
    assert search_for(many) is compiled_search()
    monkeypatch.setattr(search_module, "has_numba", lambda: False)
    assert search_for(many) is plain_search()


def test_a_search_that_takes_too_long_says_so() -> None:
    generator = np.random.default_rng(3)
    reads = generator.integers(-9, 10, (8, 60)).astype(np.int16)
    lowest = reads.min(axis=1).astype(np.int64)
    sums, weights = generator.integers(-20, 20, 8), generator.integers(-4, 5, 8)
    nothing = np.zeros(0, np.int64)
    whole = search(plain_search(), reads, lowest, sums, weights, nothing, 6, -(10**6), ALL)
    part = search(plain_search(), reads, lowest, sums, weights, nothing, 6, -(10**6), 400)
    assert whole.complete
    assert not part.complete
    assert part.value <= whole.value
