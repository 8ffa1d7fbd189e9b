"""Tails as scipy.stats has them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from polyseme.common import distributions
from polyseme.verification.intervals import clopper_pearson

DEVIATIONS = np.linspace(-9, 9, 361)


def test_normal_chances_and_quantiles_are_those_of_scipy():
    close = {"rtol": 1e-12, "atol": 0}
    normal = stats.norm
    np.testing.assert_allclose(
        distributions.normal_density(DEVIATIONS), normal.pdf(DEVIATIONS), **close
    )
    np.testing.assert_allclose(
        distributions.normal_below(DEVIATIONS), normal.cdf(DEVIATIONS), **close
    )
    np.testing.assert_allclose(
        distributions.normal_above(DEVIATIONS), normal.sf(DEVIATIONS), **close
    )
    chances = np.geomspace(1e-12, 0.4, 60)
    np.testing.assert_allclose(distributions.normal_quantile(chances), normal.isf(chances), **close)


@settings(deadline=None)
@given(st.integers(0, 300), st.just(0.0) | st.floats(1e-9, 1))
def test_binomial_chances_are_those_of_scipy(trials, chance):
    hits = np.arange(trials + 1)
    close = {"rtol": 1e-9, "atol": 1e-300}
    expected = stats.binom.pmf(hits, trials, chance)
    np.testing.assert_allclose(distributions.binomial(hits, trials, chance), expected, **close)
    hits = np.arange(-2, trials + 3)
    found = distributions.binomial_at_least(hits, trials, chance)
    np.testing.assert_allclose(found, stats.binom.sf(hits - 1, trials, chance), **close)


@settings(deadline=None)
@given(st.integers(1, 10**6), st.floats(0, 1), st.sampled_from([0.9, 0.95, 0.99]))
def test_intervals_are_the_exact_ones(samples, share, level):
    failures = round(share * samples)
    exact = stats.binomtest(failures, samples).proportion_ci(level, "exact")
    assert clopper_pearson(failures, samples, level) == pytest.approx(tuple(exact), rel=1e-9)


def test_the_library_starts_without_the_half_second_of_scipy_stats():
    code = "import sys, polyseme.cli.main; sys.exit('scipy.stats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
