"""The bits that an ideal entropy coder needs for weights, and for the choice of what is carried."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from polyseme.networks.layer import Weights


def entropy_bits(weights: Weights) -> float:
    """Return the bits of a weight matrix, its zeros counted; 32 for each weight of float32."""
    entries = weights.shape[0] * weights.shape[1]
    if weights.dtype == np.float32:
        return 32.0 * int(entries)
    stored = weights.data if sp.issparse(weights) else weights.ravel()
    # Shifted to begin at 0; int32 holds every difference of two int16.
    lowest = min(0, int(stored.min(initial=0)))
    counts = np.bincount(stored.astype(np.int32) - lowest, minlength=1 - lowest)
    counts[-lowest] += entries - len(stored)
    share = counts[counts > 0] / entries
    return float(-(share * np.log2(share)).sum() * entries)


def choice_bits(chosen: int, among: int) -> float:
    """Return the bits of a mask that marks so many."""
    share = np.array([chosen, among - chosen]) / among
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum() * among)
