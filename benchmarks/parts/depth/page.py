"""The page of depth: error, plain units, and cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.pages import table
from parts.depth.readings import ACTIVE, COST_DEPTH, SEED, UNCAPPED_DEPTH, Cost, Exact, Reading


def section(
    depths: list[Reading], exact: list[Exact], bare: list[Reading], costs: list[Cost]
) -> list[str]:
    """Return the page below its heading."""
    return [*error_section(depths, exact), *uncapped_section(bare), *cost_section(costs)]


def error_section(depths: list[Reading], exact: list[Exact]) -> list[str]:
    """Return the part of the page on error against ReLUs and depth."""
    samples = depths[0].samples
    lines = [
        f"Layered circuits, {ACTIVE} active features, circuit and compiler seed {SEED}, fresh",
        "*satisfied* samples: one random gate switched on by its inputs, the promise filled up at",
        "random.",
        "",
        "## Error against ReLUs and depth",
        "",
        f"Share of {samples:,} samples in which any wire that a layer carries is misread; in",
        "brackets the threshold, the best of 0.5, 0.6 and 0.7 for that layer on these very",
        f"samples; none of {samples:,} only puts the error below {3.7 / samples:.2%}. A clipped",
        "unit counts as two ReLUs. A network is built once and read at every depth. *computed per",
        "ReLU* leaves out identities, a quarter of the wires of every level. The exact network",
        "makes no errors; its identities pass in a residual stream.",
        "",
    ]
    for beside in exact:
        width = beside.width
        found = {(x.neurons, x.layer): x for x in depths if x.width == width}
        sizes, at = (sorted({place[k] for place in found}) for k in (0, 1))
        rows = [
            (f"{n:,}", f"{beside.computed / n:.2f}", *(share(found[n, layer]) for layer in at))
            for n in sizes
        ]
        lines += [f"{width:,} wires per level; {exact_in_words(beside)}:"]
        lines += table(("ReLUs per layer", "computed per ReLU", *(f"layer {x}" for x in at)), rows)
    return [*lines, "![Share of wrong samples against ReLUs, one line per depth](depth.png)", ""]


def exact_in_words(exact: Exact) -> str:
    """Return the size of the exact network of so many levels."""
    return (
        f"the exact network of {exact.depth} levels has {exact.neurons:,} ReLUs in its widest "
        f"layer and {exact.neurons_total:,} in all, a state of {exact.state:,} numbers, "
        f"{exact.parameters:,} parameters and {exact.bytes:,} bytes"
    )


def share(reading: Reading) -> str:
    """Return the share of wrong samples, and the threshold it was read at."""
    return f"{reading.wrong / reading.samples:.2%} ({reading.threshold})"


def uncapped_section(bare: list[Reading]) -> list[str]:
    """Return the part of the page on plain units."""
    widths = list(dict.fromkeys(x.width for x in bare))
    lines = [
        "## One ReLU per unit",
        "",
        "The same weights with the caps taken off, scaled so that a wire that is fully on stays at",
        "1; the knee has to move from 0.5 to 0.47 (from 0.6 for gates that need several literals)",
        "because scales are powers of two. A convex map with fixed points 0 and 1 has a slope",
        "above 1 at 1, here 1 / (1 - knee) = 1.9, so errors of amplitude grow from layer",
        "to layer, and an OR with two inputs on starts at almost 3; a cap makes",
        "the slope at 1 zero. The standard deviation of the readings of wires that are on grew",
        f"{' and '.join(growth(bare, width) for width in widths)}.",
        "",
    ]
    for width in widths:
        plain = next(x for x in bare if (x.width, x.kind) == (width, "plain"))
        neurons, samples = plain.neurons, plain.samples
        groups = [
            [x for x in bare if (x.width, x.kind, x.units) == (width, kind, units)]
            for kind, units in (("plain", neurons), ("clipped", neurons // 2), ("clipped", neurons))
        ]
        rows = [
            (
                f"{g[0].kind}, {g[0].units:,} units, {g[0].neurons:,} ReLUs",
                what,
                *(show(x) for x in g),
            )
            for g in groups
            for what, show in (
                ("misread", share),
                ("on: mean ± sd", lambda x: f"{x.mean_on:.2f} ± {x.spread_on:.3f}"),
                ("off: sd", lambda x: f"{x.spread_off:.3f}"),
            )
        ]
        at = (f"layer {x}" for x in range(1, UNCAPPED_DEPTH + 1))
        lines += [f"{width:,} wires per level, {samples:,} samples:"]
        lines += table(("units", "", *at), rows)
    return lines


def growth(bare: list[Reading], width: int) -> str:
    """Return how fast readings of wires that are on spread over layers 1 to 4 of plain units."""
    plain = {x.layer: x for x in bare if (x.width, x.kind) == (width, "plain")}
    factor = (plain[4].spread_on / plain[1].spread_on) ** (1 / 3)
    return f"{factor:.1f}-fold per layer (layers 1 to 4, {width:,} wires, {plain[1].units:,} units)"


def cost_section(costs: list[Cost]) -> list[str]:
    """Return the part of the page on compile time and memory."""
    rows = [
        (
            f"{x.kind}",
            f"{x.gates:,}",
            f"{x.neurons:,}",
            f"{x.weights:,}",
            f"{x.seconds_plan:.2f}",
            f"{x.seconds:.2f}",
            f"{x.mebibytes:,.0f}",
        )
        for x in costs
    ]
    lines = [
        "## Compile time and memory",
        "",
        f"{COST_DEPTH} levels, one process each; *peak* is what planning and building add to the",
        "memory of a process that has only imported the package. Sizes in superposition are",
        "38 √(1.75 · width · 3.3) ReLUs, but under one per wire.",
        *table(("kind", "gates", "ReLUs", "weights", "plan, s", "build, s", "peak, MiB"), rows),
        "Slopes of the logarithms against the logarithm of the gates:",
    ]
    superposed = [x for x in costs if x.kind == "superposed"]
    groups = {
        "superposed, all": superposed,
        "superposed, size not held under one per wire": [
            x for x in superposed if COST_DEPTH * (x.neurons + 1) < x.gates
        ],
        "monosemantic, all": [x for x in costs if x.kind == "monosemantic"],
    }
    slopes = []
    for name, group in groups.items():
        if len(group) < 2:
            continue
        gates = [x.gates for x in group]
        measured = (
            [x.weights for x in group],
            [x.seconds_plan for x in group],
            [x.seconds for x in group],
            [x.seconds_plan + x.seconds for x in group],
            [x.mebibytes for x in group],
        )
        fitted = (slope(gates, values) for values in measured)
        slopes.append((name, f"{min(gates):,} to {max(gates):,}", *fitted))
    header = ("kind", "gates", "weights", "plan time", "build time", "both", "peak memory")
    return [*lines, *table(header, slopes)][:-1]


def slope(sizes: list[int], values: Sequence[float]) -> str:
    """Return the exponent of a power law through the points; small sizes may add no memory."""
    if min(values) <= 0:
        return "–"
    return f"{np.polyfit(np.log(sizes), np.log(values), 1)[0]:.2f}"
