"""The smallest networks the documentation quotes, and their error against the number of neurons.

Every problem of the table is sized at its promise and error, confirmed on fresh samples and tried
on the harder input distributions too; and networks of several sizes are built.
"""

from __future__ import annotations

import time
from math import ceil, sqrt
from pathlib import Path

from matplotlib.ticker import StrMethodFormatter

import polyseme as ps
from harness.compiling import (
    counting_bits,
    declared_neurons,
    file_bytes,
    neurons_for,
    sized,
)
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.plots import lines_of, paper
from harness.problems import read
from harness.processes import Job, side_by_side

ERROR = 1e-3
HARD_SAMPLES = 20_000
AND2 = "and2:features=10000,gates=10000"
PERMUTATION = "permutation:features=10000"
ZIPF = "and2:features=2000,gates=10000,influence=zipf"
# Those that take longest first; a second seed where that takes seconds.
PROBLEMS = (
    ("uand:features=200", 3, (0,)),
    (ZIPF, 3, (0,)),
    ("and:k=4,features=5000,gates=5000", 6, (0,)),
    ("and2:features=100000,gates=100000", 3, (0,)),
    ("airports", 3, (0, 1)),
    (PERMUTATION, 3, (0, 1)),
    (AND2, 3, (0, 1)),
    ("and2:features=1000,gates=1000", 3, (0,)),
)
CURVES = (
    (AND2, "tight-frames", (960, 1056, 1152, 1248, 1344)),
    (AND2, "three-channel", (1000, 1200, 1400, 1600)),
    (PERMUTATION, "tight-frames", (1056, 1184, 1312, 1440)),
    (PERMUTATION, "three-channel", (1000, 1200, 1400, 1600)),
    (ZIPF, "three-channel", (2500, 3000, 3500, 4000)),
    ("airports", "three-channel", (1500, 1750, 2000, 2250, 2500)),
)
QUICK_PROBLEMS = (
    ("and2:features=1000,gates=1000", 3, (0,)),
    ("permutation:features=1000", 3, (0,)),
    ("uand:features=60", 3, (0,)),
)
QUICK_CURVES = (("and2:features=1000,gates=1000", "tight-frames", (320, 384, 448)),)

ABOUT_SIZES = (
    "Every unit is one ReLU. *wrong* counts fresh samples with any output wrong, one random",
    "gate's inputs on and the rest of the promise filled with random features (for 4-input",
    "gates, the worse of that and of all inputs on but one); the upper end of the exact 95 %",
    "interval is under 0.001. *near-miss* and *uniform* are the errors on 20,000 samples of",
    "those harder and easier distributions, for which the networks were not sized; *alone* is",
    "how many gates are wrong with nothing else on (every one tried). *bound* is the counting",
    "bound in neurons at one bit per weight with the order of outputs ignored, and *in order* with",
    "that order and, where they can be counted, the circuit's influences. *over them* are ratios",
    "at equal bits: the square root of all parameters, each of as many bits as a hidden weight,",
    "over that of the bits counted. *predicted* is what the construction declares before anything",
    "is built. *bytes* is the length of the network's file, and *exact* the ReLUs of the exact",
    "network, whose outputs are factored: of facts, one per relation and object. Each row took one",
    "thread, with another row beside it on the other core.",
)
COLUMNS = (
    "problem",
    "s",
    "seed",
    "construction",
    "ReLUs",
    "parameters",
    "bytes",
    "predicted",
    "gates",
    "exact",
    "bound",
    "in order",
    "over them",
    "wrong",
    "near-miss",
    "uniform",
    "alone",
    "input dimensions",
    "weights",
    "bits per weight",
    "search, s",
    "build, s",
)


def sizing(problem: str, active: int, seed: int) -> Row:
    """Find the smallest network for a problem, and try it on every distribution."""
    circuit = read(problem)
    count = counting_bits(circuit)
    started = time.perf_counter()
    found = sized(circuit, active=active, error=ERROR, seed=seed)
    searched = time.perf_counter() - started
    network, seen = found.network, found.confirmation
    name = network.provenance.construction
    started = time.perf_counter()
    ps.compile(circuit, active=active, neurons=network.neurons, epsilon=None, seed=seed)
    built = time.perf_counter() - started
    near, uniform = (
        ps.verify(network, inputs=name, samples=HARD_SAMPLES, seed=seed + 1).error
        for name in ("near-miss", "uniform")
    )
    assert seen is not None
    return {
        "problem": problem,
        "active": active,
        "seed": seed,
        "construction": name,
        "neurons": network.neurons,
        "parameters": network.parameters,
        "bytes": file_bytes(network),
        "predicted": declared_neurons(name, circuit, active=active, error=ERROR, seed=seed),
        "gates": circuit.gates,
        "exact": network.provenance.monosemantic_neurons,
        "bits": count.bits,
        "bits_in_order": count.tightest_bits,
        "wrong": seen.wrong,
        "samples": seen.samples,
        "upper": seen.error_interval[1],
        "near_miss": near,
        "uniform": uniform,
        "alone_wrong": ps.verify(network, inputs="alone", samples=50_000).wrong,
        "in_superposition": network.encoder.in_superposition,
        "dimensions": network.encoder.dimensions,
        "weights_dtype": str(network.layers[0].weights.dtype),
        "bits_a_weight": network.weight_bits() / network.layers[0].weights.size,
        "seconds_search": searched,
        "seconds_build": built,
    }


