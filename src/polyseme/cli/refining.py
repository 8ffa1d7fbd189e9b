"""`polyseme compile --refine`: descent on the weights of a compiled network."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from polyseme.cli.options import whole
from polyseme.cli.output_paths import check_output
from polyseme.common.extras import import_torch
from polyseme.common.progress import Note
from polyseme.compiler.report import Compilation
from polyseme.errors import PolysemeError
from polyseme.learning.refinement.refine import MAX_PASSES, refine
from polyseme.verification.reading_error import reading_error

# Inputs of each kind on which the readings of a refined network are looked at.
_READ = 30_000

Refine = Annotated[
    int | None,
    typer.Option(
        "--refine",
        metavar="PASSES",
        parser=whole(1, MAX_PASSES),
        help="Descend on weights and biases for at most PASSES passes over all outputs; needs the "
        "extra polyseme\\[torch]. For tight-frames (of ANDs of two features) and three-channel.",
    ),
]
RefineState = Annotated[
    str | None,
    typer.Option(
        "--refine-state",
        metavar="FILE",
        help="Save the state of the descent in this file, and go on from it if it exists.",
    ),
]


def check_refining(passes: int | None, state: str | None, others: tuple[str, ...]) -> None:
    """Raise PolysemeError unless torch is installed and the file of the state can be written.

    `others` are files that the state must not overwrite.
    """
    if passes is None:
        if state is not None:
            raise PolysemeError("--refine-state is for --refine PASSES; name both or neither")
        return
    import_torch("refining")
    if state is not None:
        check_output(state, others)
        if state in others:
            raise PolysemeError(f"{state}: is written as an output too; name another file")


def refined(report: Compilation, passes: int, state: str | None, step: Note) -> Compilation:
    """Refine the compiled network, and measure its error anew."""
    network = report.network
    found = refine(
        network,
        passes=passes,
        error=report.error,
        seed=network.provenance.seed,
        state=state,
        note=step,
    )
    reading = reading_error(found.network, samples=_READ)
    reads = report.epsilon is None or reading.epsilon < report.epsilon
    return replace(
        report,
        network=found.network,
        confirmation=found.measured,
        reading=reading,
        reads=reads,
    )
