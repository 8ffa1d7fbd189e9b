"""Associative memory, and threshold gates that read stored vectors, against simulations."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.special import ndtri

from polyseme.limits.associative import gardner_bits, memory_limits, memory_neurons
from polyseme.limits.ball_and_box import (
    adversarial_width,
    extremes,
    midpoint_width,
    share_right,
    tuned_threshold,
    tuned_width,
)

# Associative memory


def patterns_a_weight(share_on: float) -> float:
    entropy = -share_on * np.log2(share_on) - (1 - share_on) * np.log2(1 - share_on)
    return gardner_bits(share_on) / float(entropy)


def storable(weights: int, patterns: int, share_on: float, generator: np.random.Generator) -> bool:
    """Whether some weights and threshold answer random patterns right, by linear programming."""
    inputs = generator.standard_normal((patterns, weights))
    answers = np.where(generator.random(patterns) < share_on, 1.0, -1.0)
    rows = -answers[:, None] * np.column_stack((inputs, np.ones(patterns)))
    found = linprog(np.zeros(weights + 1), A_ub=rows, b_ub=-np.ones(patterns), bounds=(None, None))
    return bool(found.status == 0)


@pytest.mark.parametrize("share_on", [0.5, 0.1])
def test_gardner_says_how_many_patterns_can_be_stored(share_on: float) -> None:
    weights, limit = 60, patterns_a_weight(share_on)
    generator = np.random.default_rng(0)
    few, many = int(0.75 * limit * weights), int(1.3 * limit * weights)
    assert sum(storable(weights, few, share_on, generator) for _ in range(10)) >= 9
    assert sum(storable(weights, many, share_on, generator) for _ in range(10)) <= 1


def test_gardner_by_a_search_without_calculus() -> None:
    generator = np.random.default_rng(1)
    normal = generator.standard_normal(200_000)
    for share_on in (0.5, 0.2, 0.05):
        costs = [
            share_on * np.mean(np.maximum(normal + z, 0) ** 2)
            + (1 - share_on) * np.mean(np.maximum(normal - z, 0) ** 2)
            for z in np.linspace(-1, 3, 81)
        ]
        assert patterns_a_weight(share_on) == pytest.approx(1 / min(costs), rel=0.03)


def test_gardner_falls_from_two_to_its_sparse_limit() -> None:
    shares = [10.0**-power for power in (1, 2, 4, 8, 16, 64, 300)]
    bits = [2.0, *map(gardner_bits, shares)]
    assert gardner_bits(0.5) == pytest.approx(2)
    assert bits == sorted(set(bits), reverse=True)
    assert 1 / (2 * log(2)) < bits[-1] < 0.74
    assert gardner_bits(0.3) == pytest.approx(gardner_bits(0.7))


@pytest.mark.parametrize("share_on", [0.0, 1.0, -0.1, float("nan")])
def test_gardner_needs_a_share(share_on: float) -> None:
    with pytest.raises(ValueError, match="share of"):
        gardner_bits(share_on)


def test_willshaw_recalls_what_its_limit_says() -> None:
    # Patterns of w of n units, until half of all weights are 1: ln 2 bits a weight in the limit.
    n, w = 3000, 12
    limit = memory_limits()[0]
    patterns = int(-log(0.5) * n**2 / w**2)
    generator = np.random.default_rng(2)
    rows = [generator.choice(n, (2, w), replace=False) for _ in range(patterns)]
    weights = np.zeros((n, n), bool)
    for asked, stored in rows:
        weights[np.ix_(asked, stored)] = True
    assert weights.mean() == pytest.approx(0.5, abs=0.02)
    spurious = np.mean(
        [np.count_nonzero(weights[asked].all(axis=0)) - w for asked, _ in rows[:200]]
    )
    # What a recalled pattern still tells: which w of the w + spurious units, out of w of n.
    told = w * np.log2(n / (w + spurious))
    held = patterns * told / n**2
    assert 0.45 < held < limit.bits
    assert spurious == pytest.approx((n - w) * 0.5**w, rel=0.3)


def test_limits_are_in_order_and_have_sources() -> None:
    limits = memory_limits()
    assert [round(limit.bits, 2) for limit in limits] == [0.69, 0.72, 1.55, 2.0]
    sizes = [memory_neurons(10**6, limit) for limit in limits]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == 708
    with pytest.raises(ValueError, match="bits at"):
        memory_neurons(-1, limits[0])


# The ball and the box


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