def curve(problem: str, construction: str, sizes: list[int]) -> Row:
    """Return the errors of networks of given sizes, seed 0, three active features."""
    circuit, points = read(problem), []
    for neurons in sizes:
        seen = sized(
            circuit, active=3, error=ERROR, neurons=neurons, construction=construction
        ).confirmation
        assert seen is not None
        upper = seen.error_interval[1]
        points.append(
            {"neurons": neurons, "wrong": seen.wrong, "samples": seen.samples, "upper": upper}
        )
    return {"problem": problem, "construction": construction, "points": points}


class Headline(Part):
    """Sizes that the documentation quotes."""

    name = "headline"
    title = "Smallest networks at an error under 0.001"
    measures = "the smallest network found for every quoted problem, and its error at other sizes"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Size every problem, and trace the curves."""
        quick = size is Size.QUICK
        problems, curves = (QUICK_PROBLEMS, QUICK_CURVES) if quick else (PROBLEMS, CURVES)
        sizes = [
            Job(sizing, {"problem": problem, "active": active, "seed": seed})
            for problem, active, seeds in problems
            for seed in seeds
        ]
        traces = [
            Job(curve, {"problem": problem, "construction": name, "sizes": list(neurons)})
            for problem, name, neurons in curves
        ]
        found = side_by_side(sizes + traces, tell)
        return {"sizings": found[: len(sizes)], "curves": found[len(sizes) :]}

    def section(self, results: Results) -> list[str]:
        """Return a table of sizes and one of curves."""
        found = results[self.name]
        samples = (
            (x["problem"], x["construction"], y["neurons"], y["wrong"], y["samples"], y["upper"])
            for x in found["curves"]
            for y in x["points"]
        )
        return [
            *ABOUT_SIZES,
            *table(COLUMNS, [_cells(x) for x in found["sizings"]]),
            "## Error against neurons",
            "",
            "Seed 0, three active features, samples as above.",
            *table(
                ("problem", "construction", "ReLUs", "wrong", "95 % upper end"),
                [
                    (problem, name, f"{neurons:,}", f"{wrong:,} of {tried:,}", f"{upper:.2%}")
                    for problem, name, neurons, wrong, tried, upper in samples
                ],
            ),
            "![Share of wrong samples against neurons, one line per problem](headline.png)",
        ]

    def finding(self, results: Results) -> str:
        """Return the size of the largest problem."""
        row = max(results[self.name]["sizings"], key=lambda x: x["gates"])
        return f"{row['gates']:,} gates in {row['neurons']:,} ReLUs"

    def draw(self, results: Results, folder: Path) -> None:
        """Draw error against neurons, one line per problem and construction."""
        path = folder / "headline.png"
        title = "error against size, three features on at once, seed 0"
        with paper(path, "neurons (ReLUs)", "share of samples wrong", title) as axes:
            for x in results[self.name]["curves"]:
                zipf = ", Zipf" if "zipf" in x["problem"] else ""
                problem = x["problem"].partition(":")[0] + zipf
                points = [
                    (y["neurons"], y["wrong"] / y["samples"]) for y in x["points"] if y["wrong"]
                ]
                looks = {"linestyle": "-" if x["construction"] == "tight-frames" else "--"}
                lines_of(axes, points, f"{problem}, {x['construction']}", **looks)
            axes.set_xscale("linear")
            axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _cells(x: Row) -> tuple[str, ...]:
    # Of a family of one circuit there is no bound.
    counted = (x["bits"], x["bits_in_order"] if x["bits"] else 0.0)
    held = x["parameters"] * x["bits_a_weight"]
    over = " · ".join(f"{sqrt(held / bits):.2f}" if bits else "–" for bits in counted)
    return (
        x["problem"],
        f"{x['active']}",
        f"{x['seed']}",
        x["construction"],
        f"**{x['neurons']:,}**",
        f"{x['parameters']:,}",
        f"{x['bytes']:,}",
        f"{x['predicted']:,}",
        f"{x['gates']:,}",
        f"{x['exact']:,}",
        *(f"{ceil(neurons_for(bits, 1.0)):,}" for bits in counted),
        over,
        f"{x['wrong']} of {x['samples']:,}",
        f"{x['near_miss']:.2%}",
        f"{x['uniform']:.3%}",
        f"{x['alone_wrong']}",
        f"{x['dimensions']:,}" + ("" if x["in_superposition"] else " (basis)"),
        x["weights_dtype"],
        f"{x['bits_a_weight']:.1f}",
        f"{x['seconds_search']:.0f}",
        f"{x['seconds_build']:.1f}",
    )
