"""Real circuits, compiled and compared with an independent evaluator of the logic in their files.

The circuits stand beside the repository, as those of the tests do.
"""

from __future__ import annotations

import time
from pathlib import Path

import polyseme as ps
from harness.compiling import (
    has_one_layer,
    layers_superposed,
    plan_staged,
    predicted_superposed,
    reference_of_file,
    sized,
)
from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell, Unavailable
from harness.processes import Job, apart

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "circuits"
CIRCUITS = (
    *(f"epfl/{name}.aig" for name in ("adder", "bar", "cavlc", "ctrl", "dec", "i2c", "int2float")),
    *(f"epfl/{name}.aig" for name in ("priority", "router")),
    *(f"epfl/{name}.blif" for name in ("ctrl", "dec", "int2float", "router")),
    *(f"iscas85/{name}.bench" for name in ("c17", "c432", "c880")),
    *(f"mcnc/{name}.blif" for name in ("C880", "apex6", "decod", "i1")),
    *(f"mcnc/{name}.pla" for name in ("apex1", "misex1", "misex2", "o64")),
)
QUICK_CIRCUITS = ("iscas85/c17.bench", "epfl/ctrl.aig", "mcnc/misex1.pla", "mcnc/o64.pla")
ACTIVE, ERROR, SEED = 3, 1e-3, 1
SAMPLES, QUICK_SAMPLES = 100_000, 5_000

ABOUT = (
    "Every circuit is compiled for {active} inputs on at once at an error under 0.001 and",
    "tried on {samples:,} *mixed* inputs, seed {seed}: by turns *satisfied* (a random gate at a",
    "random depth switched on, filled up with random inputs) and uniform. A circuit of one hidden",
    "layer has satisfied inputs only: {shallow}. An input is *wrong* when any output is. The",
    "evaluator `{evaluator}` says what the outputs must be: it simulates the file as read, not",
    "normalised, as an AIG, by code that compiling does not use.",
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


def compiled(name: str, samples: int) -> Row:
    """Compile one circuit and try the network; `superposition` is None where not predicted."""
    source = str(FOLDER / name)
    circuit = ps.read(source)
    started = time.perf_counter()
    found = sized(circuit, active=ACTIVE, error=ERROR)
    seconds = time.perf_counter() - started
    network, superposed = found.network, layers_superposed(found)
    reference = reference_of_file(source, circuit)
    tried = ps.verify(
        network,
        circuit,
        active=ACTIVE,
        samples=samples,
        inputs="satisfied" if has_one_layer(network, circuit) else "mixed",
        seed=SEED,
        reference=reference,
    )
    plan = plan_staged(circuit, active=ACTIVE, error=ERROR)
    return {
        "circuit": name,
        "inputs": len(circuit.features),
        "outputs": len(circuit.outputs),
        "gates": circuit.gates,
        "depth": circuit.depth,
        "layers": len(network.layers),
        "gates_on": plan.activity.gates,
        "by_gates": plan.monosemantic_neurons,
        "neurons": network.neurons,
        "carried": network.carried,
        "superposition": predicted_superposed(found),
        "built_monosemantic": len(network.layers) - superposed,
        "built_superposed": superposed,
        "tried_on": tried.inputs,
        "evaluator": reference.evaluator,
        "samples": tried.samples,
        "wrong": tried.wrong,
        "seconds_compile": seconds,
    }


class Circuits(Part):
    """Compilation of logic that nobody here wrote."""

    name = "circuits"
    title = "Real circuits"
    measures = "size and error of networks compiled from files of logic"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Compile and try every circuit. Raises Unavailable where a file is not there."""
        quick = size is Size.QUICK
        names = QUICK_CIRCUITS if quick else CIRCUITS
        samples = QUICK_SAMPLES if quick else SAMPLES
        for name in names:
            if not (FOLDER / name).is_file():
                raise Unavailable(f"{FOLDER / name}: there is no such file")
        rows = []
        for name in names:
            row = apart(Job(compiled, {"name": name, "samples": samples}))
            tell(
                f"{name}: {row['neurons']:,} neurons, layers: {row['layers']}, "
                f"{row['seconds_compile']:.1f} s; {row['wrong']:,} of {row['samples']:,} wrong"
            )
            rows.append(row)
        return {"active": ACTIVE, "seed": SEED, "circuits": rows}

    def section(self, results: Results) -> list[str]:
        """Return the table of circuits."""
        rows = results[self.name]["circuits"]
        shallow = [row["circuit"] for row in rows if row["tried_on"] != "mixed"]
        about = "\n".join(ABOUT).format(
            active=ACTIVE,
            samples=rows[0]["samples"],
            seed=SEED,
            shallow=", ".join(shallow) or "here there is none",
            evaluator=rows[0]["evaluator"],
        )
        return [about, *table(COLUMNS, [_cells(row) for row in rows])]

    def finding(self, results: Results) -> str:
        """Return the errors of all circuits together."""
        rows = results[self.name]["circuits"]
        wrong, samples = (sum(row[name] for row in rows) for name in ("wrong", "samples"))
        return f"{len(rows)} circuits, {wrong:,} of {samples:,} inputs wrong"


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row["circuit"],
        f"{row['inputs']:,}",
        f"{row['outputs']:,}",
        f"{row['gates']:,}",
        f"{row['depth']}",
        f"{row['layers']}",
        f"{row['gates_on']:.1%}",
        f"{row['by_gates']:,}",
        f"**{row['neurons']:,}**",
        f"{row['carried']:,}",
        "–" if row["superposition"] is None else f"{row['superposition']:,}",
        f"{row['built_monosemantic']} / {row['built_superposed']}",
        f"{row['wrong']:,} of {row['samples']:,}",
        f"{row['seconds_compile']:.1f}",
    )
