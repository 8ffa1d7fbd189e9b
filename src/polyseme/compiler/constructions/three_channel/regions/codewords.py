"""Codewords of code regions and pools: their weight, and the draw of their neurons.

Codewords that share neurons are more easily mistaken for one another. So any two share at most one
neuron where such codewords fit (`polyseme.codes.affine`), and they are balanced random ones where
not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.affine import affine_code, affine_places
from polyseme.codes.balanced import balanced_rows

# Codewords of lower weight are too easily mistaken for one another.
MIN_WEIGHT = 6


def code_weight(needed: int, width: int) -> int:
    """Return the best number of neurons per codeword on `width` neurons.

    More neurons average better, until codewords overlap too much. Terms of several inputs overlap
    sooner, because each of their features drives the codes of all its terms. Measured optima at
    error 1e-3 are 8 to 10 for pairwise AND in 1,500 neurons and 16 for a permutation in 1,700.
    """
    largest, crowding = (16, 6) if needed == 1 else (12, 15)
    return int(np.clip(np.sqrt(width / crowding), MIN_WEIGHT, largest))


def draw_words(
    count: int, width: int, weight: int, generator: np.random.Generator
) -> NDArray[np.int32]:
    """Draw codewords, int32 (count, weight).

    Any two share at most one neuron where that many such words fit; they are balanced random ones
    otherwise.
    """
    if affine_places(count, width, weight):
        return affine_code(count, width, weight, generator).positions
    return balanced_rows(count, width, weight, generator)
