"""Measures of learned codes: feature dimensionality, and the clusters that it falls into."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Features per dimension of regular shapes: alone, a tetrahedron, a triangle, an antipodal pair, a
# pentagon, a square antiprism.
CLUSTERS = {"1": 1.0, "3/4": 3 / 4, "2/3": 2 / 3, "1/2": 1 / 2, "2/5": 2 / 5, "3/8": 3 / 8}
NEAR = 0.03


def dimensions_per_feature(weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return hidden numbers over the squared norm of W, D*, of every instance: (instances,).

    Args:
        weights: W, (instances, hidden, features).
    """
    total = np.square(weights.astype(np.float64)).sum(axis=(1, 2))
    return np.asarray(weights.shape[1] / np.maximum(total, np.finfo(float).tiny))


def dimensionality(weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the share of a dimension that each feature has, (instances, features).

    D_i = |W_i|^2 / sum over j of (W_i / |W_i| . W_j)^2, of columns W_i; 0 where W_i is 0.

    Args:
        weights: W, (instances, hidden, features).
    """
    columns = weights.astype(np.float64)
    squares = np.square(columns).sum(axis=1)
    overlaps = np.square(columns.transpose(0, 2, 1) @ columns).sum(axis=2)
    found: NDArray[np.float64] = np.divide(
        squares**2, overlaps, out=np.zeros_like(squares), where=overlaps > 0
    )
    return found


def near_clusters(shares: NDArray[np.float64], near: float = NEAR) -> dict[str, float]:
    """Return the share of features within `near` of each cluster, and of "any" of them.

    Args:
        shares: Feature dimensionalities of any shape, at least one.
        near: The distance that counts as near.
    """
    found = {name: float((abs(shares - at) <= near).mean()) for name, at in CLUSTERS.items()}
    distance = abs(shares[..., None] - np.array(list(CLUSTERS.values()))).min(axis=-1)
    return {**found, "any": float((distance <= near).mean())}
