"""`polyseme convert`: write a circuit as a file of logic that other programs read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from polyseme.circuits.described import problem_seed_in_words
from polyseme.circuits.sources import read
from polyseme.circuits.writers.by_ending import check_ending, write
from polyseme.cli.options import AsJson, Source
from polyseme.cli.output.text import emit, emit_json
from polyseme.cli.output_paths import check_output
from polyseme.common.files import shown_path


def convert_command(
    source: Source,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The file to write; its ending tells the format: .aig, .aag (AIGER) or .json.",
            show_default=False,
        ),
    ],
    as_json: AsJson = False,
) -> int:
    """Write SOURCE as AIGER, which any logic tool reads, or as JSON, which keeps every gate.

    Example: polyseme convert adder.blif -o adder.aig
    """
    check_ending(output, "--output")
    check_output(output, (source, source.partition(":")[2] or source))
    circuit = read(source)
    write(circuit, output)
    counts = {
        "features": len(circuit.features),
        "outputs": len(circuit.outputs),
        "gates": circuit.gates,
        "depth": circuit.depth,
    }
    if as_json:
        use, seed = asdict(circuit.gates_per_feature), circuit.problem_seed
        emit_json(
            {
                "file": output,
                "name": circuit.name,
                **counts,
                "gates_per_feature": use,
                "problem_seed": seed,
            }
        )
    else:
        told = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        emit(f"{shown_path(output)}: {told}")
        emit(f"{circuit.gates_per_feature}; seeds: {problem_seed_in_words(circuit.name)}")
    return 0
