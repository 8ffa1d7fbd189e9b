"""Sparse signed codes that are unions of orthogonal bases, with the least possible interference.

For m unit vectors in d dimensions the mean squared inner product is at least (m-d)/(d(m-1)), with
equality exactly for tight frames (Welch, *IEEE Trans. Inf. Theory* 20, 1974). Independent random
codes have 1/d, which is above the bound by a factor of about 1/(1 - d/m). A union of orthonormal
bases is a tight frame, so it meets the bound. Features are cut into blocks of about d. In a block
the dimensions are shuffled into groups of w, and the w features of a group take the rows of a
Hadamard matrix of order w on it, with random column signs. Features of one block do not interfere.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import hadamard

from polyseme.codes.code import SparseCode
from polyseme.errors import OptionError


def orthogonal_block_code(
    features: int, neurons: int, weight: int, generator: np.random.Generator
) -> SparseCode:
    """Draw a signed code of `weight` (a power of two) as a union of orthogonal blocks.

    The bound is met exactly if `weight` divides `neurons` and `neurons` divides `features`, and
    nearly if not. Raises OptionError when the weight is not a power of two or exceeds the neurons.
    """
    if weight < 1 or weight & (weight - 1) or weight > neurons:
        raise OptionError(f"weight {weight} must be a power of two of at most {neurons} neurons")
    groups = neurons // weight
    block = groups * weight
    rows = hadamard(weight, dtype=np.int8)
    positions = np.empty((-(-features // block) * block, weight), np.int32)
    signs = np.empty(positions.shape, np.int8)
    for begin in range(0, len(positions), block):
        shuffled = generator.permutation(neurons)[:block].reshape(groups, weight)
        flips = generator.integers(0, 2, (groups, weight), dtype=np.int8) * np.int8(2) - np.int8(1)
        # Consecutive features go to different groups, so an incomplete last block is balanced too.
        positions[begin : begin + block] = np.tile(shuffled, (weight, 1))
        signs[begin : begin + block] = (rows[:, None, :] * flips).reshape(block, weight)
    return SparseCode(neurons, positions[:features], signs[:features])
