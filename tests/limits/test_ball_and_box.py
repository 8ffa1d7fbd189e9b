"""Threshold gates that read stored vectors, against simulations."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from polyseme.limits.ball_and_box import (
    adversarial_width,
    extremes,
    midpoint_width,
    share_right,
    tuned_threshold,
    tuned_width,
)


def direct_share(
    dimensions: int, features: int, active: int, threshold: float, draws: int
) -> float:
    """How often every pairwise AND is right, with the codes drawn and every pair tried."""
    generator = np.random.default_rng(3)
    upper = np.triu_indices(features, 1)
    true = (upper[0] < active) & (upper[1] < active)
    right = 0
    for _ in range(draws):
        codes = generator.standard_normal((features, dimensions)) / sqrt(dimensions)
        reads = codes @ codes[:active].sum(axis=0)
        right += bool((((reads[upper[0]] + reads[upper[1]]) > threshold) == true).all())
    return right / draws


@pytest.mark.parametrize("dimensions", [60, 120, 240])
def test_the_exact_law_is_that_of_gaussian_codes(dimensions: int) -> None:
    features, active, draws = 60, 4, 600
    threshold = tuned_threshold(dimensions, features, active)
    direct = direct_share(dimensions, features, active, threshold, draws)
    law = share_right(dimensions, features, active, threshold, 4000, np.random.default_rng(4))
    spread = 4 * sqrt(max(law * (1 - law), 0.01) * (1 / draws + 1 / 4000))
    assert abs(direct - law) <= spread + 0.02


def test_the_law_splits_reads_as_described() -> None:
    # Inner products of Gaussian codes have this much noise: mean 1 and variance k / d when off.
    generator = np.random.default_rng(5)
    d, k = 50, 5
    codes = generator.standard_normal((20_000, d)) / sqrt(d)
    stored = generator.standard_normal((20_000, k, d)) / sqrt(d)
    off = np.einsum("nd,nkd->n", codes, stored)
    assert off.var() == pytest.approx(k / d, rel=0.05)


@pytest.mark.parametrize(("features", "active"), [(2000, 8), (20_000, 30)])
def test_widths_part_failure_from_success(features: int, active: int) -> None:
    def right(width: float, threshold: float | None) -> float:
        dimensions = round(width)
        chosen = threshold or tuned_threshold(dimensions, features, active)
        return share_right(dimensions, features, active, chosen, 300, np.random.default_rng(6))

    tuned, midpoint = tuned_width(features, active), midpoint_width(features, active)
    assert right(tuned / 2, None) < 0.02
    assert right(3 * tuned, None) > 0.9
    assert right(midpoint / 2, 1.5) < 0.05
    assert right(3 * midpoint, 1.5) > 0.9
    # Halfway is the wrong threshold: at a width that is enough for the tuned one it fails more.
    assert right(1.5 * tuned, None) > right(1.5 * tuned, 1.5) + 0.1


def test_formulas_as_published() -> None:
    m, k = 10_000, 20
    on, off = sqrt(2 * log(k)), sqrt(2 * log(m - k))
    assert extremes(m, k, finite=False) == (on, off)
    assert tuned_width(m, k, finite=False) == pytest.approx(k * (3 * on + off) ** 2)
    assert midpoint_width(m, k, finite=False) == pytest.approx(4 * k * (on + off) ** 2)
    assert tuned_width(m, k, inputs=4, finite=False) == pytest.approx(k * (7 * on + off) ** 2)
    assert adversarial_width(m, k) == pytest.approx(k**2 * log(m))
    assert extremes(m, k) == (
        pytest.approx(float(-ndtri(1 / k))),
        pytest.approx(float(-ndtri(1 / (m - k)))),
    )
    assert tuned_threshold(10**9, m, k, inputs=3) == pytest.approx(2.5, abs=1e-3)


@pytest.mark.parametrize("inputs", [2, 3])
def test_at_its_width_the_tuned_threshold_has_no_room_left(inputs: int) -> None:
    m, k = 5000, 12
    width = tuned_width(m, k, inputs=inputs)
    noise, (on, off) = sqrt(k / width), extremes(m, k)
    least_true, largest_false = inputs * (1 - noise * on), (inputs - 1) * (1 + noise * on)
    assert least_true == pytest.approx(largest_false + noise * off)
    assert tuned_threshold(round(width), m, k, inputs=inputs) == pytest.approx(least_true, rel=1e-2)


@given(st.integers(6, 10**7), st.integers(2, 50), st.booleans())
@settings(max_examples=100, deadline=None)
def test_widths_grow(features: int, active: int, finite: bool) -> None:
    active = min(active, features - 3)
    here = tuned_width(features, active, finite=finite)
    # The midpoint is one choice of threshold, so it never does with less.
    assert here <= midpoint_width(features, active, finite=finite) * (1 + 1e-9) or (
        extremes(features, active, finite=finite)[0] > extremes(features, active, finite=finite)[1]
    )
    assert here <= tuned_width(2 * features, active, finite=finite)
    if active > 2:
        assert here <= tuned_width(features, active, inputs=3, finite=finite)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: extremes(10, 1), "1 of 10"),
        (lambda: tuned_width(10, 9), "9 of 10"),
        (lambda: midpoint_width(3, 5), "5 of 3"),
        (lambda: tuned_width(10, 2, inputs=3), "AND of 3"),
        (lambda: adversarial_width(10, 0), "0 of 10"),
        (lambda: tuned_threshold(0, 10, 2), "0 dimensions"),
        (lambda: share_right(5, 10, 2, 1.5, 0, np.random.default_rng(0)), "0 draws"),
    ],
)
def test_nonsense_is_refused(call, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        call()
