"""Steps of the search as plain loops, for machine code; `steps_in_arrays.py` has the same in numpy.

A score is that of a feature (`search.py`); the last of all scores is that of an empty place.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Wholes = NDArray[np.int64]


def value(weights: Wholes, sums: Wholes) -> int:
    """Return the sum of weighted ReLUs."""
    total = 0
    for unit in range(len(weights)):
        if sums[unit] > 0:
            total += weights[unit] * sums[unit]
    return total


def added(sums: Wholes, reads: NDArray[Any], feature: int, result: Wholes) -> None:
    """Write sums with one more feature on to `result`."""
    for unit in range(len(sums)):
        result[unit] = sums[unit] + reads[unit, feature]


def scores(
    reads: NDArray[Any],
    lowest: Wholes,
    sums: Wholes,
    weights: Wholes,
    candidates: Wholes,
    coming: int,
) -> Wholes:
    """Return the scores of candidates when so many features are to come, int64 (candidates + 1).

    `lowest` (ReLUs,) are the least reads.
    """
    count = len(candidates)
    found = np.zeros(count + 1, np.int64)
    for unit in range(len(weights)):
        total, weight = sums[unit], weights[unit]
        if total > 0:
            found[count] += weight * total
        if (weight > 0 or coming == 1) and count == reads.shape[1]:
            # All features, whose reads lie side by side.
            row = reads[unit]
            for place in range(count):
                found[place] += weight * max(total + coming * row[place], 0)
        elif weight > 0 or coming == 1:
            for place in range(count):
                read = total + coming * reads[unit, candidates[place]]
                if read > 0:
                    found[place] += weight * read
        elif total > 0:
            # A ReLU that no features can bring below 0 is a sum; of any other, each takes away at
            # most what there is, and what features add is left out.
            bends = total + coming * lowest[unit] < 0
            for place in range(count):
                read = reads[unit, candidates[place]]
                if bends:
                    read = max(min(read, 0), -total)
                found[place] += weight * (total + coming * read)
    return found


def best_few(given: Wholes, count: int) -> int:
    """Return the sum of the `count` best scores, of which the last may be taken often."""
    best = np.empty(count, np.int64)
    for at in range(count):
        best[at] = given[-1]
    for place in range(len(given) - 1):
        score = given[place]
        if count > 0 and score > best[count - 1]:
            at = count - 1
            while at > 0 and best[at - 1] < score:
                best[at] = best[at - 1]
                at -= 1
            best[at] = score
    total = 0
    for at in range(count):
        total += best[at]
    return total


def best(given: Wholes) -> int:
    """Return the place of the best score of a feature, the first of equals."""
    found = 0
    for place in range(1, len(given) - 1):
        if given[place] > given[found]:
            found = place
    return found


def kept(given: Wholes, candidates: Wholes, least: int, features: Wholes, falling: Wholes) -> int:
    """Write the candidates whose scores are above `least`, best first, and their scores.

    Of equal ones the first comes first. Return their number.
    """
    count = 0
    for place in range(len(candidates)):
        if given[place] > least:
            features[count], falling[count] = place, given[place]
            count += 1
    gap = 1
    while gap < count // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for place in range(gap, count):
            score, number, at = falling[place], features[place], place
            while at >= gap and (
                falling[at - gap] < score
                or (falling[at - gap] == score and features[at - gap] > number)
            ):
                falling[at], features[at] = falling[at - gap], features[at - gap]
                at -= gap
            falling[at], features[at] = score, number
        gap //= 3
    for place in range(count):
        features[place] = candidates[features[place]]
    return count
