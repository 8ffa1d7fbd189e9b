"""Gaussian codes, in which every feature is a random direction, uniform on the unit sphere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.errors import OptionError

BLOCK_ROWS = 1024


def gaussian_code(
    features: int, neurons: int, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Draw independent Gaussian rows scaled to unit norm, float32 (features, neurons).

    The inner product of two rows has mean 0 and variance exactly 1/neurons, and log(features)
    neurons keep all of them small at once (Johnson and Lindenstrauss 1984). Raises OptionError if
    neurons < 1.
    """
    if neurons < 1:
        raise OptionError(f"a Gaussian code needs at least 1 neuron, not {neurons}")
    code = np.empty((features, neurons), np.float32)
    for start in range(0, features, BLOCK_ROWS):
        # Drawn in double precision, because float32 normals are exactly 0 too often.
        rows = generator.standard_normal((min(BLOCK_ROWS, features - start), neurons))
        code[start : start + BLOCK_ROWS] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return code
