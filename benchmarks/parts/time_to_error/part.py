"""Time to reach an error: compile, refine, train.

Compiling is at the size that the closed form needs for the error; training from random weights is
at that same size, by the descent of refinement and by plain Adam; the network refined is a smaller
closed form. Everything takes one thread, and is tried on the same held-out inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.processes import Job, side_by_side
from parts.time_to_error.steps import REPEATS, SAMPLES, adam, closed, descend

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


@dataclass(frozen=True)
class Goal:
    """Gates, the error to reach, and the ways to try for so many seconds each."""

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
    "training of W and biases of relu(W E x + b) and of one bias per output, all from random",
    "numbers, encoder and readout being those of the compiled network, on fresh batches of the",
    "held-out inputs' distribution; *dense* the same with a readout of outputs x neurons",
    "numbers trained as well, which is a larger network. Of these the quickest training counts;",
    "all of this run are below. Their ways, rates and batches are the best of some tried on",
    "these held-out inputs, which favours training. Their clock stands while held-out inputs",
    "are tried. Numbers in brackets say how many times as long as compiling it took. At 10,000",
    "gates only the training that was quickest at 2,000 is tried. `--long` tries all there, and",
    "everywhere two trainings more (hinge; a dense readout at .003) that were never the quickest.",
    "The exact network of one neuron per gate takes no training and is never wrong; evaluated",
    "sparsely it is also faster than all of these ([throughput](throughput.md)).",
)


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


class TimeToError(Part):
    """Time to an error by compiling, refining and training."""

    name = "time_to_error"
    title = "Time to reach an error"
    measures = "seconds to reach an error by compiling, refining and training"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Find the sizes first, then try every way to reach the error there."""
        goals = GOALS[size]
        asked = [Job(closed, {"gates": goal.gates, "target": goal.target}) for goal in goals]
        found = side_by_side(asked, tell)
        jobs: dict[str, list[Job]] = {"adam": [], "scratch": [], "refined": []}
        for goal, row in zip(goals, found, strict=True):
            common: dict[str, Any] = {
                "gates": goal.gates,
                "target": goal.target,
                "limit": goal.limit,
            }
            full = common | {"neurons": row["neurons"]}
            less = common | {"neurons": round(SMALLER * row["neurons"])}
            jobs["adam"] += [
                Job(adam, full | {"way": way, "rate": rate, "batch": batch})
                for way, rate, batch in goal.trainings
            ]
            for passes in goal.passes:
                jobs["scratch"].append(Job(descend, full | {"passes": passes, "random": True}))
                jobs["refined"].append(Job(descend, less | {"passes": passes, "random": False}))
        limits = [{"gates": goal.gates, "seconds": goal.limit} for goal in goals]
        rows = iter(side_by_side([job for some in jobs.values() for job in some], tell))
        return {
            "limits": limits,
            "compiled": found,
            **{name: [next(rows) for _ in some] for name, some in jobs.items()},
        }

    def section(self, results: Results) -> list[str]:
        """Return the table of goals, and that of all trainings."""
        found = results[self.name]
        limits = {x["gates"]: x["seconds"] for x in found["limits"]}
        header = ("gates", "error", "neurons", "compile, s", "refined, neurons", "refined, s")
        header += ("descent, s", "Adam, s", "dense, s")
        rows = [_cells(found, row, limits[row["gates"]]) for row in found["compiled"]]
        tried = (
            "gates",
            "error",
            "neurons",
            "training",
            "rate",
            "batch",
            "seconds",
            "steps",
            "wrong",
        )
        tried += ("reached",)
        return [
            *ABOUT,
            *table(header, rows),
            "Every training tried:",
            *table(tried, [_training(row) for row in found["scratch"] + found["adam"]]),
        ]

    def finding(self, results: Results) -> str:
        """Return the seconds of compiling and of the quickest training at the largest size."""
        found = results[self.name]
        reached = [row for row in found["scratch"] + found["adam"] if row["reached"]]
        if not reached:
            return "no training reached the error"
        gates = max(row["gates"] for row in reached)
        target = min(row["target"] for row in reached if row["gates"] == gates)
        (compiled,) = [x for x in found["compiled"] if (x["gates"], x["target"]) == (gates, target)]
        quickest = min(
            x["seconds"] for x in reached if (x["gates"], x["target"]) == (gates, target)
        )
        return (
            f"{gates:,} gates at error {target:g}: compiled in {compiled['seconds']:.2g} s, "
            f"trained in {quickest:.3g} s"
        )
