"""Inputs on which logic is simulated, random ones of several densities.

Simulation tells apart most nodes that differ. Wide ANDs and ORs are hardly ever on, or off, where
every second input is on, so some inputs have most of theirs on or off.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.common.random_streams import Stream, stream

# How many random inputs have one feature of 2^k on; and as many have all but one of 2^k on.
_RANDOM = {1: 1024, 3: 512, 5: 256, 8: 256}
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
    kinds = [special]
    for times, samples in _RANDOM.items():
        few = _random(generator, inputs, 2 * samples, times)
        few[:, samples:] ^= True
        kinds.append(few)
    every = np.concatenate(kinds, axis=1)
    packed = np.packbits(every, axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in packed], every.shape[1]


def _random(
    generator: np.random.Generator, inputs: int, samples: int, times: int
) -> NDArray[np.bool_]:
    """Return Booleans (inputs, samples), each on with probability 2^-times."""
    octets = generator.integers(0, 256, (inputs, samples // 8), np.uint8)
    for _ in range(times - 1):
        octets &= generator.integers(0, 256, octets.shape, np.uint8)
    return np.unpackbits(octets, axis=1).astype(bool)
