"""What depth costs: run with `make bench-depth`.

Reads every wire of layered circuits layer by layer, against the number of ReLUs; takes the caps off
the units and watches amplitudes drift; and fits how compile time and memory grow with the gates.
Writes its section of `docs/benchmarks.md`, `benchmarks/depth.json` and `docs/depth.png`. Some
fifteen minutes on one core; times are of this machine and only good for comparison.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import sqrt
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

import polyseme as ps
from polyseme.circuits.evaluate import wires_on
from polyseme.compiler.constructions.staged.build import build_deep
from polyseme.compiler.constructions.staged.plan import DeepPlan, make_deep_plan
from polyseme.compiler.constructions.three_channel.plan import Stream
from polyseme.compiler.schedule.scheduling import Carry
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner

matplotlib.use("Agg")
from matplotlib import pyplot as plt

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- depth: begin -->", "<!-- depth: end -->"
ACTIVE, SEED, ERROR = 3, 0, 1e-3
SAMPLES, BATCH = 2000, 500
THRESHOLDS = (0.5, 0.6, 0.7)
# Width, depth of the network built, ReLUs a layer, and the depths at which it is read.
TRANSITIONS = (
    (4000, 64, (2400, 2800, 3200, 3500, 3800, 3990), (1, 2, 4, 8, 16, 32, 64)),
    (20_000, 16, (7000, 8000, 9000, 10_000, 12_000), (1, 2, 4, 8, 16)),
)
# Width, ReLUs of the plain network, samples; both at this depth.
UNCAPPED, UNCAPPED_DEPTH = ((4000, 1999, SAMPLES), (20_000, 9999, 500)), 8
COST_DEPTH = 4
SUPERPOSED_WIDTHS = (2000, 4000, 8000, 16_000, 32_000, 64_000)
MONOSEMANTIC_WIDTHS = (2500, 8000, 25_000, 80_000, 250_000)

console = Console(stderr=True)


@dataclass(frozen=True)
class Reading:
    """How one layer of one network carries its wires; `threshold` is the best of THRESHOLDS."""

    width: int
    units: int
    neurons: int
    kind: str
    layer: int
    wrong: int
    samples: int
    threshold: float
    mean_on: float
    spread_on: float
    spread_off: float


@dataclass(frozen=True)
class Cost:
    """Building one network in a process of its own; `mebibytes` is what the peak added to it."""

    kind: str
    gates: int
    neurons: int
    weights: int
    seconds: float
    seconds_plan: float
    mebibytes: float


def main() -> None:
    """Measure everything and write the results."""
    costs = [cost("superposed", width) for width in SUPERPOSED_WIDTHS]
    costs += [cost("monosemantic", width) for width in MONOSEMANTIC_WIDTHS]
    depths = [reading for case in TRANSITIONS for reading in transition(*case)]
    bare = [reading for case in UNCAPPED for reading in uncapped(*case)]
    results = {
        "seed": SEED,
        "inputs": "satisfied",
        "depth": [asdict(x) for x in depths],
        "uncapped": [asdict(x) for x in bare],
        "costs": [asdict(x) for x in costs],
    }
    (ROOT / "benchmarks" / "depth.json").write_text(json.dumps(results, indent=1) + "\n")
    draw(depths)
    put_section(section(depths, bare, costs))
    console.print("wrote docs/benchmarks.md, docs/depth.png and benchmarks/depth.json")


def planned(width: int, depth: int) -> DeepPlan:
    """The plan of a layered circuit."""
    circuit = ps.problems.layered(width, depth, ACTIVE, SEED)
    return make_deep_plan(circuit, ACTIVE, ERROR, SEED, Carry.GATES)


def transition(
    width: int, depth: int, sizes: tuple[int, ...], at: tuple[int, ...]
) -> list[Reading]:
    """Read networks of several sizes at several depths."""
    plan = planned(width, depth)
    readings = []
    for neurons in sizes:
        started = time.perf_counter()
        found = read_layers(plan, build_deep(plan, neurons), "clipped", at, SAMPLES)
        readings += found
        shares = " ".join(f"{x.layer}:{x.wrong / x.samples:.3%}" for x in found)
        console.print(
            f"{width:,} wide, {neurons:,} ReLUs, {time.perf_counter() - started:.0f} s: {shares}"
        )
    return readings


def uncapped(width: int, neurons: int, samples: int) -> list[Reading]:
    """Plain units against clipped ones: as many units, and as many ReLUs."""
    plan = planned(width, UNCAPPED_DEPTH)
    at = tuple(range(1, UNCAPPED_DEPTH + 1))
    network = build_deep(plan, 2 * neurons)
    readings = read_layers(plan, without_caps(plan, network), "plain", at, samples)
    readings += read_layers(plan, network, "clipped", at, samples)
    del network
    half = build_deep(plan, neurons)
    readings += read_layers(plan, half, "clipped", at, samples)
    console.print(f"{width:,} wide, caps off at {neurons:,} units")
    return readings


def without_caps(plan: DeepPlan, network: Network) -> Network:
    """The same weights under plain ReLUs, each of which gives 1 for a column that is fully on.

    Scales are powers of two, so the knee moves to the nearest place that allows this.
    """
    assert network.key is not None
    layers = []
    for stage, layer, key in zip(
        plan.schedule.stages, network.layers, network.key.layers, strict=True
    ):
        several = np.zeros(layer.units, bool)
        several[key.positions[stage.needed > 1]] = True
        layers.append(_plain(layer, key.resolution, np.where(several, 0.6, 0.5)))
    return replace(network, layers=tuple(layers))


def _plain(layer: Layer, unit: int, knee: NDArray[np.float64]) -> Layer:
    full = 1 << round(np.log2(unit / 2))
    bias = layer.bias + np.rint(full - (1 - knee) * unit).astype(np.int32)
    return Layer(layer.weights, bias.astype(np.int32), 1 / full)


def read_layers(
    plan: DeepPlan, network: Network, kind: str, at: tuple[int, ...], samples: int
) -> list[Reading]:
    """Every wire that the layers carry, read from fresh samples."""
    assert network.key is not None
    rows = plan.inputs("satisfied", samples, plan.stream(Stream.CONFIRMATIONS))
    runner = LayerRunner(network)
    wrong = np.zeros((len(at), len(THRESHOLDS)), np.int64)
    # Count, sum and sum of squares of the readings of wires that are off and on.
    moments = np.zeros((len(at), 2, 3))
    for begin in range(0, samples, BATCH):
        batch = rows[begin : begin + BATCH]
        on = wires_on(plan.circuit, batch).tocsc()
        activations = runner.activations(batch)
        for place, depth in enumerate(at):
            key = network.key.layers[depth - 1]
            known = key.wires >= 0
            read = key.readings(activations[depth - 1])[known]
            truth = on[:, key.wires[known]].toarray().T
            wrong[place] += [((read >= x) != truth).any(axis=0).sum() for x in THRESHOLDS]
            for state in (False, True):
                values = read[truth == state]
                moments[place, int(state)] += _moments(values)
        del activations
    return [
        _reading(plan, network, kind, depth, wrong[place], samples, moments[place])
        for place, depth in enumerate(at)
    ]


def _moments(values: NDArray[np.float32]) -> tuple[float, float, float]:
    sums = values.sum(dtype=np.float64)
    return len(values), float(sums), float(np.square(values).sum(dtype=np.float64))


def _reading(
    plan: DeepPlan,
    network: Network,
    kind: str,
    depth: int,
    wrong: NDArray[np.int64],
    samples: int,
    moments: NDArray[np.float64],
) -> Reading:
    mean = moments[:, 1] / moments[:, 0]
    spread = np.sqrt(np.maximum(moments[:, 2] / moments[:, 0] - mean**2, 0))
    return Reading(
        width=plan.monosemantic_neurons,
        units=network.layers[depth - 1].units,
        neurons=network.layers[depth - 1].neurons,
        kind=kind,
        layer=depth,
        wrong=int(wrong.min()),
        samples=samples,
        threshold=THRESHOLDS[int(wrong.argmin())],
        mean_on=float(mean[1]),
        spread_on=float(spread[1]),
        spread_off=float(spread[0]),
    )


def cost(kind: str, width: int) -> Cost:
    """Build one network in a process of its own."""
    rule = int(38 * sqrt(1.75 * width * 3.3))
    neurons = width if kind == "monosemantic" else min(rule, width - 1)
    command = [sys.executable, __file__, "cost", kind, str(width), str(neurons)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    measured = Cost(**json.loads(answer))
    console.print(f"{kind}, {measured.gates:,} gates: {measured.seconds:.1f} s")
    return measured


def cost_here(kind: str, width: int, neurons: int) -> Cost:
    """Build one network in this process, which must have done nothing else."""
    before = _peak()
    started = time.perf_counter()
    plan = planned(width, COST_DEPTH)
    middle = time.perf_counter()
    network = build_deep(plan, neurons)
    return Cost(
        kind=kind,
        gates=width * COST_DEPTH,
        neurons=neurons,
        weights=sum(
            layer.weights.nnz if layer.is_sparse else layer.weights.size for layer in network.layers
        ),
        seconds=time.perf_counter() - middle,
        seconds_plan=middle - started,
        mebibytes=_peak() - before,
    )


def _peak() -> float:
    """Peak memory of this process in MiB; Linux counts it in KiB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak / (2**20 if sys.platform == "darwin" else 2**10))


