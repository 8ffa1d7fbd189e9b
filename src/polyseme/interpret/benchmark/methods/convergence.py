"""Convergence as methods report it: the loss of the last fifth of the steps beside that before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# The share by which the loss may still fall from one fifth of the steps to the last.
STILL_FALLING = 0.01


def converged(losses: Sequence[float]) -> bool:
    """Return whether the last fifth of the steps hardly lowered the mean loss.

    That is by under 1 % from the fifth before it. Under ten steps never have converged.

    Args:
        losses: The loss of each step, measured on the same or on fresh samples; 0 or more.
    """
    fifth = len(losses) // 5
    if fifth < 2:
        return False
    last, before = np.mean(losses[-fifth:]), np.mean(losses[-2 * fifth : -fifth])
    return bool(last >= (1 - STILL_FALLING) * before or last < 1e-9)
