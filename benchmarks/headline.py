"""The figures the documentation quotes, measured afresh: run with `make bench`.

Sizes every problem of the table at its promise and error, confirms it on fresh samples, tries the
harder input distributions too, and traces the error against the number of neurons. Writes
`docs/benchmarks.md` and `benchmarks/results.json`. About ten minutes on two cores; the seeds are in
the table, times are whole-call wall times of this machine and only good for comparison.
"""

from __future__ import annotations

import json
import platform
import time
from dataclasses import asdict, dataclass
from math import ceil, sqrt
from pathlib import Path

import airportsdata
from rich.console import Console

import polyseme as ps
from polyseme.bounds.counting import counting_bits, neurons_for
from polyseme.compiler.compile import fulfil
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.construction import Task
from polyseme.compiler.constructions.search import confirmed
from polyseme.compiler.request import Request
from sections import put_section

ROOT = Path(__file__).resolve().parent.parent
ERROR = 1e-3
HARD_SAMPLES = 20_000
PROBLEMS = (
    ("and2:features=10000,gates=10000", 3, (0, 1)),
    ("permutation:features=10000", 3, (0, 1)),
    ("and2:features=2000,gates=10000,influence=zipf", 3, (0, 1)),
    ("uand:features=200", 3, (0,)),
    ("and:k=4,features=5000,gates=5000", 6, (0, 1)),
    ("and2:features=1000,gates=1000", 3, (0,)),
    ("and2:features=100000,gates=100000", 3, (0,)),
    ("airports", 3, (0, 1)),
)
CURVES = (
    ("and2:features=10000,gates=10000", "tight-frames", (960, 1056, 1152, 1248, 1344)),
    ("and2:features=10000,gates=10000", "three-channel", (1000, 1200, 1400, 1600)),
    ("permutation:features=10000", "tight-frames", (1056, 1184, 1312, 1440)),
    ("permutation:features=10000", "three-channel", (1000, 1200, 1400, 1600)),
    ("and2:features=2000,gates=10000,influence=zipf", "three-channel", (2500, 3000, 3500, 4000)),
    ("airports", "three-channel", (1500, 1750, 2000, 2250, 2500)),
)
RELATIONS = ("country", "subd", "city", "tz")

ABOUT_SIZES = (
    "Every unit is one ReLU. *wrong* counts fresh samples with any output wrong, one random",
    "gate's inputs on and the rest of the promise filled with random features (for 4-input",
    "gates, the worse of that and of all inputs on but one); the upper end of the exact 95 %",
    "interval is under 0.001. *near-miss* and *uniform* are the errors on 20,000 samples of",
    "those harder and easier distributions, for which the networks were not sized; *alone* is",
    "how many gates are wrong with nothing else on (every one tried). *bound* is the counting",
    "bound in neurons at one bit a weight; *over it* is the square root of all parameters over",
    "that; *predicted* is what the construction declares before anything is built.",
)
COLUMNS = (
    "problem",
    "s",
    "seed",
    "construction",
    "ReLUs",
    "predicted",
    "monosemantic",
    "bound",
    "over it",
    "wrong",
    "near-miss",
    "uniform",
    "alone",
    "input dimensions",
    "weights",
    "bits a weight",
    "search, s",
    "build, s",
)

console = Console(stderr=True)


@dataclass(frozen=True)
class Sizing:
    """One problem sized once."""

    problem: str
    active: int
    seed: int
    construction: str
    neurons: int
    parameters: int
    predicted: int
    monosemantic: int
    bound: int
    wrong: int
    samples: int
    upper: float
    near_miss: float
    uniform: float
    alone_wrong: int
    in_superposition: bool
    dimensions: int
    weights_dtype: str
    bits_a_weight: float
    seconds_search: float
    seconds_build: float


@dataclass(frozen=True)
class Point:
    """One point of a curve: the error at a number of neurons."""

    problem: str
    construction: str
    neurons: int
    wrong: int
    samples: int
    upper: float


