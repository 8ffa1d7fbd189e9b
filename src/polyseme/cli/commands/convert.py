"""`polyseme convert`: write a circuit as a file of logic that other programs read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from polyseme.circuits.described import problem_seed_in_words
from polyseme.circuits.sources import read
from polyseme.circuits.writers.by_ending import format_of, write
from polyseme.cli.options import AsJson, Source
from polyseme.cli.output_files import checked_output, emit_written
from polyseme.common.files import shown_path


def convert_command(
    source: Source,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The file to write; its ending tells the format: .aig, .aag (AIGER) or .json. "
            "- is standard output, for which --to tells it.",
            show_default=False,
        ),
    ],
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="The format, whatever FILE ends in: aig, aag or json.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Write SOURCE as AIGER, which any logic tool reads, or as JSON, which keeps every gate.

    Example: polyseme convert adder.blif -o adder.aig
    Example: polyseme convert adder.blif --to aag -o -
    """
    kind = format_of(output, to, "--output", "--to")
    output = checked_output(output, (source, source.partition(":")[2] or source), as_json)
    circuit = read(source)
    write(circuit, output, kind)
    counts = {
        "features": len(circuit.features),
        "outputs": len(circuit.outputs),
        "gates": circuit.gates,
        "depth": circuit.depth,
    }
    shown = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    use, seed = asdict(circuit.gates_per_feature), circuit.problem_seed
    told = {"gates_per_feature": use, "problem_seed": seed}
    emit_written(
        output,
        {"file": output, "name": circuit.name, **counts, **told},
        f"{shown_path(output)}: {shown}\n"
        f"{circuit.gates_per_feature}; seeds: {problem_seed_in_words(circuit.name)}",
        as_json,
    )
    return 0
