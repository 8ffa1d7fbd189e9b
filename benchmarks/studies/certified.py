"""Networks that are proved right on every input: how small, at what cost, for which circuits.

Each row is measured in a process of its own and kept in `build/certified/`, so that a run that was
interrupted goes on where it was, and rows can be run singly:

    python benchmarks/studies/certified.py                     the rows, and which are there
    python benchmarks/studies/certified.py linear-1000-s3-0    measure these rows
    python benchmarks/studies/certified.py --collect           the result file of the rows there are
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path

import polyseme as ps
from polyseme.verification.exhaustive import number_of_inputs

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from harness.compiling import counting_bits, declared_neurons, least_certified, neurons_for
from harness.environment import environment
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell
from harness.problems import read
from harness.processes import Job, apart
from harness.results import write_result
from studies.every_input import ABOUT as ABOUT_INPUTS
from studies.every_input import COLUMNS as COLUMNS_OF_INPUTS
from studies.every_input import cells as cells_of_inputs
from studies.every_input import every_input

BENCHMARKS = Path(__file__).resolve().parent.parent
KEPT = BENCHMARKS.parent / "build" / "certified"
ERROR = 1e-3
AND, PERMUTATION = "and2:features={0},gates={0}", "permutation:features={0}"
LAYERED = "layered:width={},depth={},active=2"
UNIFORM, ZIPF = AND + ",influence=uniform", AND + ",influence=zipf"


@dataclass(frozen=True)
class Case:
    """A row: a problem and its promise, whether the layer must compute, and the seed.

    The size is searched unless `neurons` are given.
    """

    name: str
    problem: str
    active: int
    epsilon: float | None = None
    neurons: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Deep:
    """A row of `every_input.py`: a deep network of a size given, of which every input is run."""

    name: str
    problem: str
    active: int
    neurons: int
    seed: int = 0
    again: bool = False


def _linear(short: str, problem: str, *promises: int, seeds: int = 1) -> list[Case]:
    return [
        Case(f"{short}-s{active}-{seed}", problem, active, seed=seed)
        for active in promises
        for seed in range(seeds)
    ]


def _computing(short: str, problem: str, neurons: int, seeds: int = 1) -> list[Case]:
    return [
        Case(f"{short}-{neurons}-{seed}", problem, 3, 0.25, neurons, seed) for seed in range(seeds)
    ]


# Those that take longest last.
CASES = (
    *_linear("linear-1000", AND.format(1_000), 2, 3, seeds=3),
    *_linear("permutation-2048", PERMUTATION.format(2_048), 2, 3),
    *_linear("uniform-1000", UNIFORM.format(1_000), 2, 3),
    *_linear("zipf-1000", ZIPF.format(1_000), 2, 3),
    *_computing("computing-1000", AND.format(1_000), 560, seeds=3),
    *_computing("computing-uniform-1000", UNIFORM.format(1_000), 750),
    *_linear("linear-10000", AND.format(10_000), 2, 3, seeds=3),
    *_linear("uniform-10000", UNIFORM.format(10_000), 2, 3),
    *_linear("linear-16384", AND.format(16_384), 2, 3),
    *_computing("computing-10000", AND.format(10_000), 2_200, seeds=3),
    Deep("deep-5000", LAYERED.format(5_000, 4), 2, 3_500, again=True),
)
LONG = (
    Case("linear-100000-s2-3200", AND.format(100_000), 2, neurons=3_200),
    *_linear("zipf-10000", ZIPF.format(10_000), 2),
    *_linear("linear-100000", AND.format(100_000), 2, 3),
)
QUICK = (
    *_linear("linear-200", AND.format(200), 2),
    Deep("deep-200", LAYERED.format(200, 3), 2, 120, again=True),
)

ABOUT = (
    "Networks of `polyseme compile PROBLEM --guarantee worst-case`, each proved right on **every**",
    "input with at most *s* features on, in whole numbers and with one threshold above rest.",
    "*thresholded* ones (`--epsilon none`) are linear: their readouts finish the work, and",
    "*computed* ones do it in the hidden layer: the sampled reading error is that of all but a",
    "thousandth of the inputs, the one on all inputs is proved. The two kinds are not to be mixed.",
    "*formula* is the least size of a linear layer by a count of dimensions, a heuristic, *bits*",
    "the counting bound at one bit per weight. *average case* is the size that is declared for an",
    f"error of {ERROR:g} on sampled inputs. Problems have seed 0; times are CPU seconds of the",
    "whole compilation, all sizes tried and the proof included.",
)
COLUMNS: tuple[str, ...] = (
    "problem",
    "s",
    "seed",
    "kind",
    "ReLUs",
    "formula",
    "bits",
    "average case",
    "exact",
)
COLUMNS += ("bits per weight", "inputs proved", "reading error sampled / on all", "CPU s")


def certified(
    name: str, problem: str, active: int, epsilon: float | None, neurons: int | None, seed: int
) -> Row:
    """Return the size and the guarantee of one network."""
    circuit = read(problem)
    begun = time.process_time()
    report = ps.compile_report(
        circuit,
        active=active,
        epsilon=epsilon,
        neurons=neurons,
        seed=seed,
        guarantee="worst-case",
    )
    seconds = time.process_time() - begun
    network, certified = report.network, report.certified_active
    on_all = report.certified_epsilon
    assert report.reading is not None
    return {
        "neurons": network.neurons,
        "construction": network.provenance.construction,
        "certified_active": certified,
        "inputs": number_of_inputs(len(circuit.features), certified) if certified else 0,
        "computed": report.reading.computed,
        "epsilon_sampled": round(report.reading.epsilon, 4),
        "epsilon_on_all": None if on_all is None else round(on_all, 4),
        "formula": least_certified(circuit, active=active),
        "bits": ceil(neurons_for(counting_bits(circuit).bits, 1.0)),
        "average": declared_neurons(
            "tight-frames" if epsilon is None else "least-noise",
            circuit,
            active=active,
            error=ERROR,
        ),
        "exact": network.provenance.monosemantic_neurons,
        "weights": str(network.layers[0].weights.dtype),
        "bits_per_weight": round(network.weight_bits() / network.layers[0].weights.size, 2),
        "cpu_seconds": round(seconds, 1),
    }


def _job(case: Case | Deep) -> Job:
    return Job(every_input if isinstance(case, Deep) else certified, asdict(case))


def kept(case: Case | Deep) -> Path:
    """Return the file in which a row is kept."""
    return KEPT / f"{case.name}.json"


def measured(case: Case | Deep, tell: Tell) -> Row:
    """Return a row, from its file if it was measured before."""
    path = kept(case)
    if not path.exists():
        tell(case.name)
        row = apart(_job(case))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(case) | row) + "\n")
    found: Row = json.loads(path.read_text())
    return found


class CertifiedSizes(Part):
    """The sizes of networks that are right on every input."""

    name = "certified"
    title = "Networks that are right on every input"
    measures = "sizes of networks proved right on all inputs, thresholded and computed"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Measure the rows that are not there yet, one after another."""
        if size is Size.QUICK:
            return {"rows": [asdict(case) | apart(_job(case)) for case in QUICK]}
        cases = CASES + LONG if size is Size.LONG else CASES
        return {"rows": [measured(case, tell) for case in cases]}

    def section(self, results: Results) -> list[str]:
        """Return the table of all rows, and that of networks of which every input was run."""
        rows, run = _proved(results[self.name]), _run(results[self.name])
        lines = [*ABOUT, *table(COLUMNS, [_cells(row) for row in rows])]
        if run:
            listed = [cells_of_inputs(row) for row in run]
            lines += ["", *ABOUT_INPUTS, *table(COLUMNS_OF_INPUTS, listed)]
        return lines

    def finding(self, results: Results) -> str:
        """Return the largest network that is right on every input, of each kind."""
        rows = _proved(results[self.name])
        found = []
        for kind, computed in (("thresholded", False), ("computed", True)):
            some = [row for row in rows if row["computed"] == computed and _holds(row)]
            if some:
                best = max(some, key=lambda row: (row["inputs"], -row["neurons"]))
                found.append(
                    f"{best['exact']:,} gates {kind} by {best['neurons']:,} ReLUs, right on all "
                    f"{best['inputs']:,} inputs"
                )
        return "; ".join(found)


