"""Cases: gates by the influence of their inputs, against counting one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.compiler.constructions.adler_shavit.cases import (
    INPUT,
    MIXED,
    OUTPUT,
    channels_of,
    gates_astray,
    heavy_inputs,
    regions_of,
)
from support.stages import stage_of


def drawn(gates: int, seed: int) -> list[list[int]]:
    """Pairs of eight inputs, of which some are read much more often."""
    generator = np.random.default_rng(seed)
    weights = 1 / np.arange(1, 9)
    chance = weights / weights.sum()
    return [generator.choice(8, 2, replace=False, p=chance).tolist() for _ in range(gates)]


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 60), st.integers(0, 999))
def test_channels_are_those_of_a_slow_count(count, seed):
    gates = drawn(count, seed)
    stage = stage_of(gates, 8)
    limit = max(8.0, 2 * len(gates) ** 0.25)
    heavy = [sum(wire in gate for gate in gates) > limit for wire in range(8)]
    assert heavy_inputs(stage).tolist() == heavy
    by_count = {0: OUTPUT, 1: MIXED, 2: INPUT}
    expected = [by_count[sum(heavy[wire] for wire in gate)] for gate in gates]
    assert channels_of(stage).tolist() == expected


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 60), st.integers(0, 999))
def test_regions_part_the_gates_by_channel_and_by_inputs_needed(count, seed):
    gates = drawn(count, seed)
    ors = (np.random.default_rng(seed).random(count) < 0.5).tolist()
    stage = stage_of(gates, 8, disjunction=ors)
    regions, channels, needed = regions_of(stage), channels_of(stage), stage.needed
    gathered = np.concatenate([region.gates for region in regions])
    assert sorted(gathered.tolist()) == list(range(len(gates)))
    kinds = [(region.channel, region.needed) for region in regions]
    assert kinds == sorted(set(kinds))
    for region in regions:
        assert (channels[region.gates] == region.channel).all()
        assert (needed[region.gates] == region.needed).all()
        assert region.literals == 2 * len(region.gates)


# Input 0 is read by nine gates, which is one more than light inputs are.
CROWD = [[0, other] for other in range(1, 9)]


@pytest.mark.parametrize(
    ("options", "astray"),
    [({}, False), ({"disjunction": [True] * 9}, True), ({"negated": [(8, 0)]}, True)],
)
def test_heavy_inputs_are_for_ands_of_plain_inputs(options, astray):
    heavy = stage_of([*CROWD, [0, 9]], 10, **options)
    assert gates_astray(heavy).any() == astray
    light = stage_of([*CROWD, [10, 9]], 11, **options)
    assert not gates_astray(light).any()
