"""The walk through the tree of sets: one function, in numpy or in machine code.

It is put together from its steps, so that the same walk takes either kind (`search.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Wholes = NDArray[np.int64]
# Below every score.
_NEVER = -(2**60)
# Takes reads (ReLUs, features), the least of each ReLU, sums (ReLUs,), weights (ReLUs,), features
# that are in no set, the most features on, a value to beat and the most scores to compute; returns
# the value, the features of the set (-1 pads), and whether all sets were covered.
Search: TypeAlias = Callable[
    [NDArray[Any], Wholes, Wholes, Wholes, Wholes, int, int, int], tuple[int, Wholes, bool]
]


def walk_with(
    value: Callable[[Wholes, Wholes], int],
    added: Callable[[Wholes, NDArray[Any], int, Wholes], None],
    scores: Callable[[NDArray[Any], Wholes, Wholes, Wholes, Wholes, int], Wholes],
    best_few: Callable[[Wholes, int], int],
    best: Callable[[Wholes], int],
    kept: Callable[[Wholes, Wholes, int, Wholes, Wholes], int],
) -> Search:
    """Return the walk that takes these steps, which `steps_in_loops.py` describes."""

    def walk(
        reads: NDArray[Any],
        lowest: Wholes,
        sums: Wholes,
        weights: Wholes,
        barred: Wholes,
        free: int,
        beat: int,
        most: int,
    ) -> tuple[int, Wholes, bool]:
        units, depths, some = len(weights), max(free, 1), reads.shape[1]
        every = np.arange(some)
        chosen, best_set = np.full(depths, -1, np.int64), np.full(depths, -1, np.int64)
        highest, scored = max(beat, value(weights, sums)), 0
        states = np.empty((depths + 1, units), np.int64)
        states[0] = sums
        # Of ReLUs that are all subtracted, none can be more than 0.
        if units == 0 or (highest >= 0 and weights.max() <= 0):
            return highest, best_set, True
        # A greedy set first: the better the best, the more is dropped.
        for depth in range(min(free, some - len(barred))):
            found = scores(reads, lowest, states[depth], weights, every, free - depth)
            found[barred], found[chosen[:depth]] = _NEVER, _NEVER
            scored += some
            feature = best(found)
            chosen[depth] = feature
            added(states[depth], reads, feature, states[depth + 1])
            reached = value(weights, states[depth + 1])
            if reached > highest:
                highest = reached
                best_set[: depth + 1] = chosen[: depth + 1]
        # Candidates at every depth, best first, their scores and that of an empty place.
        waiting = np.empty((depths, some), np.int64)
        falling = np.empty((depths, some), np.int64)
        empty = np.zeros(depths, np.int64)
        counts, places = np.zeros(depths, np.int64), np.zeros(depths, np.int64)
        if free > 0:
            found = scores(reads, lowest, sums, weights, every, free)
            found[barred] = _NEVER
            least = free * highest - best_few(found, free - 1)
            counts[0] = kept(found, every, least, waiting[0], falling[0])
            empty[0] = found[some]
        depth = 0
        while depth >= 0:
            coming, place, count = free - depth, places[depth], counts[depth]
            bound = 0
            if place < count:
                bound = falling[depth, place]
                # Others come after the first member, or their places stay empty.
                for other in range(place + 1, place + coming):
                    if other < count and falling[depth, other] > empty[depth]:
                        bound += falling[depth, other]
                    else:
                        bound += empty[depth]
            if place >= count or bound <= coming * highest:
                depth -= 1
                continue
            if scored > most:
                return highest, best_set, False
            places[depth] += 1
            chosen[depth] = waiting[depth, place]
            added(states[depth], reads, chosen[depth], states[depth + 1])
            reached = value(weights, states[depth + 1])
            if reached > highest:
                highest = reached
                best_set[: depth + 1] = chosen[: depth + 1]
                best_set[depth + 1 :] = -1
            left = count - place - 1
            if coming == 1 or left == 0:
                continue
            fresh = waiting[depth, place + 1 : count]
            found = scores(reads, lowest, states[depth + 1], weights, fresh, coming - 1)
            scored += left
            least = (coming - 1) * highest - best_few(found, coming - 2)
            depth += 1
            counts[depth] = kept(found, fresh, least, waiting[depth], falling[depth])
            empty[depth], places[depth] = found[left], 0
        return highest, best_set, True

    return walk
