"""Pools: a heavy feature drives no more than its pool."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.compiler.constructions.three_channel.regions.pools import Pools
from support.three_channel import (
    check_placement,
    neurons_of,
    place,
    placed,
    reads_by_terms,
    reads_of,
    regions_of,
)

((PLAN, REGION),) = regions_of(Pools, "zipf")


def test_all_terms_are_placed_inside_and_read_what_they_should():
    assert REGION.largest_width == REGION.codewords
    width = REGION.smallest_width
    placement = place(PLAN, REGION, width)
    check_placement(PLAN, placement)
    assert reads_of(PLAN, placement) == reads_by_terms(PLAN, placement)
    assert placement.term_neurons.shape[1] == REGION.word_weight(width)


def test_a_heavy_feature_drives_no_more_than_its_pool():
    (placement,) = [p for p in placed("zipf") if isinstance(p.region, Pools)]
    driven: dict[int, set[int]] = {}
    words: dict[int, int] = {}
    for number, pool in enumerate(placement.region.pool.tolist()):
        driven.setdefault(pool, set()).update(neurons_of(placement, number))
        words[pool] = words.get(pool, 0) + 1
    weight = placement.term_neurons.shape[1]
    for pool, neurons in driven.items():
        crowd = words[pool]
        share = placement.width * crowd / len(placement.region.terms)
        assert len(neurons) <= min(np.ceil(max(1.25 * weight * crowd**0.5, share)), placement.width)
    # Codes drawn anywhere in the region would spread an owner of many terms over far more of it.
    spread = [
        len(neurons) / (placement.width * (1 - (1 - weight / placement.width) ** words[pool]))
        for pool, neurons in driven.items()
        if words[pool] >= 64
    ]
    assert spread
    assert np.mean(spread) < 0.6


def test_terms_are_calibrated_by_the_size_of_their_pool():
    pools = REGION.pool.tolist()
    sizes = [pools.count(pool) for pool in pools]
    expected = [0 if size < 64 else 1 if size < 256 else 2 for size in sizes]
    assert REGION.calibration_class().tolist() == expected
    assert set(expected) == set(range(REGION.calibration_classes))


@pytest.mark.parametrize("width", [1000, 4000])
def test_failures_fall_with_width(width):
    demand = PLAN.demand(3000)
    terms = len(PLAN.terms)
    narrow = sum(REGION.expected_failures(width, terms, demand))
    assert 0 <= sum(REGION.expected_failures(2 * width, terms, demand)) <= narrow
