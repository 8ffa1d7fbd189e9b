"""Pass 6: draw the code in which the network receives its features.

In superposition, the code of a feature is a signed set of `INPUT_WEIGHT` of the d input dimensions.
All codes together are a union of orthogonal blocks, whose interference is the least that Welch's
bound allows. Signs centre the interference, since positive and negative shared places cancel. A
weight of 32 is close enough to a dense code to make the noise at a neuron nearly Gaussian, while a
sparse input still touches few columns of W. With basis-aligned inputs, feature i is dimension i,
and there is no interference.

Some features own pools with a large part of the circuit, whose neurons they switch with a large
weight. They get dimensions of their own, which no other feature shares.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.codes.orthogonal_blocks import orthogonal_block_code

INPUT_WEIGHT = 32
# Largest share of the input dimensions for features that share none with others.
APART_SHARE = 0.25


def input_code(
    features: int,
    dimensions: int,
    basis: bool,
    apart: NDArray[np.int32],
    generator: np.random.Generator,
) -> SparseCode:
    """Draw the input code: basis-aligned, or signed sets of a power-of-two weight.

    `apart` lists features that get dimensions of their own, in this order, as long as `APART_SHARE`
    of the dimensions is not used up.
    """
    if basis:
        places = np.arange(features, dtype=np.int32)[:, None]
        return SparseCode(features, places, np.ones((features, 1), np.int8))
    weight = _weight(dimensions)
    shared = shared_dimensions(dimensions, len(apart))
    apart = apart[: (dimensions - shared) // weight]
    code = orthogonal_block_code(features, shared, weight, generator)
    positions = code.positions.copy()
    positions[apart] = np.arange(shared, dimensions).reshape(len(apart), weight)
    return SparseCode(dimensions, positions, code.signs)


def shared_dimensions(dimensions: int, apart: int) -> int:
    """Return the dimensions of a superposed code that `apart` heavy features leave to others."""
    weight = _weight(dimensions)
    return dimensions - weight * min(apart, int(APART_SHARE * dimensions / weight))


def _weight(dimensions: int) -> int:
    return min(INPUT_WEIGHT, 1 << max(0, (dimensions // 4).bit_length() - 1))
