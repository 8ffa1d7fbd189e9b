"""`polyseme learn`: figures of toy models, made by training."""

from __future__ import annotations

from typing import Annotated

import typer

from polyseme.circuits.problems import MAX_SEED
from polyseme.cli.options import AsJson, whole
from polyseme.cli.output.learn_report import emit_figure
from polyseme.common.arguments import text
from polyseme.common.extras import import_matplotlib
from polyseme.common.files.targets import check_output
from polyseme.errors import PolysemeError
from polyseme.learning.toy_models.figures import FIGURES, figure
from polyseme.learning.toy_models.toy_figure import checked_places
from polyseme.learning.training.pace import MAX_STEPS

_TOY = "toy"


def learn_command(
    what: Annotated[str, typer.Argument(metavar="toy", help="toy, for a figure of toy models.")],
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[FIGURE]", help=f"The figure: {', '.join(FIGURES)}.", show_default=False
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The picture to write, .png, .svg or .pdf; its data go beside it as .json. Needs "
            "the extra polyseme\\[plots].",
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps",
            metavar="N",
            parser=whole(1, MAX_STEPS),
            help="Steps of training; by default as many as the figure needs.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            "--seed",
            metavar="K",
            parser=whole(0, MAX_SEED),
            help="The seed of first weights and of inputs.",
        ),
    ] = 0,
    state: Annotated[
        str | None,
        typer.Option(
            "--state",
            metavar="FILE",
            help="Save the state of the training in this file, and go on from it if it exists.",
        ),
    ] = None,
    device: Annotated[
        str,
        typer.Option(
            "--device",
            metavar="NAME",
            help="A device that torch has, such as cpu or cuda. On cpu equal seeds give equal "
            "numbers.",
        ),
    ] = "cpu",
    as_json: AsJson = False,
) -> int:
    """Train toy models of superposition for a published figure, and print what it states.

    Example: polyseme learn toy intro -o intro.png
    Example: polyseme learn toy phase-diagram --json

    Needs the extra polyseme\\[torch]. The same seed gives the same figure, whatever the number of
    cores.
    """
    if what != _TOY:
        raise PolysemeError(f"{what[:40]!r}: learn takes toy and the name of a figure")
    if name is None:
        raise PolysemeError(f"learn toy takes a figure: {', '.join(FIGURES)}")
    text("FIGURE", name, FIGURES)
    if output is not None:
        checked_places(output)
        import_matplotlib("a picture")
    if state is not None:
        check_output(state, ())
    found = figure(name, steps=steps, seed=seed, state=state, device=device, progress=True)
    written = None if output is None else found.save(output)
    emit_figure(found, written, as_json)
    return 0