def slope(sizes: list[int], values: Sequence[float]) -> float:
    """The exponent of a power law through the points."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def draw(depths: list[Reading]) -> None:
    """The share of wrong samples against ReLUs, one line a depth, one panel a width."""
    figure, axes = plt.subplots(
        1, len(TRANSITIONS), figsize=(12.5, 5), sharey=True, layout="constrained"
    )
    every = sorted({x.layer for x in depths})
    shades = plt.get_cmap("viridis")(np.linspace(0, 0.92, len(every)))
    floor = 1 / (2 * SAMPLES)
    for panel, (width, depth, _, at) in zip(axes, TRANSITIONS, strict=True):
        for layer in at:
            points = [x for x in depths if x.width == width and x.layer == layer]
            shares = [max(x.wrong / x.samples, floor) for x in points]
            colour = shades[every.index(layer)]
            label = f"layer {layer}"
            panel.plot([x.neurons for x in points], shares, "o-", color=colour, label=label)
        panel.axhline(floor, color="0.6", linestyle=":")
        panel.annotate(
            f"none wrong of {SAMPLES:,}",
            (0.02, floor),
            xytext=(0, 4),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            color="0.4",
            fontsize=9,
        )
        panel.set(yscale="log", ylim=(floor * 0.8, 1.3), xlabel="ReLUs a layer")
        panel.set_title(f"{width:,} wires a level, {depth} levels")
        panel.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        panel.grid(alpha=0.25)
    axes[0].set_ylabel("share of samples with any wire of the layer misread")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", frameon=False)
    figure.savefig(ROOT / "docs" / "depth.png", dpi=130)
    plt.close(figure)


def put_section(lines: list[str]) -> None:
    """Replace this benchmark's section of the page, and nothing else on it."""
    path = ROOT / "docs" / "benchmarks.md"
    body = "\n".join([BEGIN, *lines, END])
    page = path.read_text()
    if BEGIN in page and END in page:
        before, rest = page.split(BEGIN, 1)
        page = before + body + rest.split(END, 1)[1]
    else:
        page = f"{page.rstrip()}\n\n{body}\n"
    path.write_text(page)


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """A Markdown table with an empty line on either side."""
    lines = [f"| {' | '.join(row)} |" for row in (header, *rows)]
    return ["", lines[0], "|---" * len(header) + "|", *lines[1:], ""]


