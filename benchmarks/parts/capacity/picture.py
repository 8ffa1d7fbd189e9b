"""The picture of capacity: neurons against gates."""

from __future__ import annotations

from math import sqrt
from pathlib import Path

from matplotlib.axes import Axes

from harness.part import Results, Row
from harness.plots import lines_of, panels
from parts.capacity.page import NAME, all_gates, other_ways, searched_sizes


def draw(results: Results, folder: Path) -> None:
    """Draw neurons against gates, found and declared, and the bound; one panel per promise."""
    found = results[NAME]
    promises = sorted({row["active"] for row in found["declared"]})
    titles = [f"s = {active} features on at once" for active in promises]
    names = list(dict.fromkeys(row["construction"] for row in found["declared"]))
    colours = {name: f"C{number}" for number, name in enumerate(_by_use(found, names))}
    with panels(folder / "capacity.png", "gates m'", "neurons n", titles) as every:
        for axes, active in zip(every, promises, strict=True):
            for name in colours:
                _draw_construction(axes, found, name, active, colours[name])
            each = [(gates, gates) for gates in all_gates(found)]
            lines_of(axes, each, "monosemantic", color="grey", marker="", linewidth=1)
            bound = [(int(gates), sqrt(bits)) for gates, bits in found["bits"].items()]
            lines_of(
                axes,
                bound,
                "counting bound, 1 bit per weight",
                color="black",
                marker="",
                linewidth=2,
            )
            if active == 3:
                _draw_others(axes, results)
            # The monosemantic network leaves the picture, so that there is room for the others.
            axes.set_ylim(bottom=40, top=4 * max(all_gates(found)) ** 0.75)


def _by_use(found: Row, names: list[str]) -> list[str]:
    """Return those searched for first, for the colours that differ most; ten at most."""
    searched = {row["construction"] for row in found["searched"]}
    kept = [name for name in names if name not in ("monosemantic", "k-and", "quadratic")]
    return sorted(kept, key=lambda name: (name not in searched, kept.index(name)))[:10]


def _draw_construction(axes: Axes, found: Row, name: str, active: int, colour: str) -> None:
    for inputs, style, kind in (("superposed", "--", "declared"), ("basis", ":", "basis")):
        points = [
            (row["gates"], row["neurons"])
            for row in found["declared"]
            if (row["construction"], row["active"], row["inputs"]) == (name, active, inputs)
            # Past one per gate there are simpler ways.
            and row["neurons"] < row["gates"]
        ]
        looks = {"color": colour, "marker": "", "linewidth": 1}
        lines_of(axes, points, f"{name}, {kind}", linestyle=style, **looks)
    lines_of(axes, searched_sizes(found, name, active), f"{name}, found", color=colour)


def _draw_others(axes: Axes, results: Results) -> None:
    marks = {"refined": "*", "trained from random weights": "X"}
    for how, mark in marks.items():
        rows = [x for x in other_ways(results) if x["how"] == how and x["passed"]]
        points = [(x["gates"], x["neurons"]) for x in rows]
        looks = {"linestyle": "", "marker": mark, "markersize": 10, "color": "black"}
        lines_of(axes, points, how, **looks)
    given = [x for x in other_ways(results) if x["by"] == "`scale`" and x["passed"]]
    points = [(x["gates"], x["neurons"]) for x in given]
    looks = {"linestyle": "", "marker": "D", "color": "black"}
    lines_of(axes, points, "tight-frames, confirmed at a given size", **looks)
