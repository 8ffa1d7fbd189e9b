"""Thresholds between fitted tails, beside the best there is."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.compiler.parts.tails import share_between_tails

SAMPLES = 8000


def normal(mean: float, deviation: float, seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(mean, deviation, SAMPLES)
    return drawn.astype(np.float32)


@pytest.mark.parametrize(("on", "off"), [(0.12, 0.12), (0.08, 0.16), (0.2, 0.05)])
def test_between_normal_readings_lies_where_both_are_equally_far(on, off):
    """Of normal readings at 0 and 1, the best threshold is nearly as many deviations from both."""
    best = off / (on + off)
    found = [
        share_between_tails([(normal(1, on, seed), normal(0, off, 100 + seed))])
        for seed in range(10)
    ]
    assert np.allclose(found, best, atol=0.03)
    assert np.std(found) < 0.012


def test_the_kind_that_fails_most_decides():
    easy = normal(1, 0.05, 0), normal(0, 0.05, 1)
    hard = normal(0.9, 0.1, 2), normal(0.2, 0.1, 3)
    alone, both = share_between_tails([hard]), share_between_tails([easy, hard])
    assert both == alone != share_between_tails([easy])


def test_samples_without_an_output_that_is_on_have_no_lowest_reading():
    on, off = normal(1, 0.1, 0), normal(0, 0.1, 1)
    some = np.where(np.arange(SAMPLES) % 2, on, np.inf).astype(np.float32)
    assert share_between_tails([(some, off)]) == pytest.approx(0.5, abs=0.03)
    nowhere = np.full(SAMPLES, np.inf, np.float32)
    assert share_between_tails([(nowhere, off), (on, -nowhere)]) == pytest.approx(0.5, abs=0.1)


def test_readings_without_noise_are_told_apart():
    share = share_between_tails([(np.ones(300, np.float32), np.zeros(300, np.float32))])
    assert share == pytest.approx(0.5, abs=0.02)
