"""`polyseme compile --refine`: descent on the weights of a compiled network."""

from __future__ import annotations

from typing import Annotated

import typer

from polyseme.cli.options import whole
from polyseme.common.files.targets import check_output
from polyseme.errors import PolysemeError
from polyseme.learning.refinement.refine import MAX_PASSES

Refine = Annotated[
    int | None,
    typer.Option(
        "--refine",
        metavar="PASSES",
        parser=whole(1, MAX_PASSES),
        help="Descend on weights and biases for at most PASSES passes over all outputs. For "
        "least-noise (of ANDs of two features) and deep, whose smallest size is then searched "
        "after the descent; needs the extra polyseme\\[speed]. For tight-frames (of ANDs of two "
        "features) and three-channel; needs the extra polyseme\\[torch].",
    ),
]
RefineState = Annotated[
    str | None,
    typer.Option(
        "--refine-state",
        metavar="FILE",
        help="Save the state of the descent in this file, and go on from it if it exists. Of "
        "least-noise and deep, only with --neurons.",
    ),
]


def check_refining(passes: int | None, state: str | None, others: tuple[str, ...]) -> None:
    """Raise PolysemeError unless the file of the state can be written.

    `others` are files that the state must not overwrite.
    """
    if state is None:
        return
    if passes is None:
        raise PolysemeError("--refine-state is for --refine PASSES; name both or neither")
    check_output(state, others)
    if state in others:
        raise PolysemeError(f"{state}: is written as an output too; name another file")
