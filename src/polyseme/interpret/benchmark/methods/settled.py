"""The test of convergence that all descents of methods share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# The loss falls by less than this share from one fifth of the steps to the next.
_STILL_FALLS = 0.02
SETTLED = "loss fell by less than 2 % between the third and the fourth fifth of the steps"


def settled(losses: Sequence[float]) -> bool:
    """Return True if the loss no longer fell before the rate did, which hides what would come.

    The third fifth of the steps is compared with the fourth; fewer than five steps never settle.
    """
    fifth = len(losses) // 5
    if not fifth:
        return False
    before, after = losses[2 * fifth : 3 * fifth], losses[3 * fifth : 4 * fifth]
    return bool(np.mean(after) > (1 - _STILL_FALLS) * np.mean(before))
