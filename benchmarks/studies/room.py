"""Room: networks of other seeds, at sizes that a search found with seed 0.

Nothing was sized on these seeds. A size has room if no seed errs more often than asked on its
samples, and if the upper end of the interval of all of them together lies below that too.
"""

from __future__ import annotations

from dataclasses import dataclass

import polyseme as ps
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.problems import read
from harness.processes import Job, side_by_side
from polyseme.circuits.terms import terms_of
from polyseme.common.random_streams import Stream, stream
from polyseme.verification.affine_reading import BEYOND
from polyseme.verification.intervals import clopper_pearson
from polyseme.verification.reading_error import readings_of

SAMPLES, EASY_SAMPLES, ERROR, EPSILON = 100_000, 20_000, 1e-3, 0.25
# The inputs of the network of seed k are drawn with this much more.
INPUT_SEEDS = 100
AND, FOUR = "and2:features={0},gates={0}", "and:k=4,features={0},gates={0}"
PERMUTATION = "permutation:features={0}"


@dataclass(frozen=True)
class Case:
    """A size that a search found, and the networks of other seeds that are tried at it."""

    problem: str
    active: int
    construction: str
    neurons: int
    seeds: int = 10
    computed: bool = False


# Those that take longest first.
CASES = (
    Case(FOUR.format(5_000), 6, "tight-frames", 1_472),
    Case(PERMUTATION.format(10_000), 3, "tight-frames", 1_504),
    Case(AND.format(10_000), 3, "tight-frames", 1_296),
    Case(AND.format(1_000), 3, "least-noise", 666, 10, True),
    Case(PERMUTATION.format(1_000), 3, "least-noise", 666, 10, True),
    Case(AND.format(1_000), 3, "tight-frames", 448),
)
QUICK_CASES = (
    Case(AND.format(400), 3, "tight-frames", 304, 2),
    Case(AND.format(400), 3, "least-noise", 400, 2, True),
)

ABOUT = (
    "Sizes were found by `polyseme compile PROBLEM` with seed 0 (`--epsilon none` where it says",
    "*thresholded*). Networks of that size and seeds 1, 2, ... are tried on",
    f"{SAMPLES:,} inputs of each kind that sizes are found on (satisfied, and for gates of more",
    f"than two inputs one-short), drawn with seed {INPUT_SEEDS} plus that of the network; the kind",
    "with most failures counts. A failure is an input with any output wrong or, if *computed*,",
    f"with any gate misread by {EPSILON:g} or more; *other kinds* are the most misread of",
    f"{EASY_SAMPLES:,} inputs of another kind. A share of {ERROR:g} may fail: *upper end* is that",
    "of the exact 95 % interval of all seeds together, over that share, and *most* the worst's",
    "over it. Both are below 1 where the size has room.",
)
COLUMNS = ("problem", "s", "construction", "promise", "ReLUs", "seeds", "failures", "mean")
COLUMNS += ("upper end", "most", "other kinds", "room")


def tried(
    problem: str,
    active: int,
    construction: str,
    neurons: int,
    computed: bool,
    seed: int,
    quick: bool,
) -> Row:
    """Return the failures of the network of one seed, of the worst kind and of other kinds."""
    circuit, samples = read(problem), SAMPLES // 10 if quick else SAMPLES
    network = ps.compile(
        circuit,
        active=active,
        construction=construction,
        neurons=neurons,
        epsilon=EPSILON if computed else None,
        seed=seed,
    )
    kinds = ("satisfied",) if _narrow(circuit) else ("satisfied", "one-short")
    if computed:
        counts = {
            kind: samples if kind in kinds else EASY_SAMPLES
            for kind in ("satisfied", "uniform", "one-short")
        }
        generator = stream(INPUT_SEEDS + seed, Stream.VERIFICATION)
        (layer,) = readings_of(network, circuit, active, counts, generator)
        found = {kind: wrong for kind, (wrong, _) in layer.beyond(EPSILON).items()}
    else:
        found = {
            kind: ps.verify(network, samples=samples, inputs=kind, seed=INPUT_SEEDS + seed).wrong
            for kind in kinds
        }
    others = [wrong for kind, wrong in found.items() if kind not in kinds]
    return {
        "neurons": network.neurons,
        "samples": samples,
        "wrong": max(found[kind] for kind in kinds),
        "others": max(others, default=None),
    }


def _narrow(circuit: ps.Circuit) -> bool:
    """Return whether no gate reads more than two features."""
    return int(terms_of(circuit).plain.max()) <= 2


class Room(Part):
    """Networks of other seeds at the sizes found."""

    name = "room"
    title = "Room in the sizes found"
    measures = "failures of networks of other seeds, at sizes that were found with seed 0"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Try one network after another, side by side."""
        quick = size is Size.QUICK
        cases = QUICK_CASES if quick else CASES
        jobs = [
            Job(
                tried,
                {
                    "problem": case.problem,
                    "active": case.active,
                    "construction": case.construction,
                    "neurons": case.neurons,
                    "computed": case.computed,
                    "seed": seed,
                    "quick": quick,
                },
            )
            for case in cases
            for seed in range(1, case.seeds + 1)
        ]
        rows = iter(side_by_side(jobs, tell))
        return {"cases": [_joined(case, [next(rows) for _ in range(case.seeds)]) for case in cases]}

    def section(self, results: Results) -> list[str]:
        """Return the table."""
        rows = results[self.name]["cases"]
        ordered = sorted(rows, key=lambda row: (row["computed"], row["problem"]))
        return [*ABOUT, "", *table(COLUMNS, [_cells(row) for row in ordered])]

    def finding(self, results: Results) -> str:
        """Return how many sizes have room."""
        rows = results[self.name]["cases"]
        roomy = sum(_has_room(row) for row in rows)
        return f"{roomy} of {len(rows)} sizes found with seed 0 leave room for other seeds"


def _joined(case: Case, rows: list[Row]) -> Row:
    """Return what was seen of all seeds."""
    return {
        "problem": case.problem,
        "active": case.active,
        "construction": case.construction,
        "computed": case.computed,
        "neurons": max(row["neurons"] for row in rows),
        "samples": rows[0]["samples"],
        "wrong": [row["wrong"] for row in rows],
        "others": [row["others"] for row in rows],
    }


def _allowed(row: Row) -> float:
    return BEYOND if row["computed"] else ERROR


def _upper_end(row: Row) -> float:
    """Return the upper end of the interval of all seeds together, over the share allowed."""
    seen = row["samples"] * len(row["wrong"])
    return clopper_pearson(sum(row["wrong"]), seen)[1] / _allowed(row)


def _most(row: Row) -> float:
    return float(max(row["wrong"]) / row["samples"] / _allowed(row))


def _has_room(row: Row) -> bool:
    return _upper_end(row) < 1 and _most(row) <= 1


def _cells(row: Row) -> tuple[str, ...]:
    mean = sum(row["wrong"]) / len(row["wrong"]) / row["samples"] / _allowed(row)
    others = [count for count in row["others"] if count is not None]
    return (
        f"`{row['problem']}`",
        f"{row['active']}",
        row["construction"],
        "computed" if row["computed"] else "thresholded",
        f"{row['neurons']:,}",
        f"{len(row['wrong'])}",
        ", ".join(f"{count}" for count in row["wrong"]),
        f"{mean:.2f}",
        f"{_upper_end(row):.2f}",
        f"{_most(row):.2f}",
        f"{max(others)}" if others else "",
        "yes" if _has_room(row) else "no",
    )
