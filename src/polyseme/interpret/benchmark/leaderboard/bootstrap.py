"""Paired bootstrap over gates and seeds: how far scores and their differences can be trusted.

Every draw takes gates and seeds of each network with replacement, the same for all methods. The
mean part of the gates drawn moves a score as far as it is from that of all gates. Networks stay:
the suite is what it is.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from polyseme.common.random_streams import Stream, stream
from polyseme.interpret.benchmark.leaderboard.measured import Measured, OnNetwork

Reals = NDArray[np.float64]
DRAWS = 1000
LEVEL = 0.95


def drawn(found: Measured) -> Reals:
    """Return corrected scores as they might have been, float64 (draws, methods)."""
    seeds = len(found.seeds)
    # Seeds are drawn once for all networks: a seed is a draw of everything.
    weights = _times(seeds, 0) / seeds
    every = [_on(one, weights, place) for place, one in enumerate(found.on, 1)]
    return np.asarray(np.mean(every, axis=0))


def _on(one: OnNetwork, weights: Reals, place: int) -> Reals:
    methods, seeds, gates = one.gates.shape
    values = np.broadcast_to(one.corrected, (DRAWS, methods, seeds))
    if gates:
        times = _times(gates, place)
        known = ~np.isnan(one.gates)
        parts = np.where(known, one.gates, 0).reshape(-1, gates)
        counts = known.reshape(-1, gates).astype(np.float64)
        moved = _share(times @ parts.T, times @ counts.T) - _share(parts.sum(1), counts.sum(1))
        values = values + moved.reshape(DRAWS, methods, seeds) * one.slope
    found: Reals = np.einsum("dms,ds->dm", values, weights)
    return found


# All scores of a suite are drawn alike, so that its networks fit.
@lru_cache(maxsize=16)
def _times(things: int, place: int) -> Reals:
    """Return how often each thing is in each draw, (draws, things); places are independent."""
    generator = stream(0, Stream.BENCH_CHANCE, place, things)
    return generator.multinomial(things, np.full(things, 1 / things), DRAWS).astype(np.float64)


def _share(parts: Reals, counts: Reals) -> Reals:
    return np.divide(parts, counts, out=np.zeros_like(parts), where=counts > 0)


def interval(draws: Reals) -> tuple[Reals, Reals]:
    """Return the interval that holds LEVEL of the draws, for every column."""
    outside = (1 - LEVEL) / 2
    low, high = np.quantile(draws, (outside, 1 - outside), axis=0)
    return low, high


def tie_groups(mean: Reals, draws: Reals) -> list[str]:
    """Return a letter for every method; those of one letter cannot be told from its best.

    A group begins with the best method that is left, and goes on down to the first whose
    difference from it has an interval without 0.
    """
    order = np.argsort(-mean, kind="stable")
    letters = [""] * len(mean)
    best, group = -1, -1
    for method in order.tolist():
        if group < 0 or interval(draws[:, [best]] - draws[:, [method]])[0][0] > 0:
            best, group = method, group + 1
        letters[method] = _letter(group)
    return letters


def resolution(draws: Reals) -> float | None:
    """Return the smallest difference that can be resolved, None for fewer than two methods.

    It is half of the width of the interval of a difference, the median over pairs of methods.
    """
    count = draws.shape[1]
    halves = []
    for first in range(count):
        low, high = interval(draws[:, [first]] - draws[:, first + 1 :])
        halves += ((high - low) / 2).tolist()
    return float(np.median(halves)) if halves else None


def _letter(number: int) -> str:
    first = chr(ord("A") + number % 26)
    return first if number < 26 else f"{_letter(number // 26 - 1)}{first}"
