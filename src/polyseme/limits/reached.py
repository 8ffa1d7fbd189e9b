"""The sizes that constructions declare, the other way round: the most features for a width.

Nothing is built: a construction *reaches* the largest problem of a grid, sixteen sizes to every
doubling, for which it declares no more neurons than the width has.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from polyseme.circuits.problems import pairwise_and
from polyseme.common.progress import phase
from polyseme.compiler.constructions.catalogue import LEAST_NOISE, MONOSEMANTIC, TIGHT_FRAMES
from polyseme.compiler.constructions.construction import Construction
from polyseme.compiler.task import Task
from polyseme.limits.capacity import largest

# The largest problem that is tried.
MOST_TRIED = 1 << 20
_GRID = np.unique(np.round(2 ** (np.arange(2 * 16, 20 * 16 + 1) / 16)).astype(np.int64)).tolist()
# Constructions in superposition, and what their hidden layer does with a gate.
_SUPERPOSED = ((LEAST_NOISE, "computed"), (TIGHT_FRAMES, "thresholded"))


def reached(width: int, active: int, error: float) -> tuple[tuple[str, str, int], ...]:
    """Return how many features constructions compute equally many pairs of in a layer of a width.

    Args:
        width: Number of neurons of the hidden layer, at least 3.
        active: The promise: the most features on at once, at least 2.
        error: The share of inputs that may be wrong.

    Returns:
        For each construction: its name, what its hidden layer does with a gate, and the number of
        features, at most `MOST_TRIED`. The exact network comes first; constructions that reach no
        more than it does are left out.
    """
    exact = min(width, MOST_TRIED)
    found = [(MONOSEMANTIC.name, "exact", exact)]
    for construction, manner in _SUPERPOSED:

        def fits(place: int, construction: Construction[Any] = construction) -> bool:
            features = _GRID[place - 1]
            if features <= exact:
                return True
            task = Task(pairwise_and(features, features), active, error)
            return (
                construction.refusal(task) is None
                and construction.candidate(task).declared.neurons <= width
            )

        with phase(f"features that {construction.name} reaches"):
            place = largest(fits, len(_GRID))
        if _GRID[place - 1] > exact:
            found.append((construction.name, manner, _GRID[place - 1]))
    return tuple(found)
