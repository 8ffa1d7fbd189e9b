"""Streams of random numbers, one per seed and purpose, so that draws for two purposes never mix.

A stream is numpy's default generator seeded with [seed, purpose, ...]. The numbers of the purposes
never change, because networks, test inputs and reproduced tables of the same seed would change too.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """Purposes of random numbers in the library, each with the number that seeds its stream.

    Numpy fills a seed up with zeros, so the problems, drawn from the seed alone
    (`circuits/problems.py`), share the stream of INPUT_CODE.
    """

    # The compiler.
    INPUT_CODE = 0
    OUTPUT_CODES = 1
    CALIBRATION = 2
    ACTIVITY = 3
    SIGNS = 4
    PROBES = 10
    # Attempt n of a confirmation draws from the stream CONFIRMATIONS + n.
    CONFIRMATIONS = 11
    READING_PROBES = 200_000
    # Attempt n reads from the stream READINGS + n.
    READINGS = 200_001

    # Verification of a finished network, on inputs that no compilation has used.
    VERIFICATION = 0x5EED
    # Activations in batches, for training on; stream n is that of the n-th draw.
    ACTIVATIONS = 0xAC71
    # Inputs on which a proof of logic tells nodes apart.
    PROOF = 0x9F00

    # Refinement, beyond any number the compiler uses.
    REFINEMENT_BLOCKS = 100_000
    REFINEMENT_FILLINGS = 100_001
    REFINEMENT_PROBE = 100_002
    REFINEMENT_CALIBRATION = 100_003
    REFINEMENT_VERIFICATION = 100_004
    REFINEMENT_SURVEY = 100_005
    REFINEMENT_DRILL = 100_006
    REFINEMENT_PAIRS = 100_007
    REFINEMENT_READINGS = 100_008
    REFINEMENT_MENDING = 100_009
    REFINEMENT_LAYERS = 100_010

    # Training from random numbers: the first numbers, the steps, and what is drawn once.
    TRAINING_START = 300_000
    TRAINING_STEPS = 300_001
    TRAINING_PROBE = 300_002

    # The benchmark: inputs that methods are fitted on, inputs for scores, methods' own numbers,
    # dressings, and chance.
    BENCH_FIT = 400_000
    BENCH_SCORES = 400_001
    BENCH_METHODS = 400_002
    BENCH_DRESSING = 400_003
    BENCH_CHANCE = 400_004
    BENCH_CONTROLS = 400_005

    # Reproduced tables.
    REPRODUCED_UNIVERSAL_AND = 0xA2D
    # It has the same number as VERIFICATION, but draws codes of a table and no inputs of a network.
    REPRODUCED_REED_SOLOMON_CODES = 0x5EED
    REPRODUCED_REED_SOLOMON_INPUTS = 0x5EEE
    REPRODUCED_ROTATIONS = 0x707A
    REPRODUCED_THRESHOLD_RECOVERY = 0x7E57
    REPRODUCED_THRESHOLD_LAW = 0x7E58
    REPRODUCED_BALL_AND_BOX = 0xBA11
    REPRODUCED_LINEAR_FLOORS = 0xF100


def stream(seed: int, purpose: int, *further: int) -> np.random.Generator:
    """Return a fresh generator for a purpose; further numbers distinguish streams of one purpose.

    Args:
        seed: The user's seed, at least 0.
        purpose: A `Stream`, or CONFIRMATIONS or READINGS plus the number of the attempt.
        further: Numbers of at least 0, such as that of a step or a size.
    """
    return np.random.default_rng([seed, purpose, *further])
