"""Trained twins: the least width at which training reaches the error that compiling reaches."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import polyseme as ps
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.problems import COUNTRIES, read
from harness.processes import Job, apart
from harness.written import write_text

SAMPLES, ERROR, EPSILON = 30_000, 1e-3, 0.25
# Widths tried are these powers, at most so many for a seed.
STEP, MOST_TRIED = 1.15, 5
SEEDS = 5
AND, PERMUTATION = "and2:features={0},gates={0}", "permutation:features=1000"
ROOT = Path(__file__).resolve().parent.parent.parent
ROWS = "trained_twins.rows.json"
FOLDERS = {Size.QUICK: ROOT / "build" / "bench-quick" / "results"}


@dataclass(frozen=True)
class Case:
    """A problem, what is asked of its readings, and the training whose least width is searched.

    `guess` is the power of `STEP` that the search of the first seed starts at.
    """

    problem: str
    computed: bool
    steps: int
    guess: int
    seeds: int = SEEDS
    rate: float = 1e-2
    start: str = "sparse"


CASES = (
    Case(AND.format(300), False, 2_000, 31),
    Case(AND.format(300), True, 12_000, 39),
    Case(AND.format(1_000), False, 15_000, 34, 3),
    Case(PERMUTATION, False, 6_000, 39, 4),
    Case(COUNTRIES, False, 2_000, 30),
)
# More seeds, and what takes hours.
LONG_CASES = (
    Case(AND.format(1_000), False, 15_000, 34),
    Case(PERMUTATION, False, 6_000, 39),
    Case(AND.format(1_000), True, 20_000, 44, 1),
    Case(PERMUTATION, True, 12_000, 43, 1),
    Case(AND.format(3_000), False, 10_000, 46, 1),
    Case(COUNTRIES, True, 12_000, 36, 1),
)
QUICK_CASES = (Case(AND.format(30), False, 200, 22, 1, 0.02),)

ABOUT = (
    "`polyseme learn PROBLEM --neurons N --encoder learned --start sparse --rate 0.01` trains one",
    "hidden layer from random weights, and `polyseme compile PROBLEM` builds one. The least width",
    f"of training is the smallest of {STEP}, {STEP}², ... (rounded) at which the network of a seed",
    "passes, while that of the next smaller width does not. It passes if at most",
    f"{ERROR:g} of {SAMPLES:,} satisfied inputs have any output wrong (*thresholded*, trained on",
    "the loss `hinge`), and where *computed* (loss `band`) if its reading error is below",
    f"{EPSILON:g} too. Seeds are of codes, first weights and inputs; an interval is from the least",
    "to the most over seeds, and the upper end is the width at which all seeds pass. Compiled",
    "networks are of seed 0, and are *computed* by the same measure.",
    "",
    "Left out, for their time: five seeds where it says so, and all that is *not trained*, which",
    "`--long` tries with one seed, and 3,000 ANDs. *At most*: five widths were tried, and none was",
    "too small.",
)
LATER = (
    "*kappa* is 1 for an AND and 0 for anything linear: a mean over seeds, at the least width.",
    "*Parameters* count what every output reads of every neuron. CPU seconds are of all trainings",
    "of a case on one thread. Every training is a row of `benchmarks/results/" + ROWS + "`;",
    "those that are there are not made again, so a run that was killed goes on.",
)
SIZES = ("problem", "trained, thresholded", "compiled, thresholded", "trained, computed")
SIZES += ("compiled, computed",)
DETAILS = ("problem", "promise", "trained ReLUs by seed", "parameters", "kappa")
DETAILS += ("reading error", "start", "steps", "trainings", "CPU s")


class Trainings:
    """Trainings that were measured, kept in a file that appears whole after every one."""

    def __init__(self, place: Path, tell: Tell):
        """Read the file, if there is one."""
        self._place, self._tell = place, tell
        self._rows: list[Row] = json.loads(place.read_text()) if place.exists() else []

    def row(self, case: Case, neurons: int, seed: int) -> Row:
        """Return what was measured of a training, which is made if it was not yet."""
        asked = {"problem": case.problem, "computed": case.computed, "steps": case.steps}
        asked |= {"rate": case.rate, "start": case.start, "neurons": neurons, "seed": seed}
        for row in self._rows:
            if row["asked"] == asked:
                return row
        row = {"asked": asked, **apart(Job(trained, asked), 1)}
        self._rows.append(row)
        self._place.parent.mkdir(parents=True, exist_ok=True)
        lines = ",\n".join(json.dumps(one) for one in self._rows)
        write_text(self._place, f"[\n{lines}\n]\n")
        passes = "passes" if row["passes"] else "fails"
        self._tell(f"{asked}: {passes}, {row['seconds']:.0f} CPU s")
        return row


def trained(
    problem: str, computed: bool, steps: int, rate: float, start: str, neurons: int, seed: int
) -> Row:
    """Train a network, and return what was measured of it."""
    circuit, begun = read(problem), time.process_time()
    twin = ps.train_twin(
        circuit,
        neurons,
        encoder="learned",
        start=start,
        loss="band" if computed else "hinge",
        steps=steps,
        rate=rate,
        seed=seed,
        samples=SAMPLES,
    )
    right = twin.measured.error <= ERROR
    return {
        "neurons": neurons,
        "passes": right and (twin.reading.epsilon < EPSILON or not computed),
        "wrong": twin.measured.wrong,
        "epsilon": twin.reading.epsilon,
        "kappa": twin.reading.worst.kappa_mean,
        "parameters": twin.network.parameters,
        "seconds": time.process_time() - begun,
    }


def compiled(problem: str, computed: bool) -> Row:
    """Return the size of the compiled network."""
    network = ps.compile(read(problem), epsilon=EPSILON if computed else None)
    return {"neurons": network.neurons, "construction": network.provenance.construction}


def least(case: Case, seed: int, trainings: Trainings, start: int) -> Row:
    """Return the network of least width that passes, by its numbers.

    Its `place` is the power of `STEP`. It is None, and there are no neurons, where none passed. It
    is `at_most` where no smaller width was seen to fail.
    """
    tried: dict[int, Row] = {}

    def passes(place: int) -> bool:
        if place not in tried:
            if len(tried) == MOST_TRIED:
                raise _TooMany
            tried[place] = trainings.row(case, round(STEP**place), seed)
        return bool(tried[place]["passes"])

    try:
        place = least_passing(passes, start)
    except _TooMany:
        able = [place for place, row in tried.items() if row["passes"]]
        place = min(able, default=0)
    found = tried.get(place, {"neurons": None, "beyond": round(STEP ** max(tried))})
    seconds = sum(row["seconds"] for row in tried.values())
    row = {**found, "place": place or None, "seconds": seconds, "trainings": len(tried)}
    return {**row, "at_most": bool(place) and place > 1 and place - 1 not in tried}


class _TooMany(Exception):
    """As many widths were tried as may be."""


def least_passing(passes: Callable[[int], bool], start: int) -> int:
    """Return a number that passes while the one below does not, searched from a start."""
    place = start
    while not passes(place):
        place += 1
    while place > 1 and passes(place - 1):
        place -= 1
    return place


class TrainedTwins(Part):
    """Least widths of trained networks beside compiled ones."""

    name = "trained_twins"
    title = "Trained beside compiled"
    measures = "the least width at which training reaches the error that compiling reaches"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Search every case, seed after seed; later seeds start where the first ended."""
        cases = {Size.QUICK: QUICK_CASES, Size.FULL: CASES, Size.LONG: longest(CASES, LONG_CASES)}
        folder = FOLDERS.get(size, ROOT / "benchmarks" / "results")
        trainings = Trainings(folder / ROWS, tell)
        problems = {case.problem: case for case in cases[size]}
        return {
            "compiled": {
                problem: {
                    "thresholded": apart(Job(compiled, {"problem": problem, "computed": False}), 1),
                    "computed": apart(Job(compiled, {"problem": problem, "computed": True}), 1),
                }
                for problem in problems
            },
            "cases": [{**asdict(case), "found": searched(case, trainings)} for case in cases[size]],
        }

    def section(self, results: Results) -> list[str]:
        """Return the tables."""
        row = results[self.name]
        sizes = [_sizes(problem, found, row["cases"]) for problem, found in row["compiled"].items()]
        details = [_details(case) for case in row["cases"]]
        return [*ABOUT, "", *table(SIZES, sizes), *LATER, "", *table(DETAILS, details)]

    def finding(self, results: Results) -> str:
        """Return the least widths of the first problem."""
        row = results[self.name]
        problem, found = next(iter(row["compiled"].items()))
        return (
            f"`{problem}`: {_interval(row['cases'], problem, False)} trained ReLUs decide what "
            f"{found['thresholded']['neurons']:,} compiled ones do"
        )


