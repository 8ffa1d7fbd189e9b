"""Inputs on which logic is simulated: random ones of three densities, and those around one input.

Simulation tells apart most nodes that differ. Wide ANDs and ORs are hardly ever on, or off, where
every second input is on, so some inputs have most of theirs on or off.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.common.random_streams import Stream, stream

# Random inputs of each density: every second feature on, one of eight, seven of eight.
_HALF, _FEW, _MOST = 2048, 1024, 1024
# Inputs of which one feature alone is on, or off.
_ALONE = 512


def first_patterns(inputs: int) -> tuple[list[int], int]:
    """Return the inputs that every proof begins with.

    Args:
        inputs: Number of inputs of the logic.

    Returns:
        For every input the samples in which it is on, as the bits of a number, and the number of
        samples: 4,096 random ones behind all off, all on, and (of the first 512) one on or off.
    """
    generator = stream(0, Stream.PROOF)
    alone = min(inputs, _ALONE)
    special = np.zeros((inputs, 2 + 2 * alone), bool)
    special[:, 1] = True
    special[:, 2 + alone :] = True
    special[np.arange(alone), 2 + np.arange(alone)] = True
    special[np.arange(alone), 2 + alone + np.arange(alone)] = False
    few = _random(generator, inputs, _FEW, 3)
    most = ~_random(generator, inputs, _MOST, 3)
    half = _random(generator, inputs, _HALF, 1)
    every = np.concatenate((special, half, few, most), axis=1)
    packed = np.packbits(every, axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in packed], every.shape[1]


def _random(
    generator: np.random.Generator, inputs: int, samples: int, times: int
) -> NDArray[np.bool_]:
    """Return Booleans (inputs, samples), each on with probability 2^-times."""
    octets = generator.integers(0, 256, (times, inputs, samples // 8), np.uint8)
    return np.unpackbits(np.bitwise_and.reduce(octets, axis=0), axis=1).astype(bool)
