"""The picture of capacity: neurons against gates, three features on at once."""

from __future__ import annotations

from math import sqrt
from pathlib import Path

from harness.part import Results
from harness.plots import COLOURS, lines_of, paper
from parts.capacity.page import NAME, all_gates, other_ways, searched_sizes

ACTIVE = 3
# With their inputs in superposition, as the bound counts them; smallest first.
DRAWN = {"tight-frames": "o", "three-channel": "s", "one-bit": "^"}


def draw(results: Results, folder: Path) -> None:
    """Draw the sizes found of three constructions, the exact network and the bound.

    Constructions whose inputs have a dimension each are left out: their n x m weights may be fewer
    neurons than the bound, which is of n x n weights.
    """
    found = results[NAME]
    title = f"pairwise AND, as many gates as features, {ACTIVE} on at once, error under 0.001"
    with paper(folder / "capacity.png", "gates", "neurons (ReLUs)", title) as axes:
        each = [(gates, gates) for gates in all_gates(found)]
        lines_of(axes, each, "exact: one per gate", color=COLOURS[7], marker="")
        for (name, marker), colour in zip(DRAWN.items(), COLOURS, strict=False):
            points = searched_sizes(found, name, ACTIVE)
            if name == "tight-frames":
                given = [x for x in other_ways(results) if x["by"] == "`scale`" and x["passed"]]
                points += [(x["gates"], x["neurons"]) for x in given]
            lines_of(axes, points, f"{name}, smallest found", color=colour, marker=marker)
        bound = [(int(gates), sqrt(bits)) for gates, bits in found["bits"].items()]
        looks = {"color": "black", "marker": "", "linewidth": 2, "linestyle": "--"}
        lines_of(axes, bound, "counting bound,\n1 bit per weight", **looks)
