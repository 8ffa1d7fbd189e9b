"""Compositions: of what a method finds, the shares that are like gates, inputs, units or none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.interpret.benchmark.leaderboard.measured import Result
from polyseme.interpret.benchmark.leaderboard.standings import is_negative_control
from polyseme.interpret.benchmark.scores.composition import COMPONENTS, LIKE


def shares(
    results: list[Result], methods: list[str], *, components: bool
) -> dict[str, NDArray[np.float64]]:
    """Return the shares of every method that has some, in the order of `LIKE`.

    They are means over layers that compute gates, networks and seeds; networks in which there is
    nothing to find are left out.

    Args:
        results: The results.
        methods: The methods, in the order that the answer has.
        components: True for components of weights, False for readings.
    """
    found = {}
    for method in methods:
        each = [
            np.array([counts[name] for name in LIKE]) / max(1, sum(counts.values()))
            for one in results
            if one["method"] == method and not is_negative_control(one["network"])
            for place, counts in one["composition"].items()
            if place.endswith(COMPONENTS) is components
        ]
        if each:
            found[method] = np.mean(each, axis=0)
    return found
