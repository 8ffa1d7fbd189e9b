"""Compositions: of what methods find, the shares that are like gates, inputs, units or none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.interpret.benchmark.leaderboard.measured import Result
from polyseme.interpret.benchmark.leaderboard.standings import is_negative_control
from polyseme.interpret.benchmark.scores.composition import COMPONENTS, LIKE

# Titles of what there are shares of: readings, readings where there is nothing to find, components.
READINGS = "Readings at layers that compute gates"
RANDOM = "Readings of random weights, which compute none"
PARTS = "Components of weights that compute gates"


def compositions(
    results: list[Result], methods: list[str]
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Return by title the shares of every method that has some, in the order of `LIKE`.

    They are means over layers, networks and seeds. Inputs whose gates are on in company look like
    gates wherever they are read, so readings of random weights are apart: what they have, others
    have without any gate.
    """
    found: dict[str, dict[str, list[NDArray[np.float64]]]] = {READINGS: {}, RANDOM: {}, PARTS: {}}
    for one in results:
        for place, counts in one["composition"].items():
            random = is_negative_control(one["network"])
            title = PARTS if place.endswith(COMPONENTS) else RANDOM if random else READINGS
            if title != PARTS or not random:
                share = np.array([counts[name] for name in LIKE]) / max(1, sum(counts.values()))
                found[title].setdefault(one["method"], []).append(share)
    return {
        title: {name: np.mean(shares[name], axis=0) for name in methods if name in shares}
        for title, shares in found.items()
        if shares
    }
