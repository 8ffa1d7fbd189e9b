"""Associative memory against simulations."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy.optimize import linprog

from polyseme.limits.associative import gardner_bits, memory_limits, memory_neurons


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
    # Patterns of w of n units, until half of all weights are 1: ln 2 bits per weight in the limit.
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
