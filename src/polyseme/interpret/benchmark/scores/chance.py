"""Scores that random claims are expected to get: by formula, or by drawing them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from polyseme.common.random_streams import Stream, stream

# Random draws for an expectation; of large ones, whose score hardly varies, fewer: as many as have
# so many pairs of a reading and a thing in all.
DRAWS, LEAST_DRAWS, PAIRS = 100, 8, 2_500_000


def random_ranking(candidates: int, true: int, claimed: int | None = None) -> float:
    """Return the expected average precision of a random ranking.

    The candidate at rank r is a true one with probability G/M, and then the r - 1 before it hold
    (r - 1)(G - 1)/(M - 1) more, so E[AP] = [H_m + (m - H_m)(G - 1)/(M - 1)]/M where m of the M
    candidates are claimed, G are true, and H is the harmonic number.

    Args:
        candidates: M.
        true: G, at most M.
        claimed: m; all by default.

    Example:
        >>> from polyseme.interpret.benchmark.scores.chance import random_ranking
        >>> round(random_ranking(100, 5), 4), round(random_ranking(4950, 100), 4)
        (0.0902, 0.0218)
    """
    count = candidates if claimed is None else min(claimed, candidates)
    if not candidates or not true:
        return 0.0
    harmonic = float(np.sum(1 / np.arange(1, count + 1)))
    others = (true - 1) / (candidates - 1) if candidates > 1 else 0.0
    return (harmonic + (count - harmonic) * others) / candidates


def mean_of_draws(draw: Callable[[np.random.Generator], float], pairs: int, seed: int) -> float:
    """Return the mean of a score over random claims.

    Args:
        draw: The score of claims drawn by a generator.
        pairs: Pairs of a reading and a thing, which decide the number of draws: 100, but at most
            2.5 million pairs in all, and at least 8.
        seed: The seed of the draws.
    """
    draws = min(DRAWS, max(LEAST_DRAWS, PAIRS // max(pairs, 1)))
    return float(
        np.mean([draw(stream(seed, Stream.BENCH_CHANCE, number)) for number in range(draws)])
    )