def share(reading: Reading) -> str:
    """The share of wrong samples, and the threshold it was read at."""
    return f"{reading.wrong / reading.samples:.2%} ({reading.threshold})"


def section(depths: list[Reading], bare: list[Reading], costs: list[Cost]) -> list[str]:
    """The section as lines of Markdown."""
    lines = [
        "## Depth",
        "",
        f"Written by `make bench-depth` (`benchmarks/depth.py`). Layered circuits, {ACTIVE} active",
        f"features, circuit and compiler seed {SEED}, fresh *satisfied* samples: one random gate",
        "switched on by its inputs, the promise filled up at random.",
        "",
        "### Error against ReLUs and depth",
        "",
        f"Share of {SAMPLES:,} samples in which any wire that a layer carries is misread; in",
        "brackets the threshold, the best of 0.5, 0.6 and 0.7 for that layer on these very",
        f"samples; none of {SAMPLES:,} only puts the error below {3.7 / SAMPLES:.2%}. A clipped",
        "unit counts as two ReLUs. A network is built once and read at every depth. One ReLU a",
        "wire is what a monosemantic layer takes.",
        "",
    ]
    for width, _, sizes, at in TRANSITIONS:
        found = {(x.neurons, x.layer): x for x in depths if x.width == width}
        rows = [
            (f"{n:,}", f"{width / n:.2f}", *(share(found[n, layer]) for layer in at)) for n in sizes
        ]
        lines += [f"{width:,} wires a level:"]
        lines += table(("ReLUs", "wires a ReLU", *(f"layer {x}" for x in at)), rows)
    lines += ["![Share of wrong samples against ReLUs, a line a depth](depth.png)", ""]
    return [*lines, *uncapped_section(bare), *cost_section(costs)]