def _proved(result: Row) -> list[Row]:
    return [row for row in result["rows"] if "wrong_inputs" not in row]


def _run(result: Row) -> list[Row]:
    return [row for row in result["rows"] if "wrong_inputs" in row]


def _holds(row: Row) -> bool:
    return bool(row["certified_active"] == row["active"] and row["neurons"] < row["exact"])


def _cells(row: Row) -> tuple[str, ...]:
    on_all = row["epsilon_on_all"]
    proved = f"{row['inputs']:,}"
    if row["certified_active"] < row["active"]:
        proved += f", only up to s = {row['certified_active']}"
    return (
        f"`{row['problem']}`",
        f"{row['active']}",
        f"{row['seed']}",
        "computed" if row["computed"] else "thresholded",
        f"{row['neurons']:,}",
        f"{row['formula']:,}" if row["epsilon"] is None else "",
        f"{row['bits']:,}",
        f"{row['average']:,}",
        f"{row['exact']:,}",
        f"{row['bits_per_weight']:.1f}",
        proved,
        f"{row['epsilon_sampled']:.3f}" + ("" if on_all is None else f" / {on_all:.3f}"),
        f"{row['cpu_seconds']:,.0f}",
    )


def main(arguments: Sequence[str]) -> int:
    """Measure the rows named, list all, or collect those there are into the result file."""
    cases = {case.name: case for case in (*CASES, *LONG)}
    if list(arguments) == ["--collect"]:
        rows = [measured(case, print) for case in cases.values() if kept(case).exists()]
        row = {"size": str(Size.FULL), "environment": environment(), "rows": rows}
        write_result(BENCHMARKS / "results", CertifiedSizes.name, row)
        return 0
    if not arguments:
        for case in cases.values():
            print(f"{'there' if kept(case).exists() else 'open '}  {case.name}")
        return 0
    unknown = [name for name in arguments if name not in cases]
    if unknown:
        print(f"no row {unknown[0]!r}; without a name, all are listed", file=sys.stderr)
        return 2
    for name in arguments:
        print(json.dumps(measured(cases[name], print)))
    return 0


if __name__ == "__main__":
    # By its name, which processes of their own can import.
    from studies import certified as study

    sys.exit(study.main(sys.argv[1:]))
