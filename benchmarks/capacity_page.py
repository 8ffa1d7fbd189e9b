"""The section and the picture of `capacity.py`: sizes found and declared, and the lower bound."""

from __future__ import annotations

import json
from math import log, sqrt
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from harness import Results, Row, about
from plots import lines_of, panels
from polyseme.verification.intervals import clopper_pearson
from sections import table

NAME = "capacity"
REFINED = Path(__file__).with_name("refine.json")
ERROR = 1e-3

ABOUT = (
    "`and2`, as many gates m' as features, circuit and compiler seed 0, inputs in",
    "superposition, error under 0.001: the smallest network that the search finds for each",
    "construction (it tries what is declared, corrects, and confirms on at least 20,000 fresh",
    "samples: one random gate's inputs on, filled up with random features to s; wrong is any",
    "output wrong; the 95 % upper end is under 0.001). *again* are those wrong of 20,000 other",
    "samples. *ratio* is the root of the parameters over the root of the counting bound's bits.",
    "*s* to search are of one core. Some of the largest take minutes each and are searched for by",
    "`bench.py capacity --long` only.",
)
ABOUT_DECLARED = (
    "Neurons of an error under 0.001 as declared before anything is built; in superposition but",
    "for those marked *basis*, which have a dimension a feature and so n x m weights",
    "(monosemantic: two a neuron). Of `and-tree` and `error-correction` ReLUs of the widest",
    "layer; the units of `quadratic` square. Declared sizes are enough and may be far more than",
    "it takes. The counting bound is for n x n weights: a dimension a feature goes under it.",
)


def section(results: Results) -> list[str]:
    """The section of the page."""
    found = results[NAME]
    cells = [_searched_cells(row) for row in found["searched"]]
    header = ("s", "gates", "construction", "declared", "neurons", "found / declared", "wrong")
    header += ("again", "ratio", "probes", "s to search")
    ways = ("gates", "neurons", "ratio", "how", "wrong of 20,000", "measured by")
    return [
        "## Neurons against gates",
        "",
        about(results, NAME),
        "",
        *ABOUT,
        *table(header, cells),
        *_slope_lines(results),
        "",
        "Other ways to a network for s = 3, not searched for but tried at a given size:",
        *table(ways, [_other_cells(row, found) for row in _other_ways(results)]),
        "With s = 2 nothing else is on beside a gate's inputs, so there is nothing to refine.",
        "",
        "![Neurons against gates, a panel a promise](capacity.png)",
        "",
        "### Declared sizes",
        "",
        *ABOUT_DECLARED,
        *_declared_table(found),
        "Not for this circuit:",
        "",
        *(f"- `{name}`: {reason}" for name, reason in found["refused"].items()),
    ]


def _gates(found: Row) -> set[int]:
    return {int(gates) for gates in found["bits"]}


def _searched_cells(row: Row) -> tuple[str, ...]:
    return (
        f"{row['active']}",
        f"{row['gates']:,}",
        row["construction"],
        f"{row['declared']:,}",
        f"**{row['neurons']:,}**" if row["reached"] else f"not with {row['neurons']:,}",
        f"{row['neurons'] / row['declared']:.3f}",
        f"{row['wrong']} of {row['samples']:,}",
        f"{row['again']}",
        f"{sqrt(row['parameters'] / row['bits']):.2f}",
        f"{row['probes']}",
        f"{row['seconds']:.0f}",
    )


def _other_ways(results: Results) -> list[Row]:
    """Sizes that other parts and `refine.py` measured: refined, from random weights, a million."""
    rows = []
    for row in json.loads(REFINED.read_text()) if REFINED.exists() else []:
        for way in ("refined", "scratch"):
            if row[way] is not None:
                wrong = round(row[way] * row["samples"])
                how = "refined" if way == "refined" else "trained from random weights"
                rows.append(_other(row, row["root_parameters"], how, wrong, "refine.py"))
    for row in results.get("time-to-error", {}).get("scratch", []):
        if row["target"] == ERROR and row["reached"]:
            how = "trained from random weights"
            rows.append(_other(row, row["neurons"], how, row["wrong"], "time-to-error"))
    for row in results.get("scale", {}).get("built", [])[-1:]:
        how = "tight-frames, confirmed at a given size"
        rows.append(_other(row, row["neurons"], how, row["wrong"], "scale"))
    return [row for row in rows if row["gates"] in _gates(results[NAME])]


def _other(row: Row, root: float, how: str, wrong: int, by: str) -> Row:
    return {
        "gates": row["gates"],
        "neurons": row["neurons"],
        "root": root,
        "how": how,
        "wrong": wrong,
        "passed": clopper_pearson(wrong, 20_000)[1] < ERROR,
        "by": f"`{by}`",
    }


def _other_cells(row: Row, found: Row) -> tuple[str, ...]:
    neurons = f"**{row['neurons']:,}**" if row["passed"] else f"{row['neurons']:,}"
    ratio = row["root"] / sqrt(found["bits"][str(row["gates"])])
    gates = f"{row['gates']:,}"
    return (gates, neurons, f"{ratio:.2f}", row["how"], f"{row['wrong']}", row["by"])