def longest(cases: tuple[Case, ...], longer: tuple[Case, ...]) -> tuple[Case, ...]:
    """Return cases with those in place that take longer, and all others of these."""
    taken = {(case.problem, case.computed): case for case in (*cases, *longer)}
    return tuple(taken.values())


def searched(case: Case, trainings: Trainings) -> list[Row]:
    """Return the least width of every seed."""
    found: list[Row] = []
    start = case.guess
    for seed in range(case.seeds):
        found.append(least(case, seed, trainings, start))
        start = found[0]["place"] or case.guess
    return found


def _interval(cases: list[Row], problem: str, computed: bool) -> str:
    """Return the least and the most ReLUs over seeds."""
    for case in cases:
        if case["problem"] == problem and case["computed"] == computed:
            widths = [one["neurons"] for one in case["found"]]
            if None in widths:
                return f"over {max(one.get('beyond', 0) for one in case['found']):,}"
            ends = sorted({min(widths), max(widths)})
            seeds = {SEEDS: "", 1: " (one seed)"}.get(len(widths), f" ({len(widths)} seeds)")
            most = "at most " * any(one["at_most"] for one in case["found"])
            return most + " to ".join(f"{width:,}" for width in ends) + seeds
    return "not trained"


def _sizes(problem: str, found: Row, cases: list[Row]) -> tuple[str, ...]:
    cells = [f"`{problem}`"]
    for computed in (False, True):
        built = found["computed" if computed else "thresholded"]
        cells += [
            _interval(cases, problem, computed),
            f"{built['neurons']:,} ({built['construction']})",
        ]
    return tuple(cells)


def _details(case: Row) -> tuple[str, ...]:
    found = [one for one in case["found"] if one["neurons"] is not None]
    kappas = [one["kappa"] for one in found if one["kappa"] is not None]
    return (
        f"`{case['problem']}`",
        "computed" if case["computed"] else "thresholded",
        ", ".join(
            "none" if one["neurons"] is None else f"{one['neurons']:,}" for one in case["found"]
        ),
        _ends([one["parameters"] for one in found], ",.0f"),
        f"{sum(kappas) / len(kappas):.2f}" if kappas else "",
        _ends([one["epsilon"] for one in found], ".3f"),
        case["start"],
        f"{case['steps']:,}",
        f"{sum(one['trainings'] for one in case['found'])}",
        f"{sum(one['seconds'] for one in case['found']):,.0f}",
    )


def _ends(numbers: list[float], shape: str) -> str:
    return (
        " to ".join(sorted({format(end(numbers), shape) for end in (min, max)})) if numbers else ""
    )
