"""Streams of random numbers: one per seed and purpose, with numbers that never change."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.common.random_streams import Stream, stream

NUMBERS = {
    "INPUT_CODE": 0,
    "OUTPUT_CODES": 1,
    "CALIBRATION": 2,
    "ACTIVITY": 3,
    "SIGNS": 4,
    "PROBES": 10,
    "CONFIRMATIONS": 11,
    "VERIFICATION": 24301,
    "PROOF": 40704,
    "REFINEMENT_BLOCKS": 100000,
    "REFINEMENT_FILLINGS": 100001,
    "REFINEMENT_PROBE": 100002,
    "REFINEMENT_CALIBRATION": 100003,
    "REFINEMENT_VERIFICATION": 100004,
    "REFINEMENT_SURVEY": 100005,
    "REFINEMENT_DRILL": 100006,
    "REFINEMENT_PAIRS": 100007,
    "REFINEMENT_READINGS": 100008,
    "REFINEMENT_MENDING": 100009,
    "REFINEMENT_LAYERS": 100010,
    "TRAINING_START": 300000,
    "TRAINING_STEPS": 300001,
    "TRAINING_PROBE": 300002,
    "BENCH_FIT": 400000,
    "BENCH_SCORES": 400001,
    "BENCH_METHODS": 400002,
    "BENCH_DRESSING": 400003,
    "BENCH_CHANCE": 400004,
    "BENCH_CONTROLS": 400005,
    "ACTIVATIONS": 44145,
    "READING_PROBES": 200000,
    "READINGS": 200001,
    "REPRODUCED_UNIVERSAL_AND": 2605,
    "REPRODUCED_REED_SOLOMON_CODES": 24301,
    "REPRODUCED_REED_SOLOMON_INPUTS": 24302,
    "REPRODUCED_ROTATIONS": 28794,
    "REPRODUCED_THRESHOLD_RECOVERY": 32343,
    "REPRODUCED_THRESHOLD_LAW": 32344,
    "REPRODUCED_BALL_AND_BOX": 47633,
    "REPRODUCED_LINEAR_FLOORS": 61696,
}


def test_numbers_of_purposes_have_not_changed():
    assert {name: int(purpose) for name, purpose in Stream.__members__.items()} == NUMBERS


def test_only_the_two_purposes_that_the_comment_names_share_a_number():
    shared = set(Stream.__members__) - {purpose.name for purpose in Stream}
    assert shared == {"REPRODUCED_REED_SOLOMON_CODES"}


@pytest.mark.parametrize("numbers", [(3, Stream.PROBES), (3, 12), (0, Stream.ACTIVITY, 5, 6)])
def test_a_stream_is_seeded_with_the_seed_and_the_purpose(numbers):
    expected = np.random.default_rng([int(number) for number in numbers]).random(5)
    assert stream(*numbers).random(5).tolist() == expected.tolist()


def test_streams_differ_by_seed_purpose_and_further_numbers():
    drawn = [
        stream(*numbers).integers(2**60)
        for numbers in ((0, 1), (1, 1), (0, 2), (0, 1, 1), (0, 1, 2), (0, 1, 1, 1))
    ]
    assert len(set(drawn)) == len(drawn)
