"""Similarities and matches against slow ones."""

from itertools import permutations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.interpret.benchmark.scores.matching import (
    best_of_class,
    correlations,
    cosines,
    firing,
    likeness,
    match,
    split_half_phi,
)
from support.bench_subjects import site_truth


def drawn(seed: int, samples: int, count: int, rate: float) -> sp.csr_array:
    return sp.csr_array(np.random.default_rng(seed).random((samples, count)) < rate)


@given(st.integers(0, 1000), st.sampled_from([0.1, 0.5, 0.9]))
@settings(max_examples=20, deadline=None)
def test_phi_is_the_correlation_of_two_booleans(seed: int, rate: float) -> None:
    fires, labels = drawn(seed, 50, 4, rate), drawn(seed + 1, 50, 3, 0.4)
    found = correlations(fires, labels)
    for reading in range(4):
        for thing in range(3):
            one, other = fires.toarray()[:, reading], labels.toarray()[:, thing]
            if 0 < one.sum() < 50 and 0 < other.sum() < 50:
                assert found[reading, thing] == pytest.approx(np.corrcoef(one, other)[0, 1])
            else:
                assert found[reading, thing] == 0


def test_a_reading_that_always_or_never_fires_has_phi_0() -> None:
    fires = sp.csr_array(np.array([[True, False]] * 10))
    assert not correlations(fires, drawn(0, 10, 3, 0.5)).any()


def test_cosines_know_no_sign_and_no_length() -> None:
    held = site_truth(np.eye(3, 4))
    found = cosines(np.array([[-5, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]], np.float32), held)
    assert found[0].tolist() == [1, 0, 0]
    assert found[1] == pytest.approx([0, 2**-0.5, 2**-0.5], abs=1e-6)
    assert not found[2].any()


def test_things_that_no_input_tells_apart_are_the_space_they_span() -> None:
    held = site_truth(np.eye(3), same=[0, 0, 2])
    found = cosines(np.array([[1, 1, 0], [1, 1, 1]], np.float32), held)
    assert found[0].tolist() == [1, 1, 0]
    assert found[1] == pytest.approx([(2 / 3) ** 0.5] * 2 + [3**-0.5], abs=1e-6)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_a_match_is_the_best_of_all(seed: int) -> None:
    similarity = np.random.default_rng(seed).random((4, 3))
    reading = match(similarity)
    best = max(similarity[list(some), range(3)].sum() for some in permutations(range(4), 3))
    assert similarity[reading, np.arange(3)].sum() == pytest.approx(best)


def test_readings_that_resemble_nothing_are_not_matched() -> None:
    assert match(np.array([[0, 0.5], [0, 0]])).tolist() == [-1, 0]


def test_the_best_of_a_class_is_that_of_its_members() -> None:
    assert best_of_class(np.array([1, 3, 2, 0.0]), np.array([0, 0, 2, 0])).tolist() == [3, 3, 2, 3]


def test_the_better_sign_of_a_reading_counts() -> None:
    labels = drawn(3, 200, 5, 0.3)
    on = labels.toarray().astype(np.float32)
    for activity in (on, -on, 3 * on - 1, 1 - on):
        fires = firing(activity)
        assert np.diag(likeness(fires, labels)) == pytest.approx(1)
        half = np.arange(200) % 2 == 0
        assert split_half_phi(fires, labels, half) == pytest.approx(1)


def test_matching_and_scoring_on_the_same_samples_finds_what_is_not_there() -> None:
    """300 readings that know nothing of 300 things get .083 by chance; in halves, 0."""
    labels, fires = drawn(0, 2000, 300, 0.02), drawn(1, 2000, 300, 0.02)
    phi = correlations(fires, labels)
    same = phi[match(np.maximum(phi, 0)), np.arange(300)].mean()
    assert same == pytest.approx(0.083, abs=0.004)
    half = np.arange(2000) % 2 == 0
    split = split_half_phi(firing(fires.toarray().astype(np.float32)), labels, half)
    assert abs(split.mean()) < 0.006
