"""Codes and reads of the three channels, against a slow count of who drives whom."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.compiler.constructions.adler_shavit import (
    input_channel,
    mixed_channel,
    output_channel,
)
from polyseme.compiler.constructions.adler_shavit.output_channel import Placement
from polyseme.compiler.constructions.adler_shavit.random_sets import random_sets, sets_within
from polyseme.compiler.schedule.stages import Stage
from support.stages import stage_of


def drawn_pairs(gates: int, inputs: int, seed: int = 0) -> list[list[int]]:
    generator = np.random.default_rng(seed)
    return [generator.permutation(inputs)[:2].tolist() for _ in range(gates)]


def sets_of(placement: Placement, feature: int) -> set[int]:
    """The neurons that a feature drives."""
    column = placement.reads[:, [feature]].toarray().ravel()
    return set(np.flatnonzero(column).tolist())


def driven_by_codes(stage: Stage, placement: Placement, feature: int) -> set[int]:
    """The neurons of the gates that read a feature."""
    found: set[int] = set()
    for gate in range(len(stage)):
        begin, end = stage.offsets[gate : gate + 2]
        if feature in stage.literals[begin:end]:
            found |= set(placement.codes[gate].tolist())
    return found


# --- random sets ---------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(0, 30), st.integers(1, 40), st.integers(0, 9), st.data())
def test_random_sets_are_sets_and_follow_the_seed(sets, neurons, seed, data):
    weight = data.draw(st.integers(1, neurons))
    found = random_sets(sets, neurons, weight, np.random.default_rng(seed))
    assert found.shape == (sets, weight)
    assert (np.diff(found, axis=1) > 0).all()
    assert not found.size or (found.min() >= 0 and found.max() < neurons)
    again = random_sets(sets, neurons, weight, np.random.default_rng(seed))
    assert np.array_equal(found, again)


def test_random_sets_use_all_neurons_alike():
    found = random_sets(20_000, 50, 5, np.random.default_rng(0))
    counts = np.bincount(found.ravel(), minlength=50)
    # 2,000 each, give or take five deviations.
    assert np.abs(counts - 2000).max() < 5 * np.sqrt(2000)


def test_sets_within_stay_within_and_are_filled_up_from_outside():
    allowed = np.zeros((2, 12), bool)
    allowed[0, :7] = allowed[1, :3] = True
    for seed in range(20):
        roomy, tight = sets_within(allowed, 5, np.random.default_rng(seed))
        assert set(roomy) <= set(range(7))
        assert {0, 1, 2} <= set(tight)
        assert len(set(tight)) == 5


# --- channels ------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 99))
def test_in_the_output_channel_inputs_drive_the_codes_of_their_gates_and_no_more(seed):
    stage = stage_of(drawn_pairs(30, 12, seed), 12)
    placement = output_channel.place(stage, 40, 4, np.random.default_rng(seed))
    assert placement.reads.shape == (40, 12)
    assert set(placement.reads.data.tolist()) <= {1}
    for feature in range(12):
        assert sets_of(placement, feature) == driven_by_codes(stage, placement, feature)


def test_an_input_read_both_plain_and_negated_by_a_neuron_does_not_count():
    stage = stage_of([[0, 1], [2, 0]], 3, negated=[(1, 1)])
    # Both gates are on all neurons.
    placement = output_channel.place(stage, 4, 4, np.random.default_rng(0))
    assert placement.reads.toarray().tolist() == [[0, 1, 1]] * 4


def test_in_the_input_channel_codes_are_in_what_sets_share_which_inputs_drive_in_full():
    stage, heavy = stage_of(drawn_pairs(80, 10), 10), np.ones(10, bool)
    width, weight = 400, 6
    placement = input_channel.place(stage, heavy, width, weight, np.random.default_rng(1))
    size = np.ceil(input_channel.set_density(width, weight, 2) * width)
    drives = [sets_of(placement, feature) for feature in range(10)]
    for gate, (one, other) in enumerate(stage.literals.reshape(-1, 2).tolist()):
        assert set(placement.codes[gate].tolist()) <= drives[one] & drives[other]
    # A set has neurons beyond its own only where gates had to be filled up.
    assert all(len(neurons) >= size for neurons in drives)
    assert np.mean([len(neurons) for neurons in drives]) < 1.2 * size


def test_in_the_mixed_channel_light_inputs_drive_codes_inside_the_set_of_the_heavy_one():
    gates = [[gate % 3, 3 + gate] for gate in range(60)]
    stage, heavy = stage_of(gates, 63), np.arange(63) < 3
    width, weight = 300, 5
    placement = mixed_channel.place(stage, heavy, width, weight, np.random.default_rng(2))
    for gate, (owner, light) in enumerate(gates):
        code = set(placement.codes[gate].tolist())
        assert sets_of(placement, light) == code
        assert code <= sets_of(placement, owner)
    # Each heavy input has a third of the gates, and a third of the neurons.
    assert [len(sets_of(placement, owner)) for owner in range(3)] == [100, 100, 100]


@pytest.mark.parametrize("inputs", [1, 2, 3])
def test_sets_share_on_average_two_deviations_more_than_a_code(inputs):
    width, weight = 20_000, 16
    density = input_channel.set_density(width, weight, inputs)
    assert width * density**inputs == pytest.approx(16 + 2 * 4)
    assert input_channel.set_density(10, weight, inputs) == 1.0
