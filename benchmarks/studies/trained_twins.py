"""Trained twins: the least width at which training reaches the error that compiling reaches."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import polyseme as ps
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.problems import read
from harness.processes import Job, side_by_side

SAMPLES, ERROR, EPSILON = 30_000, 1e-3, 0.25
# Widths tried are these powers.
STEP = 1.3
AND, PERMUTATION = "and2:features={0},gates={0}", "permutation:features={0}"


@dataclass(frozen=True)
class Case:
    """A problem, what is asked of its readings, and the training whose least width is searched."""

    problem: str
    computed: bool
    steps: int
    guess: int
    seeds: int = 5
    rate: float = 3e-3


# Those that take longest first.
LONG_CASES = (
    Case(AND.format(3_000), False, 4_000, 400),
    Case(AND.format(1_000), True, 6_000, 700),
    Case(AND.format(1_000), False, 3_000, 150),
    Case(PERMUTATION.format(1_000), False, 3_000, 150),
    Case(PERMUTATION.format(300), False, 1_500, 60),
    Case("airports", False, 3_000, 300),
)
CASES = (Case(AND.format(300), False, 1_500, 80),)
QUICK_CASES = (Case(AND.format(30), False, 200, 25, 1, 0.02),)

ABOUT = (
    "`polyseme learn PROBLEM --neurons N` trains one hidden layer from random weights, and",
    "`polyseme compile PROBLEM` builds one. The least width of training is the smallest of",
    f"{STEP}, {STEP}², ... (rounded) at which the network of a seed passes, while that of the next",
    f"smaller width does not. It passes if at most {ERROR:g} of {SAMPLES:,} satisfied inputs have",
    "any output wrong and, where *computed*, if its reading error is below",
    f"{EPSILON:g}. Training is on the loss `hinge`, or `band` where *computed*. The encoder is",
    "fixed and the readout free, so *parameters* of a trained network count what every output",
    "reads of every neuron. Those of a compiled one are of seed 0. *kappa* is 1 for an AND and 0",
    "for anything linear: a mean over seeds, at the least width. CPU seconds are of all trainings",
    "of a seed, on one thread.",
    "",
    "Reduced: `--long` tries 1,000 and 3,000 ANDs, permutations of 300 and 1,000, airports, and",
    "1,000 ANDs that are *computed*.",
)
COLUMNS = ("problem", "promise", "compiled ReLUs", "parameters", "trained ReLUs by seed")
COLUMNS += ("parameters, median", "kappa", "reading error", "steps", "CPU s")


def least(case: Case, seed: int) -> Row:
    """Return the network of least width that passes, by its numbers."""
    circuit = read(case.problem)
    place = _place(case.guess)
    tried: dict[int, Row] = {}

    def passes(step: int) -> bool:
        if step not in tried:
            tried[step] = trained(circuit, case, round(STEP**step), seed)
        return bool(tried[step]["passes"])

    found = least_passing(passes, place)
    return {**tried[found], "seconds": sum(row["seconds"] for row in tried.values())}


def _place(guess: int) -> int:
    """Return the power of `STEP` that is at least a guess."""
    place = 1
    while STEP**place < guess:
        place += 1
    return place


def least_passing(passes: Callable[[int], bool], start: int) -> int:
    """Return a number that passes while the one below does not, searched from a start."""
    place = start
    while not passes(place):
        place += 1
    while place > 1 and passes(place - 1):
        place -= 1
    return place


def trained(circuit: ps.Circuit, case: Case, neurons: int, seed: int) -> Row:
    """Train a network, and return what was measured of it."""
    begun = time.process_time()
    twin = ps.train_twin(
        circuit,
        neurons,
        loss="band" if case.computed else "hinge",
        steps=case.steps,
        rate=case.rate,
        seed=seed,
        samples=SAMPLES,
    )
    right = twin.measured.error <= ERROR
    return {
        "neurons": neurons,
        "passes": right and (twin.reading.epsilon < EPSILON or not case.computed),
        "wrong": twin.measured.wrong,
        "epsilon": twin.reading.epsilon,
        "kappa": twin.reading.worst.kappa_mean,
        "parameters": twin.network.parameters,
        "seconds": time.process_time() - begun,
    }


def job(
    problem: str, computed: bool, steps: int, guess: int, seeds: int, rate: float, seed: int
) -> Row:
    """Return the least width of one seed."""
    return least(Case(problem, computed, steps, guess, seeds, rate), seed)


class TrainedTwins(Part):
    """Least widths of trained networks beside compiled ones."""

    name = "trained_twins"
    title = "Trained beside compiled"
    measures = "the least width at which training reaches the error that compiling reaches"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Search every case and seed, side by side."""
        cases = {Size.QUICK: QUICK_CASES, Size.FULL: CASES, Size.LONG: CASES + LONG_CASES}[size]
        jobs = [
            Job(job, {**vars(case), "seed": seed}) for case in cases for seed in range(case.seeds)
        ]
        rows = iter(side_by_side(jobs, tell))
        return {"cases": [_joined(case, [next(rows) for _ in range(case.seeds)]) for case in cases]}

    def section(self, results: Results) -> list[str]:
        """Return the table."""
        rows = results[self.name]["cases"]
        return [*ABOUT, "", *table(COLUMNS, [_cells(row) for row in rows])]

    def finding(self, results: Results) -> str:
        """Return the least widths of the first case."""
        row = results[self.name]["cases"][0]
        middle = _median([found["neurons"] for found in row["seeds"]])
        return (
            f"`{row['problem']}`: {middle:,.0f} trained ReLUs decide what {row['compiled']:,} "
            "compiled ones do"
        )


def _joined(case: Case, rows: list[Row]) -> Row:
    """Return a case with what compiling finds, and the least width of every seed."""
    network = ps.compile(read(case.problem), epsilon=EPSILON if case.computed else None)
    return {
        "problem": case.problem,
        "computed": case.computed,
        "steps": case.steps,
        "compiled": network.neurons,
        "compiled_parameters": network.parameters,
        "construction": network.provenance.construction,
        "seeds": rows,
    }


def _median(numbers: list[float]) -> float:
    ordered = sorted(numbers)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _cells(row: Row) -> tuple[str, ...]:
    found = row["seeds"]
    kappas = [one["kappa"] for one in found if one["kappa"] is not None]
    errors = [one["epsilon"] for one in found]
    return (
        f"`{row['problem']}`",
        "computed" if row["computed"] else "thresholded",
        f"{row['compiled']:,} ({row['construction']})",
        f"{row['compiled_parameters']:,}",
        ", ".join(f"{one['neurons']:,}" for one in found),
        f"{_median([one['parameters'] for one in found]):,.0f}",
        f"{sum(kappas) / len(kappas):.2f}" if kappas else "",
        f"{min(errors):.3f} to {max(errors):.3f}",
        f"{row['steps']:,}",
        f"{sum(one['seconds'] for one in found) / len(found):,.0f}",
    )
