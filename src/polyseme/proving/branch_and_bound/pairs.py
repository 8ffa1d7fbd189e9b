"""All sets of a few features with a sum of weighted ReLUs beyond a bound: at most two features.

The score of a feature when two are to come (`search.py`) is twice its largest share of the sum, so
a pair is looked at only if the scores of its two features together are more than twice the bound.
With features in the order of their scores these are, for each feature, the first of all others. The
sum of every pair that is looked at is computed, in whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyseme.common.machine_code import has_numba, machine_code
from polyseme.errors import CapacityError
from polyseme.proving.branch_and_bound import steps_in_arrays, steps_in_loops

Wholes = NDArray[np.int64]
# Pairs that one case may have, at most: 320 MB.
MOST_PAIRS = 20_000_000
# Scores from which on the seconds that compiling takes are saved.
_WORTH_COMPILING = 60_000_000
_ROOM = 1024


class PairSearch(NamedTuple):
    """The two steps: scores of candidates, and pairs of them beyond a bound.

    `pairs(reads, sums, weights, candidates, falling, least, result)` takes candidates in the order
    of their falling scores, writes pairs with a sum above `least` to `result` int64 (room, 2) while
    there is room, and returns the number of all of them.
    """

    scores: Callable[..., Wholes]
    pairs: Callable[..., int]


@cache
def compiled_pairs() -> PairSearch:
    """Return the search in machine code."""
    return PairSearch(machine_code(steps_in_loops.scores), machine_code(_pairs_in_loops))


@cache
def plain_pairs() -> PairSearch:
    """Return the search in numpy; its results are the same."""
    return PairSearch(steps_in_arrays.scores, _pairs_in_arrays)


def pair_search_for(work: int) -> PairSearch:
    """Return the search that takes less time for so many reads of ReLUs; the results are equal."""
    return compiled_pairs() if work > _WORTH_COMPILING and has_numba() else plain_pairs()


def sets_beyond(
    run: PairSearch,
    read: tuple[NDArray[Any], Wholes],
    sums: Wholes,
    weights: Wholes,
    candidates: Wholes,
    count: int,
    least: int,
) -> Wholes:
    """Return all sets of `count` candidates with a sum of weighted ReLUs above a bound.

    Args:
        run: what `pair_search_for` returned.
        read: whole numbers (ReLUs, features), the reads, and int64 (ReLUs,), the least of each.
        sums: int64 (ReLUs,), the sums with nothing of the set on.
        weights: int64 (ReLUs,).
        candidates: int64, the features of which sets are made.
        count: the number of features of a set, 0 to 2.
        least: the bound.

    Returns:
        The sets, int64 (sets, count), in any order.

    Raises:
        CapacityError: There are more than `MOST_PAIRS` sets.
    """
    if count == 0:
        beyond = int(weights @ np.maximum(sums, 0)) > least
        return np.zeros((int(beyond), 0), np.int64)
    reads, lowest = read
    scores = run.scores(reads, lowest, sums, weights, candidates, count)[:-1]
    if count == 1:
        # The score of a set's only feature is its sum.
        return candidates[scores > least][:, None]
    if not len(scores) or 2 * int(scores.max()) <= 2 * least:
        return np.zeros((0, 2), np.int64)
    some = np.flatnonzero(scores > 2 * least - int(scores.max()))
    some = some[np.argsort(-scores[some], kind="stable")]
    room = _ROOM
    while True:
        result = np.empty((room, 2), np.int64)
        found = int(run.pairs(reads, sums, weights, candidates[some], scores[some], least, result))
        if found <= room:
            return result[:found]
        if found > MOST_PAIRS:
            raise CapacityError(
                f"one output alone is wrong on {found:,} inputs, and at most {MOST_PAIRS:,} are "
                "listed"
            )
        room = found


def _pairs_in_loops(
    reads: NDArray[Any],
    sums: Wholes,
    weights: Wholes,
    candidates: Wholes,
    falling: Wholes,
    least: int,
    result: Wholes,
) -> int:
    found, last = 0, len(candidates)
    for first in range(len(candidates)):
        # The better the first, the more others it may be paired with.
        while last > 0 and falling[first] + falling[last - 1] <= 2 * least:
            last -= 1
        if last <= first + 1:
            break
        for second in range(first + 1, last):
            total = 0
            for unit in range(len(weights)):
                reach = (
                    sums[unit] + reads[unit, candidates[first]] + reads[unit, candidates[second]]
                )
                if reach > 0:
                    total += weights[unit] * reach
            if total > least:
                if found < len(result):
                    result[found, 0], result[found, 1] = candidates[first], candidates[second]
                found += 1
    return found


def _pairs_in_arrays(
    reads: NDArray[Any],
    sums: Wholes,
    weights: Wholes,
    candidates: Wholes,
    falling: Wholes,
    least: int,
    result: Wholes,
) -> int:
    found = 0
    chosen = reads[:, candidates].astype(np.int64)
    # How many candidates each may be paired with, all of them the first ones.
    lasts = np.searchsorted(-falling, falling - 2 * least, side="left")
    for first, last in enumerate(lasts.tolist()):
        if last <= first + 1:
            break
        reach = (sums + chosen[:, first])[:, None] + chosen[:, first + 1 : last]
        beyond = first + 1 + np.flatnonzero(weights @ np.maximum(reach, 0) > least)
        places = slice(found, min(found + len(beyond), len(result)))
        if places.start < places.stop:
            result[places, 0] = candidates[first]
            result[places, 1] = candidates[beyond[: places.stop - places.start]]
        found += len(beyond)
    return found
