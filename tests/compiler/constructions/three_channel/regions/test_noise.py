"""Normal noise, and the threshold at which a region fails least."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.codes.orthogonal_blocks import orthogonal_block_code
from polyseme.compiler.constructions.three_channel.regions.noise import (
    SHARES,
    fewest_failures,
    noise_variance,
    rectified,
)
from polyseme.compiler.constructions.three_channel.regions.region import Demand
from support.three_channel import plan_of


@settings(max_examples=20, deadline=None)
@given(mean=st.floats(-1, 1), deviation=st.floats(0.05, 1))
def test_mean_and_variance_of_a_relu_of_noise(mean, deviation):
    drawn = np.maximum(mean + deviation * np.random.default_rng(0).standard_normal(200_000), 0)
    expected, variance = rectified(mean, np.array([deviation]))
    assert expected[0] == pytest.approx(drawn.mean(), abs=0.01)
    assert variance[0] == pytest.approx(drawn.var(), abs=0.01)


@pytest.mark.parametrize("load", [1, 4, 12])
def test_variance_is_that_of_minimum_norm_reads_of_a_tight_frame(load):
    features, dimensions = 512, 128
    code = orthogonal_block_code(features, dimensions, 16, np.random.default_rng(1))
    frame = code.matrix().toarray() / np.sqrt(16)
    generator = np.random.default_rng(2)
    seen = []
    for _ in range(40):
        own = generator.choice(features, load, replace=False)
        # The shortest weights that read every own feature as 1.
        reads = frame @ np.linalg.pinv(frame[own]) @ np.ones(load)
        foreign = np.delete(reads, own)
        seen.append((foreign**2).sum() / features)
    demand = Demand(3, 1e-2, dimensions, features)
    expected = float(noise_variance(np.array([float(load)]), demand)[0])
    assert np.mean(seen) == pytest.approx(expected, rel=0.15)


def test_basis_aligned_inputs_make_no_noise():
    demand = Demand(3, 1e-2, 100, 100)
    assert not noise_variance(np.array([1.0, 9.0]), demand).any()


@pytest.mark.parametrize("kind", ["regular", "permutation"])
def test_the_threshold_is_the_one_at_which_misses_and_strays_are_fewest(kind):
    """The oracle tries every threshold."""
    plan = plan_of(kind)
    region = plan.regions[0]
    demand = replace(plan.demand(100), active=4)
    generator = np.random.default_rng(3)
    miss, stray = generator.random((2, len(SHARES)))
    count, words = 2 * len(region.terms), len(region.terms)
    foreign = 4 - region.needed
    beside = foreign * count / demand.features if region.needed == 1 else 0
    rivals = words if region.needed == 1 else 16
    tried = [
        (x * words / count * (1 + beside), y * min(rivals, words))
        for x, y in zip(miss.tolist(), stray.tolist(), strict=True)
    ]
    found = fewest_failures(region, miss, stray, count, demand)
    assert found == pytest.approx(min(tried, key=sum))
