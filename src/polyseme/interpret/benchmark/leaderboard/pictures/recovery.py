"""The picture of recovery: what every method finds against the load, a panel per method."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from polyseme.interpret.benchmark.leaderboard.convergence import not_converged
from polyseme.interpret.benchmark.leaderboard.measured import Result, methods_and_controls
from polyseme.interpret.benchmark.leaderboard.pictures.drawing import figure_of, shown, svg_of

# Scores that are drawn, those of them that there are, and how.
_SCORES = {
    "features-gates": ("#0072b2", "o"),
    "firing-gates": ("#e69f00", "s"),
    "edges-gates": ("#009e73", "^"),
    "interchange-on-gates": ("#7b3f8c", "D"),
}
_LOADS = ("load1", "load1.5", "load2", "load4", "mono")
_NETWORK = re.compile(r"(.+)-(load[\d.]+|mono)")
_COLUMNS = 5


def recovery_svg(results: list[Result]) -> str:
    """Return the picture as SVG, of the circuit that is there at most loads.

    Lines are means over seeds, shades go from the least to the largest; a hollow mark says that not
    every fit had converged. It is "" where no circuit is there at more than one load. Raises
    MissingExtraError without matplotlib.
    """
    circuit, loads = _ladder(results)
    if len(loads) < 2:
        return ""
    own = [one for one in results if one["network"] in {f"{circuit}-{load}" for load in loads}]
    methods = [name for name in methods_and_controls(own, controls=False) if _speaks(own, name)]
    if not methods:
        return ""
    columns = min(_COLUMNS, len(methods))
    rows = -(-len(methods) // columns)
    figure = figure_of(2.2 * columns + 0.4, 1.8 * rows + 0.9)
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for method, axis in zip(methods, axes, strict=False):
        for score, (colour, marker) in _SCORES.items():
            values, is_open = _along(own, method, score, [f"{circuit}-{load}" for load in loads])
            axis.plot(values.mean(axis=1), color=colour, lw=1.2, label=score)
            low, high = values.min(axis=1), values.max(axis=1)
            axis.fill_between(range(len(loads)), low, high, color=colour, alpha=0.2, lw=0)
            for place, hollow in enumerate(is_open):
                face = "white" if hollow else colour
                mean = values[place].mean()
                axis.plot(place, mean, marker=marker, ms=4, color=colour, markerfacecolor=face)
        axis.set_title(shown(method), fontsize=9)
        axis.set_xticks(range(len(loads)), loads, fontsize=7)
        axis.set_ylim(-0.05, 1.05)
        axis.tick_params(axis="y", labelsize=7)
        axis.grid(alpha=0.3)
    for axis in axes[len(methods) :]:
        axis.set_axis_off()
    figure.suptitle(
        f"Recovery against load, {circuit}; hollow: not every fit had converged", fontsize=10
    )
    figure.legend(
        *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8
    )
    return svg_of(figure)


def _ladder(results: list[Result]) -> tuple[str, list[str]]:
    """Return the circuit that is there at most loads, and those in their order."""
    found: dict[str, set[str]] = {}
    for one in results:
        if matched := _NETWORK.fullmatch(one["network"]):
            found.setdefault(matched[1], set()).add(matched[2])
    if not found:
        return "", []
    circuit = max(sorted(found), key=lambda name: len(found[name]))
    return circuit, [load for load in _LOADS if load in found[circuit]]


def _speaks(results: list[Result], method: str) -> bool:
    """Return True if a method has one of the scores that are drawn."""
    return any(set(_SCORES) & set(one["scores"]) for one in results if one["method"] == method)


def _along(
    results: list[Result], method: str, score: str, networks: list[str]
) -> tuple[NDArray[np.float64], list[bool]]:
    """Return scores (networks, seeds), NaN where there is none, and which had not converged."""
    fits = [
        [one for one in results if (one["method"], one["network"]) == (method, network)]
        for network in networks
    ]
    values = np.full((len(networks), max(map(len, fits))), np.nan)
    for row, some in zip(values, fits, strict=True):
        for place, one in enumerate(some):
            row[place] = one["scores"].get(score, {}).get("corrected", np.nan)
    return values, [any(not_converged(one, score) for one in some) for some in fits]
