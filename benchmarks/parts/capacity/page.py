"""The page of capacity: sizes found and declared, and the lower bound."""

from __future__ import annotations

from math import log, sqrt

import numpy as np

from harness.compiling import clopper_pearson
from harness.pages import table
from harness.part import Results, Row

NAME = "capacity"
ERROR = 1e-3

ABOUT = (
    "`and2`, as many gates m' as features, circuit and compiler seed 0, inputs in",
    "superposition, error under 0.001: the smallest network that the search finds for each",
    "construction (it tries what is declared, corrects, and confirms on at least 20,000 fresh",
    "samples: one random gate's inputs on, filled up with random features to s; wrong is any",
    "output wrong; the 95 % upper end is under 0.001). *again* are those wrong of 20,000 other",
    "samples. *ratio* is the root of the parameters over the root of the counting bound's bits,",
    "order of outputs ignored, as if a parameter held one bit.",
    "*s* to search are of one core. Some of the largest take minutes each and are searched for by",
    "`run.py capacity --long` only.",
)
ABOUT_PICTURE = (
    "The picture has the sizes found at s = 3, all with inputs in superposition. The exact network",
    "is one ReLU per gate. The million gates of tight frames were confirmed at a given size.",
)
ABOUT_DECLARED = (
    "Neurons of an error under 0.001 as declared before anything is built; in superposition but",
    "for those marked *basis*, which have one dimension per feature and so n x m weights",
    "(monosemantic: two per neuron). Of `and-tree` and `error-correction` ReLUs of the widest",
    "layer; the units of `quadratic` square. Declared sizes are enough and may be far more than",
    "it takes. The counting bound is for n x n weights: one dimension per feature goes under it.",
)


def section(results: Results) -> list[str]:
    """Return the page below its heading."""
    found = results[NAME]
    cells = [_searched_cells(row) for row in found["searched"]]
    header = ("s", "gates", "construction", "declared", "neurons", "found / declared", "wrong")
    header += ("again", "ratio", "probes", "s to search")
    ways = ("gates", "neurons", "ratio", "how", "wrong of 20,000", "measured by")
    return [
        *ABOUT,
        *table(header, cells),
        *_slope_lines(results),
        "",
        "Other ways to a network for s = 3, not searched for but tried at a given size:",
        *table(ways, [_other_cells(row, found) for row in other_ways(results)]),
        "With s = 2 nothing else is on beside a gate's inputs, so there is nothing to refine.",
        "",
        *ABOUT_PICTURE,
        "",
        "![Neurons against gates, three on at once: three constructions, the exact network, the "
        "bound](capacity.png)",
        "",
        "## Declared sizes",
        "",
        *ABOUT_DECLARED,
        *_declared_table(found),
        "Not for this circuit:",
        "",
        *(f"- `{name}`: {reason}" for name, reason in found["refused"].items()),
    ]


def all_gates(found: Row) -> set[int]:
    """Return the sizes of circuit that declarations were asked for."""
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


def other_ways(results: Results) -> list[Row]:
    """Return sizes that other parts measured: refined, from random weights, a million gates."""
    rows = []
    for row in results.get("refine", {}).get("sizes", []):
        for way in ("refined", "scratch"):
            if row[way] is not None:
                wrong = round(row[way] * row["samples"])
                how = "refined" if way == "refined" else "trained from random weights"
                rows.append(_other(row, row["root_parameters"], how, wrong, "refine"))
    for row in results.get("time_to_error", {}).get("scratch", []):
        if row["target"] == ERROR and row["reached"]:
            how = "trained from random weights"
            rows.append(_other(row, row["neurons"], how, row["wrong"], "time_to_error"))
    for row in results.get("scale", {}).get("built", [])[-1:]:
        how = "tight-frames, confirmed at a given size"
        rows.append(_other(row, row["neurons"], how, row["wrong"], "scale"))
    return [row for row in rows if row["gates"] in all_gates(results[NAME])]


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
    """Return slopes of log neurons against log gates; for tight frames also up to a million."""
    found = results[NAME]
    lines = [
        f"- {x['construction']}, s = {x['active']}, {x['from']:,} to {x['to']:,} gates: "
        f"**{x['slope']:.3f}**"
        for x in found["slopes"]
    ]
    frames = searched_sizes(found, "tight-frames", 3)
    given = [x for x in other_ways(results) if x["by"] == "`scale`" and x["passed"]]
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
    gates = sorted(all_gates(found))
    declared = {(x["active"], x["construction"], x["gates"]): x for x in found["declared"]}
    rows = []
    for active, name in dict.fromkeys((a, n) for a, n, _ in declared):
        some = (declared.get((active, name, size)) for size in gates)
        rows.append((f"{active}", name, *("–" if x is None else _declared_cell(x) for x in some)))
    bound = [f"{sqrt(found['bits'][str(size)]):,.0f}" for size in gates]
    rows.append(("any", "counting bound, 1 bit per weight", *bound))
    return table(("s", "construction", *(f"{size:,}" for size in gates)), rows)


def _declared_cell(row: Row) -> str:
    return f"{row['neurons']:,}" + (" basis" if row["inputs"] == "basis" else "")


def searched_sizes(found: Row, name: str, active: int) -> list[tuple[int, int]]:
    """Return gates and neurons of the sizes found for a construction and a promise."""
    return sorted(
        (row["gates"], row["neurons"])
        for row in found["searched"]
        if (row["construction"], row["active"], row["reached"]) == (name, active, True)
    )
