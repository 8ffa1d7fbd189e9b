"""How long it takes to reach an error: compile, refine, train. A part of `bench.py`.

Compiling is at the size that the closed form needs for the error; training from random weights is
at that same size, by the descent of refinement and by plain Adam (`training.py`); what is refined
is a smaller closed form. Everything takes one thread, and is tried on the same held-out inputs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import Any

import polyseme as ps
from harness import Job, Part, Results, Row, Size, Tell, about, serve, side_by_side
from polyseme.circuits.problems import pairwise_and
from polyseme.compiler.constructions.construction import Task
from polyseme.compiler.constructions.frames.tight_frames import CONSTRUCTION
from polyseme.compiler.search import smallest_of
from polyseme.networks.network import Network
from polyseme.verification.sampling import draw_fresh
from sections import table

NAME = "time-to-error"
ACTIVE, SEED, SAMPLES = 3, 0, 20_000
TARGETS = (1e-3, 1e-2)
# As `training.py` has them; not imported from there, which takes torch.
WAYS = ("cross-entropy", "hinge", "dense readout")
# Ways to train, rates, and inputs in a batch; the last two were never the quickest.
LONG_TRAININGS = (
    ("cross-entropy", 1e-2, 256),
    ("cross-entropy", 1e-2, 64),
    ("cross-entropy", 3e-3, 64),
    ("dense readout", 1e-2, 256),
    ("dense readout", 3e-3, 64),
    ("hinge", 1e-2, 64),
)
TRAININGS = LONG_TRAININGS[:4]
QUICK_TRAININGS = (("cross-entropy", 1e-2, 256), ("dense readout", 1e-2, 256))
# At 10,000 gates, where each takes minutes: the training that was quickest at 2,000.
FEW_TRAININGS = TRAININGS[:1]
# Of the neurons that the closed form needs.
SMALLER = 0.75
# Fewer passes are quicker, and may not be enough.
PASSES = (30, 120)
REPEATS = 5


@dataclass(frozen=True)
class Goal:
    """Gates, the error to reach, and what is given a try, for how many seconds each."""

    gates: int
    target: float
    limit: float
    trainings: tuple[tuple[str, float, int], ...] = TRAININGS
    passes: tuple[int, ...] = PASSES


SMALL = ((2_000, 25.0), (1_000, 15.0))
LARGE = ((10_000, 300.0), *SMALL)
GOALS = {
    Size.FULL: (
        Goal(10_000, 1e-3, 90.0, FEW_TRAININGS, ()),
        *(Goal(gates, target, limit) for gates, limit in SMALL for target in TARGETS),
    ),
    Size.LONG: tuple(
        Goal(gates, target, limit, LONG_TRAININGS) for gates, limit in LARGE for target in TARGETS
    ),
    Size.QUICK: (Goal(300, 1e-2, 5.0, QUICK_TRAININGS, PASSES[:1]),),
}

ABOUT = (
    "`and2`, as many gates as features, 3 on at once, circuit and compiler seed 0. *neurons*",
    "are the fewest found at which tight-frames has the error, 95 % upper end, and all ways but",
    f"refinement have as many; an error is reached where no larger share of the same {SAMPLES:,}",
    "held-out inputs has any output wrong. One thread each. *compile* is the median of",
    f"{REPEATS}, calibration included. *refined* is a closed form of {SMALLER:.0%} of the",
    "neurons, compiled, then refined. *descent* is that of refinement begun from random",
    f"weights; both in the quicker of {PASSES[0]} and {PASSES[1]} passes. *Adam* is plain",
    "training of W and biases of relu(W E x + b) and of a bias an output, all from random",
    "numbers, encoder and readout being those of the compiled network, on fresh batches of the",
    "held-out inputs' distribution; *dense* the same with a readout of outputs x neurons",
    "numbers trained as well, which is a larger network. Of these the quickest training counts;",
    "all of this run are below. Their ways, rates and batches are the best of some tried on",
    "these held-out inputs, which favours training. Their clock stands while held-out inputs",
    "are tried. Numbers in brackets say how many times as long as compiling it took. At 10,000",
    "gates only the training that was quickest at 2,000 is tried. `--long` tries all there, and",
    "everywhere two trainings more (hinge; a dense readout at .003) that were never the quickest.",
)


class OutOfTime(Exception):
    """A descent was given up."""


def closed(gates: int, target: float) -> Row:
    """The size that the closed form needs, and the time to compile it."""
    circuit = pairwise_and(gates, gates)
    task = Task(circuit, ACTIVE, target, "auto", SEED)
    found = smallest_of(CONSTRUCTION, task, lambda _: None).network
    seconds = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        network = _compiled(gates, found.neurons)
        seconds.append(time.perf_counter() - begun)
    return _row(network, target, median(seconds), gates)


def descend(
    gates: int, target: float, neurons: int, passes: int, random: bool, limit: float
) -> Row:
    """The descent of refinement, from the closed form or from random weights."""
    # Imported here so that other steps do not wait for torch.
    from polyseme.learning.refinement.refine import refine
    from refine import with_random_weights

    begun = time.perf_counter()
    network = _compiled(gates, neurons)
    compiled = time.perf_counter() - begun
    if random:
        network, compiled = with_random_weights(network), 0.0
    # From before the first pass to the last, without trying the result.
    moments = list[float]()

    def note(_: str) -> None:
        moments.append(time.perf_counter())
        if moments[-1] - moments[0] > limit:
            raise OutOfTime

    try:
        network = refine(network, passes=passes, error=target, note=note).network
    except OutOfTime:
        row = {"gates": gates, "target": target, "neurons": network.neurons, "wrong": None}
        return row | {"seconds": limit, "reached": False, "passes": passes}
    seconds = compiled + moments[-1] - moments[0]
    return _row(network, target, seconds, gates) | {"passes": passes}


def adam(
    gates: int, target: float, neurons: int, limit: float, way: str, rate: float, batch: int
) -> Row:
    """Plain training from random weights."""
    import torch

    from training import train

    torch.set_num_threads(1)
    network = _compiled(gates, neurons)
    circuit = pairwise_and(gates, gates)
    held_out = draw_fresh(network, circuit, "satisfied", ACTIVE, SAMPLES, 1)
    allowed = int(target * SAMPLES)
    done = train(network, circuit, way, rate, batch, held_out, allowed, limit)
    return {
        "gates": gates,
        "target": target,
        "neurons": network.neurons,
        "way": way,
        "rate": rate,
        "batch": batch,
        "wrong": done.wrong,
        "reached": done.wrong <= allowed,
        "seconds": round(done.seconds, 3),
        "steps": done.steps,
        "parameters": done.parameters,
    }


def _compiled(gates: int, neurons: int) -> Network:
    circuit = pairwise_and(gates, gates)
    return ps.compile(
        circuit, active=ACTIVE, neurons=neurons, seed=SEED, construction=CONSTRUCTION.name
    )


def _row(network: Network, target: float, seconds: float, gates: int) -> Row:
    wrong = ps.verify(network, pairwise_and(gates, gates), samples=SAMPLES).wrong
    return {
        "gates": gates,
        "target": target,
        "neurons": network.neurons,
        "wrong": wrong,
        "reached": wrong <= target * SAMPLES,
        "seconds": round(seconds, 3),
    }


def measure(run: Size, tell: Tell) -> Row:
    """First the sizes, then every way to reach the error there."""
    goals = GOALS[run]
    asked = [Job("closed", {"gates": goal.gates, "target": goal.target}) for goal in goals]
    found = side_by_side(__file__, asked, tell)
    jobs: dict[str, list[Job]] = {"adam": [], "scratch": [], "refined": []}
    for goal, row in zip(goals, found, strict=True):
        common: dict[str, Any] = {"gates": goal.gates, "target": goal.target, "limit": goal.limit}
        full = common | {"neurons": row["neurons"]}
        less = common | {"neurons": round(SMALLER * row["neurons"])}
        jobs["adam"] += [
            Job("adam", full | {"way": way, "rate": rate, "batch": batch})
            for way, rate, batch in goal.trainings
        ]
        for passes in goal.passes:
            jobs["scratch"].append(Job("descend", full | {"passes": passes, "random": True}))
            jobs["refined"].append(Job("descend", less | {"passes": passes, "random": False}))
    limits = [{"gates": goal.gates, "seconds": goal.limit} for goal in goals]
    rows = iter(side_by_side(__file__, [job for some in jobs.values() for job in some], tell))
    return {
        "limits": limits,
        "compiled": found,
        **{name: [next(rows) for _ in some] for name, some in jobs.items()},
    }


def section(results: Results) -> list[str]:
    """The section of the page."""
    found = results[NAME]
    limits = {x["gates"]: x["seconds"] for x in found["limits"]}
    header = ("gates", "error", "neurons", "compile, s", "refined, neurons", "refined, s")
    header += ("descent, s", "Adam, s", "dense, s")
    rows = [_cells(found, row, limits[row["gates"]]) for row in found["compiled"]]
    tried = ("gates", "error", "neurons", "training", "rate", "batch", "seconds", "steps", "wrong")
    tried += ("reached",)
    return [
        "## Time to reach an error",
        "",
        about(results, NAME),
        "",
        *ABOUT,
        *table(header, rows),
        "Every training tried:",
        *table(tried, [_training(row) for row in found["scratch"] + found["adam"]]),
    ]


def _cells(found: Row, compiled: Row, limit: float) -> tuple[str, ...]:
    def of(kind: str, *ways: str) -> list[Row]:
        goal = (compiled["gates"], compiled["target"])
        rows = [x for x in found[kind] if (x["gates"], x["target"]) == goal]
        return [x for x in rows if not ways or x["way"] in ways]

    def times(seconds: float) -> str:
        return f"× {seconds / compiled['seconds']:.0f}"

    def quickest(rows: list[Row]) -> str:
        if not rows:
            return "not tried"
        reached = [x["seconds"] for x in rows if x["reached"]]
        if reached:
            return f"{min(reached):.1f} ({times(min(reached))})"
        if max(x["seconds"] for x in rows) < limit:
            return "not in so many passes"
        return f"not within {limit:g} s ({times(limit)})"

    refined = of("refined")
    return (
        f"{compiled['gates']:,}",
        f"{compiled['target']:g}",
        f"{compiled['neurons']:,}",
        f"**{compiled['seconds']:.2f}**",
        f"{refined[0]['neurons']:,}" if refined else "",
        quickest(refined),
        quickest(of("scratch")),
        quickest(of("adam", *WAYS[:2])),
        quickest(of("adam", *WAYS[2:])),
    )


def _training(row: Row) -> tuple[str, ...]:
    steps = f"{row['passes']} passes" if "passes" in row else f"{row['steps']:,}"
    wrong = "given up" if row["wrong"] is None else f"{row['wrong']:,} of {SAMPLES:,}"
    return (
        f"{row['gates']:,}",
        f"{row['target']:g}",
        f"{row['neurons']:,}",
        row.get("way", "descent"),
        f"{row['rate']:g}" if "rate" in row else "",
        f"{row.get('batch', '')}",
        f"{row['seconds']:.1f}",
        steps,
        wrong,
        "yes" if row["reached"] else "no",
    )


PART = Part(NAME, measure, section)

if __name__ == "__main__":
    serve({"closed": closed, "descend": descend, "adam": adam})