def _slope_lines(results: Results) -> list[str]:
    """Slopes of log neurons against log gates; of tight frames at s = 3 also up to a million."""
    found = results[NAME]
    lines = [
        f"- {x['construction']}, s = {x['active']}, {x['from']:,} to {x['to']:,} gates: "
        f"**{x['slope']:.3f}**"
        for x in found["slopes"]
    ]
    frames = _searched(found, "tight-frames", 3)
    given = [x for x in _other_ways(results) if x["by"] == "`scale`" and x["passed"]]
    if frames and given and given[0]["gates"] > frames[-1][0]:
        points = np.log([*frames, (given[0]["gates"], given[0]["neurons"])])
        slope = float(np.polyfit(points[:, 0], points[:, 1], 1)[0])
        lines.append(
            f"- tight-frames, s = 3, with {given[0]['gates']:,} gates at the "
            f"{given[0]['neurons']:,} neurons given: **{slope:.3f}**"
        )
    bounds = sorted((int(gates), bits) for gates, bits in found["bits"].items())
    rise = log(bounds[-1][1] / bounds[0][1]) / log(bounds[-1][0] / bounds[0][0]) / 2
    lines.append(f"- the counting bound, {bounds[0][0]:,} to {bounds[-1][0]:,} gates: {rise:.3f}")
    return [
        "Slopes of log neurons against log gates, where three sizes or more were found:",
        "",
        *lines,
    ]


def _declared_table(found: Row) -> list[str]:
    gates = sorted(_gates(found))
    declared = {(x["active"], x["construction"], x["gates"]): x for x in found["declared"]}
    rows = []
    for active, name in dict.fromkeys((a, n) for a, n, _ in declared):
        some = (declared.get((active, name, size)) for size in gates)
        rows.append((f"{active}", name, *("–" if x is None else _declared_cell(x) for x in some)))
    bound = [f"{sqrt(found['bits'][str(size)]):,.0f}" for size in gates]
    rows.append(("any", "counting bound, 1 bit a weight", *bound))
    return table(("s", "construction", *(f"{size:,}" for size in gates)), rows)


def _declared_cell(row: Row) -> str:
    return f"{row['neurons']:,}" + (" basis" if row["inputs"] == "basis" else "")


def _searched(found: Row, name: str, active: int) -> list[tuple[int, int]]:
    return sorted(
        (row["gates"], row["neurons"])
        for row in found["searched"]
        if (row["construction"], row["active"], row["reached"]) == (name, active, True)
    )


def draw(results: Results, folder: Path) -> None:
    """Neurons against gates: what was found, what is declared, the bound; a panel a promise."""
    found = results[NAME]
    promises = sorted({row["active"] for row in found["declared"]})
    titles = [f"s = {active} features on at once" for active in promises]
    names = list(dict.fromkeys(row["construction"] for row in found["declared"]))
    colours = {name: f"C{number}" for number, name in enumerate(_by_use(found, names))}
    with panels(folder / "capacity.png", "gates m'", "neurons n", titles) as every:
        for axes, active in zip(every, promises, strict=True):
            for name in colours:
                _draw_construction(axes, found, name, active, colours[name])
            each = [(gates, gates) for gates in _gates(found)]
            lines_of(axes, each, "monosemantic", color="grey", marker="", linewidth=1)
            bound = [(int(gates), sqrt(bits)) for gates, bits in found["bits"].items()]
            lines_of(
                axes, bound, "counting bound, 1 bit a weight", color="black", marker="", linewidth=2
            )
            if active == 3:
                _draw_others(axes, results)
            # The monosemantic network leaves the picture, so that there is room for the others.
            axes.set_ylim(bottom=40, top=4 * max(_gates(found)) ** 0.75)


def _by_use(found: Row, names: list[str]) -> list[str]:
    """Those searched for first, so that they have the colours that differ most; ten at most."""
    searched = {row["construction"] for row in found["searched"]}
    kept = [name for name in names if name not in ("monosemantic", "k-and", "quadratic")]
    return sorted(kept, key=lambda name: (name not in searched, kept.index(name)))[:10]


def _draw_construction(axes: Axes, found: Row, name: str, active: int, colour: str) -> None:
    for inputs, style, kind in (("superposed", "--", "declared"), ("basis", ":", "basis")):
        points = [
            (row["gates"], row["neurons"])
            for row in found["declared"]
            if (row["construction"], row["active"], row["inputs"]) == (name, active, inputs)
            # Past one a gate there are simpler ways.
            and row["neurons"] < row["gates"]
        ]
        looks = {"color": colour, "marker": "", "linewidth": 1}
        lines_of(axes, points, f"{name}, {kind}", linestyle=style, **looks)
    lines_of(axes, _searched(found, name, active), f"{name}, found", color=colour)


def _draw_others(axes: Axes, results: Results) -> None:
    marks = {"refined": "*", "trained from random weights": "X"}
    for how, mark in marks.items():
        rows = [x for x in _other_ways(results) if x["how"] == how and x["passed"]]
        points = [(x["gates"], x["neurons"]) for x in rows]
        looks = {"linestyle": "", "marker": mark, "markersize": 10, "color": "black"}
        lines_of(axes, points, how, **looks)
    given = [x for x in _other_ways(results) if x["by"] == "`scale`" and x["passed"]]
    points = [(x["gates"], x["neurons"]) for x in given]
    looks = {"linestyle": "", "marker": "D", "color": "black"}
    lines_of(axes, points, "tight-frames, confirmed at a given size", **looks)
