"""Steps of the search in numpy, with the results of `steps_in_loops.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Wholes = NDArray[np.int64]


def value(weights: Wholes, sums: Wholes) -> int:
    """Return the sum of weighted ReLUs."""
    return int(weights @ np.maximum(sums, 0))


def added(sums: Wholes, reads: NDArray[Any], feature: int, result: Wholes) -> None:
    """Write sums with one more feature on to `result`."""
    np.add(sums, reads[:, feature], out=result)


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
    found = np.zeros(len(candidates) + 1, np.int64)
    found[-1] = value(weights, sums)
    for unit, (total, weight) in enumerate(zip(sums.tolist(), weights.tolist(), strict=True)):
        read = reads[unit, candidates].astype(np.int64)
        if weight > 0 or coming == 1:
            found[:-1] += weight * np.maximum(total + coming * read, 0)
        elif total > 0:
            if total + coming * lowest[unit] < 0:
                read = np.clip(read, -total, 0)
            found[:-1] += weight * (total + coming * read)
    return found


def best_few(given: Wholes, count: int) -> int:
    """Return the sum of the `count` best scores, of which the last may be taken often."""
    some = np.sort(np.maximum(given[:-1], given[-1]))[::-1][:count]
    return int(some.sum() + (count - len(some)) * given[-1])


def best(given: Wholes) -> int:
    """Return the place of the best score of a feature, the first of equals."""
    return int(given[:-1].argmax())


def kept(given: Wholes, candidates: Wholes, least: int, features: Wholes, falling: Wholes) -> int:
    """Write the candidates whose scores are above `least`, best first, and their scores.

    Of equal ones the first comes first. Return their number.
    """
    some = np.flatnonzero(given[:-1] > least)
    some = some[np.argsort(-given[some], kind="stable")]
    features[: len(some)], falling[: len(some)] = candidates[some], given[some]
    return len(some)
