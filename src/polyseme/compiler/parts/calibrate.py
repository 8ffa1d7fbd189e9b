"""The threshold that decides most sampled inputs rightly.

The threshold is the share of a full reading that fails fewest samples. If several shares fail
equally few, it is the middle one.
"""

from __future__ import annotations

import numpy as np

from polyseme.verification.extremes import Floats

_SHARES = np.arange(0.06, 1.0, 0.004)


def best_share(lowest_on: Floats, highest_off: Floats) -> float:
    """Return the share of a full reading that decides most samples rightly.

    If several shares do so equally well, it is the middle one.
    """
    missed = np.searchsorted(np.sort(lowest_on), _SHARES, side="left")
    stray = len(highest_off) - np.searchsorted(np.sort(highest_off), _SHARES, side="left")
    failures = missed + stray
    best = np.flatnonzero(failures == failures.min())
    middle = float(_SHARES[best[len(best) // 2]])
    seen_on = lowest_on[np.isfinite(lowest_on)]
    # If nothing failed, take the middle between the readings themselves, not that of the grid.
    if failures.min() == 0 and len(seen_on):
        top = max(float(highest_off.max(initial=0.0)), 0.0)
        return (top + min(float(seen_on.min()), 1.0)) / 2
    return middle
