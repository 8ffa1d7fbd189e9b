"""Stated confidences, and whether they are worth what they say."""

from __future__ import annotations

import numpy as np

from polyseme.interpret.benchmark.scores.computations import COMPUTED, Pairs, pairs_of
from polyseme.interpret.benchmark.scores.scored import Scored, scored
from polyseme.interpret.benchmark.scores.tried import Tried


def calibration_scores(tried: Tried) -> dict[str, Scored]:
    """Return "calibration" of claimed edges: 1 minus the mean of (confidence - truth) squared.

    The truth is 1 for a true edge and 0 for another (the score of Brier). Random edges of the same
    confidences are true as often as any pair of readings is, p, so that 1 minus the mean of
    (confidence - p)^2 + p (1 - p) is expected. To say p of every edge is worth 0 after correction.
    Absent where no edges are claimed, or of none that are scored.
    """
    pairs = [some for kind in COMPUTED for some in pairs_of(tried, kind)]
    if not sum(len(some.claimed) for some in pairs):
        return {}
    confidence = np.concatenate([some.confidence for some in pairs])
    truth = np.concatenate([some.found for some in pairs]).astype(float)
    rates = np.concatenate([np.full(len(some.claimed), _rate(some)) for some in pairs])
    raw = 1 - np.mean((confidence - truth) ** 2)
    expected = 1 - np.mean((confidence - rates) ** 2 + rates * (1 - rates))
    if not expected < 1:
        return {}
    return {"calibration": scored(float(raw), float(expected), np.zeros(0))}


def _rate(pairs: Pairs) -> float:
    """Return the share of pairs of readings that are true edges."""
    candidates = max(pairs.readings[0] * pairs.readings[1], 1)
    return min(1.0, len(pairs.true) * pairs.reachable / candidates)
