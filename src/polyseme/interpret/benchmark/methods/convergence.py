"""Convergence as methods report it: the loss of the last fifth of the steps beside that before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# The share by which the loss may still fall from one fifth of the steps to the last.
STILL_FALLING = 0.01
# So little of the variance is missed that it has converged, whatever it does.
LITTLE = 0.01


def converged(losses: Sequence[float]) -> bool:
    """Return whether the last fifth of the steps hardly lowered the mean loss.

    That is by under 1 % from the fifth before it, or to under 1 % of the variance. Under ten steps
    never have converged.

    Args:
        losses: The share of the variance that each step leaves, on the same or on fresh samples.
    """
    fifth = len(losses) // 5
    if fifth < 2:
        return False
    last, before = np.mean(losses[-fifth:]), np.mean(losses[-2 * fifth : -fifth])
    return bool(last >= (1 - STILL_FALLING) * before or last < LITTLE)