def main() -> None:
    """Measure everything and write the results."""
    sizings = [size(problem, active, seed) for problem, active, seeds in PROBLEMS for seed in seeds]
    points = [
        point(problem, construction, neurons)
        for problem, construction, sizes in CURVES
        for neurons in sizes
    ]
    results = {"sizings": [asdict(x) for x in sizings], "points": [asdict(x) for x in points]}
    (ROOT / "benchmarks" / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    put_section("headline", document(sizings, points))
    console.print("wrote docs/benchmarks.md and benchmarks/results.json")


def read(problem: str) -> ps.Circuit:
    """A problem by its spec, or the airports of the demo."""
    if problem != "airports":
        return ps.read(problem)
    table = airportsdata.load("IATA").items()
    return ps.problems.facts(
        {code: {r: row[r] for r in RELATIONS if row[r]} for code, row in table}
    )


def size(problem: str, active: int, seed: int) -> Sizing:
    """Find the smallest network for a problem and try it on every distribution."""
    circuit = read(problem)
    started = time.perf_counter()
    sized = fulfil(circuit, Request(active=active, error=ERROR, seed=seed))
    searched = time.perf_counter() - started
    network, seen = sized.network, sized.confirmation
    started = time.perf_counter()
    ps.compile(circuit, active=active, neurons=network.neurons, seed=seed)
    built = time.perf_counter() - started
    hard = {
        name: ps.verify(network, inputs=name, samples=HARD_SAMPLES, seed=seed + 1)
        for name in ("near-miss", "uniform")
    }
    alone = ps.verify(network, inputs="alone", samples=50_000)
    declared = CATALOGUE[network.provenance.construction]
    assert seen is not None
    row = Sizing(
        problem=problem,
        active=active,
        seed=seed,
        construction=declared.name,
        neurons=network.neurons,
        parameters=network.parameters,
        predicted=declared.neurons(Task(circuit, active, ERROR, "auto", seed)),
        monosemantic=network.provenance.monosemantic_neurons,
        bound=ceil(neurons_for(counting_bits(circuit).bits, 1.0)),
        wrong=seen.wrong,
        samples=seen.samples,
        upper=seen.error_interval[1],
        near_miss=hard["near-miss"].error,
        uniform=hard["uniform"].error,
        alone_wrong=alone.wrong,
        in_superposition=network.encoder.in_superposition,
        dimensions=network.encoder.dimensions,
        weights_dtype=str(network.layers[0].weights.dtype),
        bits_a_weight=network.weight_bits() / network.layers[0].weights.size,
        seconds_search=searched,
        seconds_build=built,
    )
    console.print(f"{problem} seed {seed}: {row.neurons:,} neurons in {searched:.0f} s")
    return row


def point(problem: str, construction: str, neurons: int) -> Point:
    """The error of one network of a given size, seed 0, three active features."""
    task = Task(read(problem), 3, ERROR, "auto", 0)
    seen = confirmed(task, CATALOGUE[construction].build(task, neurons))
    console.print(f"{problem} at {neurons:,}: {seen.wrong} of {seen.samples:,} wrong")
    return Point(problem, construction, neurons, seen.wrong, seen.samples, seen.error_interval[1])


def over(sizing: Sizing) -> str:
    """The square root of the parameters over the bound, where it is one."""
    return f"{sqrt(sizing.parameters) / sizing.bound:.2f}" if sizing.bound > 1 else "–"


def document(sizings: list[Sizing], points: list[Point]) -> str:
    """The results as a section of Markdown."""
    lines = [
        "## Smallest networks at an error under 0.001",
        "",
        "Written by `make bench` (`benchmarks/headline.py`); do not edit. "
        f"Python {platform.python_version()}, two cores.",
        "",
        *ABOUT_SIZES,
        "",
        f"| {' | '.join(COLUMNS)} |",
        "|---" * len(COLUMNS) + "|",
    ]
    for x in sizings:
        dimensions = f"{x.dimensions:,}" + ("" if x.in_superposition else " (basis)")
        lines.append(
            f"| {x.problem} | {x.active} | {x.seed} | {x.construction} | **{x.neurons:,}** "
            f"| {x.predicted:,} | {x.monosemantic:,} | {x.bound:,} | {over(x)} "
            f"| {x.wrong} of {x.samples:,} | {x.near_miss:.2%} | {x.uniform:.3%} "
            f"| {x.alone_wrong} | {dimensions} | {x.weights_dtype} "
            f"| {x.bits_a_weight:.1f} | {x.seconds_search:.0f} | {x.seconds_build:.1f} |"
        )
    lines += [
        "",
        "## Error against neurons",
        "",
        "Seed 0, three active features, samples as above.",
        "",
        "| problem | construction | ReLUs | wrong | 95 % upper end |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {x.problem} | {x.construction} | {x.neurons:,} | {x.wrong:,} of {x.samples:,} "
        f"| {x.upper:.2%} |"
        for x in points
    ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
