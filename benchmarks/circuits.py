"""Real circuits, compiled and tried afresh: run with `make bench-circuits`.

Compiles every circuit under a folder for three active inputs and compares the network with an
independent evaluator of the logic as its file has it. Writes the section on real circuits of
`docs/benchmarks.md`, and `benchmarks/circuits.json`. About three minutes on two cores; times
are wall times of this machine and only good for comparison.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

import polyseme as ps
from polyseme.cli.logic import netlist_as_read
from polyseme.compiler.compile import fulfil
from polyseme.compiler.constructions.staged.plan import make_deep_plan
from polyseme.compiler.request import Request
from polyseme.compiler.schedule.scheduling import Carry
from polyseme.compiler.sized import Sized
from polyseme.errors import PolysemeError
from polyseme.verification.independent import independent_reference
from polyseme.verification.sampling import shallow_terms, verify
from sections import put_section

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT.parent / "shared" / "data" / "circuits"
# What must be in FOLDER, so that no row of the table goes missing unnoticed.
EXPECTED = (
    *(f"epfl/{name}.aig" for name in ("adder", "bar", "cavlc", "ctrl", "dec", "i2c", "int2float")),
    *(f"epfl/{name}.aig" for name in ("priority", "router")),
    *(f"epfl/{name}.blif" for name in ("ctrl", "dec", "int2float", "router")),
    *(f"iscas85/{name}.bench" for name in ("c17", "c432", "c880")),
    *(f"mcnc/{name}.blif" for name in ("C880", "apex6", "decod", "i1")),
    *(f"mcnc/{name}.pla" for name in ("apex1", "misex1", "misex2", "o64")),
)
ENDINGS = (".aig", ".aag", ".blif", ".bench", ".pla", ".cnf")
ACTIVE, SAMPLES, SEED = 3, 100_000, 1
MAX_SAMPLES = 10_000_000

ABOUT = (
    "Written by `make bench-circuits` (`.venv/bin/python benchmarks/circuits.py [FOLDER]`); do not",
    "edit. Every circuit is compiled for {active} inputs on at once at an error under 0.001 and",
    "tried on {samples:,} *mixed* inputs, seed {seed}: by turns *satisfied* (a random gate at a",
    "random depth switched on, filled up with random inputs) and uniform. A circuit of one hidden",
    "layer has satisfied inputs only: {shallow}. An input is *wrong* when any output is. What the",
    "outputs must be is said by the evaluator `{evaluator}`: the file as read, not normalised,",
    "simulated as an AIG by code that compiling does not use.",
    "",
    "*gates* and *depth* are those of the normalised circuit, *gates on* is the mean share of them",
    "that is on at 2,000 satisfied inputs. *by gates* are the neurons of the widest layer when",
    "every live wire has its own; *neurons* are the ReLUs of the widest layer as built, where",
    "wires that a layer does not change may pass it in a residual stream: at most *carried*.",
    "*superposition* is the most that any layer is predicted to ask for in superposition",
    "(a dash: one hidden layer, for which there is no such prediction). *built* counts the layers",
    "built monosemantic / superposed. *s* is the time to compile.",
)
COLUMNS = (
    "circuit",
    "inputs",
    "outputs",
    "gates",
    "depth",
    "layers",
    "gates on",
    "by gates",
    "neurons",
    "carried",
    "superposition",
    "built",
    "wrong",
    "s",
)

console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


@dataclass(frozen=True)
class Row:
    """One circuit compiled and tried once; `superposition` is None where nothing predicts it."""

    circuit: str
    inputs: int
    outputs: int
    gates: int
    depth: int
    layers: int
    gates_on: float
    by_gates: int
    neurons: int
    carried: int
    superposition: int | None
    built_monosemantic: int
    built_superposed: int
    tried_on: str
    evaluator: str
    samples: int
    wrong: int
    seconds_compile: float


def main() -> int:
    """Compile and try every circuit, then write the results or, of a small trial, print them."""
    options = _options()
    started = time.perf_counter()
    try:
        rows = [_row(options.folder, path, options.samples) for path in _found(options.folder)]
    except (OSError, PolysemeError) as error:
        console.print(f"circuits.py: {error}")
        return 2
    section = _section(rows, options.samples)
    if options.samples == SAMPLES:
        _write(rows, section)
    else:
        sys.stdout.write(section)
    failed = [row.circuit for row in rows if row.wrong]
    console.print(
        f"{len(rows)} circuits in {time.perf_counter() - started:.0f} s, "
        f"{len(failed)} with anything wrong{': ' * bool(failed)}{', '.join(failed)}"
    )
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compile real circuits and try the networks.")
    parser.add_argument("folder", metavar="FOLDER", nargs="?", type=Path, default=FOLDER)
    parser.add_argument(
        "--samples",
        metavar="N",
        type=_samples,
        default=SAMPLES,
        help=f"inputs to try, for trying out: other than {SAMPLES} are printed, not written",
    )
    return parser.parse_args()


def _samples(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MAX_SAMPLES:
        raise argparse.ArgumentTypeError(f"{number} must be 1 to {MAX_SAMPLES}")
    return number


def _found(folder: Path) -> list[Path]:
    """All circuits under a folder, by name. Raises PolysemeError where one is not there."""
    if folder == FOLDER:
        for name in EXPECTED:
            if not (folder / name).is_file():
                raise PolysemeError(f"{folder / name}: there is no such file")
    paths = [path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS]
    if not paths:
        raise PolysemeError(f"{folder}: no circuit is there; they end in {', '.join(ENDINGS)}")
    return sorted(paths, key=lambda path: path.relative_to(folder).as_posix())


def _row(folder: Path, path: Path, samples: int) -> Row:
    """Compile one circuit and try the network."""
    name, source = path.relative_to(folder).as_posix(), str(path)
    circuit = ps.read(source)
    request = Request(active=ACTIVE)
    started = time.perf_counter()
    sized = fulfil(circuit, request)
    seconds = time.perf_counter() - started
    network = sized.network
    reference = independent_reference(netlist_as_read(source, circuit))
    mixed = shallow_terms(network, circuit) is None
    tried = verify(
        network,
        circuit,
        active=ACTIVE,
        samples=samples,
        inputs="mixed" if mixed else "satisfied",
        seed=SEED,
        reference=reference,
    )
    superposed = _superposed(sized)
    plan = make_deep_plan(circuit, ACTIVE, request.error, request.seed, Carry.GATES)
    row = Row(
        circuit=name,
        inputs=len(circuit.features),
        outputs=len(circuit.outputs),
        gates=circuit.gates,
        depth=circuit.depth,
        layers=len(network.layers),
        gates_on=plan.activity.gates,
        by_gates=plan.monosemantic_neurons,
        neurons=network.neurons,
        carried=network.carried,
        superposition=max((one.predicted_superposed for one in sized.layers), default=None),
        built_monosemantic=len(network.layers) - superposed,
        built_superposed=superposed,
        tried_on=tried.inputs,
        evaluator=reference.evaluator,
        samples=tried.samples,
        wrong=tried.wrong,
        seconds_compile=seconds,
    )
    console.print(
        f"{name}: {row.neurons:,} neurons, layers: {row.layers}, {seconds:.1f} s; "
        f"{tried.wrong:,} of {tried.samples:,} wrong"
    )
    return row


def _superposed(sized: Sized) -> int:
    """How many layers were built in superposition; a network of one layer reports on none."""
    if sized.layers:
        return sum(one.kind == "superposed" for one in sized.layers)
    return int(sized.network.provenance.construction != "monosemantic")


def _section(rows: Sequence[Row], samples: int) -> str:
    """What stands between the markers, in Markdown."""
    shallow = [row.circuit for row in rows if row.tried_on != "mixed"]
    about = "\n".join(ABOUT).format(
        active=ACTIVE,
        samples=samples,
        seed=SEED,
        shallow=", ".join(shallow) or "here there is none",
        evaluator=rows[0].evaluator,
    )
    lines = [about, "", f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    for row in rows:
        asked = "–" if row.superposition is None else f"{row.superposition:,}"
        lines.append(
            f"| {row.circuit} | {row.inputs:,} | {row.outputs:,} | {row.gates:,} | {row.depth} "
            f"| {row.layers} | {row.gates_on:.1%} | {row.by_gates:,} | **{row.neurons:,}** "
            f"| {row.carried:,} | {asked} | {row.built_monosemantic} / {row.built_superposed} "
            f"| {row.wrong:,} of {row.samples:,} | {row.seconds_compile:.1f} |"
        )
    return "\n".join([*lines, ""])


def _write(rows: Sequence[Row], section: str) -> None:
    results = {"active": ACTIVE, "seed": SEED, "circuits": [asdict(row) for row in rows]}
    (ROOT / "benchmarks" / "circuits.json").write_text(json.dumps(results, indent=1) + "\n")
    put_section("circuits", f"## Real circuits\n\n{section}")
    console.print("wrote docs/benchmarks.md and benchmarks/circuits.json")


if __name__ == "__main__":
    sys.exit(main())
