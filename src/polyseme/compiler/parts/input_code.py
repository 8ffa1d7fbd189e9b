"""Pass 6: the code in which the network receives its features.

In superposition, a feature is a signed set of `INPUT_WEIGHT` of the d input dimensions, and all
together are a union of orthogonal blocks, which interferes as little as Welch's bound allows. Signs
centre the interference (positive and negative shared places cancel), and a weight of 32 is close
enough to a dense code for the noise at a neuron to be nearly Gaussian while a sparse input still
touches few columns. Basis-aligned, feature i is dimension i: nothing interferes.

Features too heavy for any channel (they own pools that hold a good part of the circuit, and work
them with a large weight) get dimensions of their own: their codes avoid each other's and everyone
else's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.codes.orthogonal_blocks import orthogonal_block_code

INPUT_WEIGHT = 32
# At most this share of the input dimensions goes to features that do not share theirs.
APART_SHARE = 0.25


def input_code(
    features: int,
    dimensions: int,
    basis: bool,
    apart: NDArray[np.int32],
    generator: np.random.Generator,
) -> SparseCode:
    """Draw the input code: basis-aligned, or signed sets of a power-of-two weight.

    `apart` lists the features that get dimensions of their own; as many of them, from the front, as
    `APART_SHARE` of the dimensions hold.
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
    """The dimensions of a superposed code that `apart` heavy features leave to the others."""
    weight = _weight(dimensions)
    return dimensions - weight * min(apart, int(APART_SHARE * dimensions / weight))


def _weight(dimensions: int) -> int:
    return min(INPUT_WEIGHT, 1 << max(0, (dimensions // 4).bit_length() - 1))
