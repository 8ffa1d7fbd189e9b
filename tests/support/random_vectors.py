"""Random signs and unit vectors, for features held in few dimensions."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

Signs = NDArray[np.float64]


def random_signs(features: int, dimensions: int, generator: np.random.Generator) -> Signs:
    return generator.choice([-1.0, 1.0], (features, dimensions)) / sqrt(dimensions)


def random_points(features: int, dimensions: int, generator: np.random.Generator) -> Signs:
    points = generator.standard_normal((features, dimensions))
    return points / np.linalg.norm(points, axis=1, keepdims=True)
