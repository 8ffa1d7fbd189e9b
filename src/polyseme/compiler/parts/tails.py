"""The threshold between two tails, each fitted to what sampled inputs show of it.

Few samples lie beyond a good threshold, so counting those that do places it badly. But the tails of
readings are nearly those of normal variables, and a straight line through their outer tenth in
normal scores says where they go on. From 8,000 samples a threshold fails within a few percent as
often as the best one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from polyseme.verification.extremes import Floats

# Shares of the samples between which a tail is fitted, and the order statistics taken for it.
_DEEPEST, _NEAREST, _POINTS = 0.001, 0.1, 60
# Fewer values are no tail.
_FEWEST = 100
_LEAST_DEVIATION = 1e-6
_SHARES = np.linspace(0.02, 1.0, 981)


@dataclass(frozen=True)
class _Tail:
    """The upper tail of a variable: a share of samples that have it, its mean and deviation."""

    share: float
    mean: float
    deviation: float

    def above(self, limits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of all samples above each limit."""
        return np.asarray(self.share * ndtr((self.mean - limits) / self.deviation))


def share_between_tails(kinds: Sequence[tuple[Floats, Floats]]) -> float:
    """Return the share of a full reading at which the kind of input that fails most fails least.

    `kinds` has the lowest readings of outputs that are on and the highest of those that are off,
    both float32 (samples,), for every kind of input.
    """
    failing = [
        _upper_tail(-lowest_on).above(-_SHARES) + _upper_tail(highest_off).above(_SHARES)
        for lowest_on, highest_off in kinds
    ]
    worst = np.max(failing, axis=0)
    least = np.flatnonzero(worst == worst.min())
    return float(_SHARES[least[len(least) // 2]])


def _upper_tail(values: Floats) -> _Tail:
    """Return the tail of the finite values."""
    falling = np.sort(values[np.isfinite(values)].astype(np.float64))[::-1]
    count = len(falling)
    if count < _FEWEST:
        return _Tail(0.0, 0.0, 1.0)
    first, last = max(2, round(_DEEPEST * count)), max(20, round(_NEAREST * count))
    ranks = np.unique(np.rint(np.geomspace(first, last, _POINTS)).astype(np.int64))
    scores, found = -ndtri((ranks - 0.5) / count), falling[ranks - 1]
    # The deeper a rank, the less sure is its place.
    sure = ranks / ranks.sum()
    from_score, from_value = scores - sure @ scores, found - sure @ found
    slope = float(sure @ (from_score * from_value) / (sure @ from_score**2))
    mean = float(sure @ found - slope * (sure @ scores))
    return _Tail(count / len(values), mean, max(slope, _LEAST_DEVIATION))
