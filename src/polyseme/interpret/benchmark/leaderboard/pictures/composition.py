"""The picture of compositions: what readings and components are like, a bar per method."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.interpret.benchmark.leaderboard.compositions import compositions
from polyseme.interpret.benchmark.leaderboard.measured import Result, methods_and_controls
from polyseme.interpret.benchmark.leaderboard.pictures.drawing import figure_of, shown, svg_of
from polyseme.interpret.benchmark.scores.composition import LIKE

# Told apart by those who see no red or green, and in grey.
_COLOURS = ("#0072b2", "#e69f00", "#7b3f8c", "#dddddd")
# The height of a bar, and of what is around them, in inches.
_BAR, _AROUND = 0.24, 1.3


def composition_svg(results: list[Result]) -> str:
    """Return the picture as SVG; "" where nothing is claimed at a layer that computes gates.

    Raises MissingExtraError without matplotlib.
    """
    found_by = compositions(results, methods_and_controls(results))
    panels = {title: _sorted(found) for title, found in found_by.items()}
    if not panels:
        return ""
    most = max(map(len, panels.values()))
    figure = figure_of(5.4 * len(panels), _AROUND + _BAR * most)
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, (title, found) in zip(axes, panels.items(), strict=True):
        left = np.zeros(len(found))
        for kind, colour, share in zip(LIKE, _COLOURS, np.stack([*found.values()]).T, strict=True):
            axis.barh(range(len(found)), share, left=left, color=colour, label=f"like {kind}")
            left += share
        axis.set_yticks(range(len(found)), [shown(name) for name in found], fontsize=8)
        axis.set_ylim(most - 0.5, -0.5)
        axis.set_xlim(0, 1)
        axis.set_title(title, fontsize=10)
    bars = axes[0].get_legend_handles_labels()
    figure.legend(*bars, loc="outside lower center", ncols=len(LIKE), fontsize=8)
    return svg_of(figure)


def _sorted(found: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Return the methods with most gates first."""
    return dict(sorted(found.items(), key=lambda one: (*(-one[1]).tolist(), one[0])))
