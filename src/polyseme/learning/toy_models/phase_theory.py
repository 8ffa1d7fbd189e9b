"""Losses of two features in one hidden number, in closed form: the theory of the phase diagram.

A first feature of importance 1 and an extra one of importance I are each on with chance p, uniform
on 0 to 1 then. Their code W is one number each. Three codes are compared:

- "not represented", W = (1, 0): the extra feature is answered by its mean p / 2, which costs its
  variance, I (p / 3 - p^2 / 4), and the first feature is kept whole.
- "dedicated", W = (0, 1): the same with the first feature left out, p / 3 - p^2 / 4.
- "superposed", W = (1, -1), an antipodal pair: ReLU(x1 - x2) and ReLU(x2 - x1) err only when both
  are on, by the lesser of the two, each: (1 + I) p^2 E[min(x1, x2)^2] = (1 + I) p^2 / 6.

Source: Elhage et al. 2022, *Toy Models of Superposition*, section "Superposition as a phase
change".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

REGIONS = ("not represented", "dedicated", "superposed")
CODES = ((1.0, 0.0), (0.0, 1.0), (1.0, -1.0))


def losses_of_codes(
    density: NDArray[np.float64], importance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the loss of each code of `REGIONS`, summed over both features: (regions, ...).

    Args:
        density: The chance of a feature to be on, of any shape.
        importance: The importance of the extra feature, of a shape that goes with it.
    """
    variance = density / 3 - density**2 / 4
    both = (1 + importance) * density**2 / 6
    return np.stack(np.broadcast_arrays(importance * variance, variance, both))


def away_from_boundaries(regions: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return where a point of a grid and its eight neighbours are in one region.

    Args:
        regions: Numbers of regions, (rows, columns).
    """
    padded = np.pad(regions, 1, mode="edge")
    rows, columns = regions.shape
    shifted = [padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    return np.asarray((np.stack(shifted) == regions).all(axis=0))
