"""Failures counted until a size is decided, beside counts of all samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.compiler.search.counting import (
    Count,
    confirms,
    counted,
    decides_probe,
    has_room,
    looks_of_probe,
)
from polyseme.verification.intervals import clopper_pearson

SAMPLES, ALLOWED, AIM = 20_000, 1e-3, 0.7


def probe(wrong: np.ndarray) -> Count:
    """The count of a probe of these samples, True where one fails."""
    seen = 0

    def wrong_of(some: int) -> int:
        nonlocal seen
        seen += some
        return int(wrong[seen - some : seen].sum())

    return counted(wrong_of, looks_of_probe(len(wrong)), ALLOWED, decides_probe(AIM))


@pytest.mark.parametrize(
    ("share", "seen"),
    [(0.125, 100), (0.008, 400), (0.0025, 1600), (0.0016, 6400), (0.0007, SAMPLES), (0, SAMPLES)],
)
def test_the_more_fail_the_sooner_it_is_decided(share, seen):
    wrong = (np.arange(SAMPLES) * share) % 1 < share
    found = probe(wrong)
    assert found.seen == seen
    assert found.wrong == wrong[:seen].sum()


@settings(max_examples=100, deadline=None)
@given(share=st.floats(1e-5, 0.5), seed=st.integers(0, 10_000))
def test_what_is_decided_early_is_hardly_ever_wrong(share, seed):
    """A share that is four times as large or small as the one aimed at is never taken amiss."""
    wrong = np.random.default_rng(seed).random(SAMPLES) < share
    found = probe(wrong)
    assert found.wrong == wrong[: found.seen].sum()
    assert found.over == pytest.approx(found.wrong / found.seen / ALLOWED)
    if share > 4 * AIM * ALLOWED:
        assert found.over > AIM
    if share < AIM * ALLOWED / 4:
        assert found.over < AIM


def test_intervals_are_of_shares_over_those_allowed():
    count = Count(9, SAMPLES, ALLOWED)
    assert count.interval == pytest.approx([end / 1e-3 for end in clopper_pearson(9, SAMPLES)])
    assert count.sure_interval[0] < count.interval[0] < count.over < count.interval[1]


@pytest.mark.parametrize(
    ("count", "decided", "room"),
    [
        (Count(11, 20_000, 1e-3), True, True),
        (Count(13, 20_000, 1e-3), False, False),
        (Count(37, 50_000, 1e-3), False, False),
        (Count(70, 100_000, 1e-3), True, True),
        (Count(79, 100_000, 1e-3), False, False),
        (Count(40, 20_000, 1e-3), True, False),
    ],
)
def test_a_network_is_confirmed_with_room_or_given_up(count, decided, room):
    assert confirms(0.75)(count) == decided
    assert has_room(count, 0.75) == room


def test_looks_grow_to_all_samples():
    assert looks_of_probe(20_000) == (100, 400, 1600, 6400, 20_000)
    assert looks_of_probe(4000) == (100, 400, 1600, 4000)
    assert looks_of_probe(150) == (150,)
