"""The largest sum of weighted ReLUs over all sets of a few features, by branch and bound.

With features P on and r more to come, let ReLU j have the sum x_j and read h_ji of feature i. If
its weight c_j is above 0,

    relu(x_j + h_j1 + ... + h_jr)  <=  sum over i of relu(x_j + r h_ji) / r

because a ReLU is convex. If it is below, c_j relu(y) is at most 0, and where x_j > 0 at most c_j
times either of

    x_j + h_j1 + ... + h_jr,        x_j - sum over i of min(max(-h_ji, 0), x_j)

of which the first is taken if no r features can bring the ReLU below 0, where it is exact. So every
feature has a *score*, r times its largest share, and r times the sum is at most the r best scores
together. A place may also stay empty, which is a feature that nothing reads. With r = 1 the score
is the value itself.

Sets are looked at by their best member: each of the candidates with itself and those behind it. A
candidate is dropped once no set with it could be better than the best found. All numbers are whole,
so the result is exact.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyseme.common.machine_code import has_numba, machine_code
from polyseme.proving.branch_and_bound import steps_in_arrays, steps_in_loops
from polyseme.proving.branch_and_bound.walk import Search, walk_with

Wholes = NDArray[np.int64]
# Reads from which on the seconds that compiling takes are saved.
_WORTH_COMPILING = 60_000_000


class Found(NamedTuple):
    """The largest value and the features of a set that has it, and whether all sets were covered.

    If they were not, because it took too long, the value is that of some set.
    """

    value: int
    features: Wholes
    complete: bool


@cache
def compiled_search() -> Search:
    """Return the search in machine code."""
    steps = steps_in_loops
    return machine_code(
        walk_with(
            machine_code(steps.value),
            machine_code(steps.added),
            machine_code(steps.scores),
            machine_code(steps.best_few),
            machine_code(steps.best),
            machine_code(steps.kept),
        )
    )


@cache
def plain_search() -> Search:
    """Return the search in numpy; its results are the same."""
    steps = steps_in_arrays
    return walk_with(steps.value, steps.added, steps.scores, steps.best_few, steps.best, steps.kept)


def search_for(work: int) -> Search:
    """Return the search that takes less time; the results are the same.

    Args:
        work: reads of ReLUs in all searches to come, once each.
    """
    return compiled_search() if work > _WORTH_COMPILING and has_numba() else plain_search()


def search(
    run: Search,
    reads: NDArray[Any],
    lowest: Wholes,
    sums: Wholes,
    weights: Wholes,
    barred: Wholes,
    free: int,
    beat: int,
    most: int,
) -> Found:
    """Return the largest sum of weights[j] relu(sums[j] + reads[j] over a set) of some features.

    Args:
        run: what `search_for` returned.
        reads: whole numbers (ReLUs, features).
        lowest: int64 (ReLUs,), the least read of each, or less.
        sums: int64 (ReLUs,), the sums with nothing of the set on.
        weights: int64 (ReLUs,).
        barred: int64, features that are not in the set.
        free: the most features of a set.
        beat: only values above this are found; if there is none it is returned, with an empty set.
        most: the most scores to compute.
    """
    value, features, complete = run(reads, lowest, sums, weights, barred, free, beat, most)
    return Found(int(value), features[features >= 0], bool(complete))