def uncapped_section(bare: list[Reading]) -> list[str]:
    """Whether one ReLU a unit holds depth."""
    lines = [
        "### One ReLU a unit",
        "",
        "The same weights with the caps taken off, scaled so that a wire that is fully on stays at",
        "1; the knee has to move from 0.5 to 0.47 (from 0.6 for gates that need several literals)",
        "because scales are powers of two. A convex map with fixed points 0 and 1 has a slope",
        "above 1 at 1, here 1 / (1 - knee) = 1.9, so errors of amplitude grow from layer",
        "to layer, and an OR with two inputs on starts at almost 3; a cap makes",
        "the slope at 1 zero. The standard deviation of the readings of wires that are on grew",
        f"{' and '.join(growth(bare, *case) for case in UNCAPPED)}.",
        "",
    ]
    for width, neurons, samples in UNCAPPED:
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
        lines += [f"{width:,} wires a level, {samples:,} samples:"]
        lines += table(("units", "", *at), rows)
    return lines


def growth(bare: list[Reading], width: int, neurons: int, _: int) -> str:
    """How fast the readings of wires that are on spread over layers 1 to 4 of a plain network."""
    plain = {x.layer: x for x in bare if (x.width, x.kind) == (width, "plain")}
    factor = (plain[4].spread_on / plain[1].spread_on) ** (1 / 3)
    return f"{factor:.1f}-fold a layer (layers 1 to 4, {width:,} wires, {neurons:,} units)"


def cost_section(costs: list[Cost]) -> list[str]:
    """How compile time and memory grow."""
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
        "### Compile time and memory",
        "",
        f"{COST_DEPTH} levels, one process each; *peak* is what planning and building add to the",
        "memory of a process that has only imported the package. Sizes in superposition are",
        "38 √(1.75 · width · 3.3) ReLUs, but under one a wire.",
        *table(("kind", "gates", "ReLUs", "weights", "plan, s", "build, s", "peak, MiB"), rows),
        "Slopes of the logarithms against the logarithm of the gates:",
    ]
    superposed = [x for x in costs if x.kind == "superposed"]
    groups = {
        "superposed, all": superposed,
        "superposed, size not held under one a wire": [
            x for x in superposed if COST_DEPTH * (x.neurons + 1) < x.gates
        ],
        "monosemantic, all": [x for x in costs if x.kind == "monosemantic"],
    }
    slopes = []
    for name, group in groups.items():
        gates = [x.gates for x in group]
        measured = (
            [x.weights for x in group],
            [x.seconds_plan for x in group],
            [x.seconds for x in group],
            [x.seconds_plan + x.seconds for x in group],
            [x.mebibytes for x in group],
        )
        fitted = (f"{slope(gates, values):.2f}" for values in measured)
        slopes.append((name, f"{min(gates):,} to {max(gates):,}", *fitted))
    header = ("kind", "gates", "weights", "plan time", "build time", "both", "peak memory")
    return [*lines, *table(header, slopes)][:-1]


if __name__ == "__main__":
    if sys.argv[1:2] == ["cost"]:
        print(json.dumps(asdict(cost_here(sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))))
    else:
        main()
