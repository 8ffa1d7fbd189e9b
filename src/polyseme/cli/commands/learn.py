"""`polyseme learn`: figures of toy models, and circuits learnt by training."""

from __future__ import annotations

from typing import Annotated

import typer

from polyseme.circuits.problems import MAX_SEED, MAX_SIZE
from polyseme.circuits.sources import read
from polyseme.cli.options import DEFAULT_ERROR, Active, AsJson, Error, error_rate, whole
from polyseme.cli.output.learn_report import emit_figure, emit_twin
from polyseme.cli.output.text import rate as shown_rate
from polyseme.cli.output.text import remark
from polyseme.common.arguments import text
from polyseme.common.extras import import_matplotlib
from polyseme.common.files.targets import check_output
from polyseme.common.progress import phase
from polyseme.common.progress_shown import watched
from polyseme.errors import PolysemeError
from polyseme.learning.toy_models.figures import FIGURES, figure
from polyseme.learning.toy_models.toy_figure import checked_places
from polyseme.learning.training.pace import MAX_STEPS
from polyseme.learning.twins.layer_task import STARTS
from polyseme.learning.twins.losses import LOSSES
from polyseme.learning.twins.twin import (
    DEFAULT_BATCH,
    DEFAULT_RATE,
    DEFAULT_SAMPLES,
    DEFAULT_STEPS,
    ENCODERS,
    LEAST_SAMPLES,
    MOST_BATCH,
    MOST_HARD,
    MOST_SAMPLES,
    READOUTS,
    train_twin,
)
from polyseme.networks.saving.files import key_path

_TOY = "toy"


def _step_size(given: str | float) -> float:
    """Parse a step size: a number above 0 and below 1."""
    value = error_rate(given)
    if not value:
        raise typer.BadParameter(f"{str(given)[:40]!r} must be more than 0")
    return value


def learn_command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE|toy",
            help="The circuit to learn, as for compile; or toy, for a figure of toy models.",
            show_default=False,
        ),
    ],
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[FIGURE]",
            help=f"Behind toy, the figure: {', '.join(FIGURES)}.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The network to write, its answer key beside it. Of a figure the picture, .png, "
            ".svg or .pdf, its data beside it as .json; needs the extra polyseme\\[plots].",
        ),
    ] = None,
    neurons: Annotated[
        int | None,
        typer.Option(
            "--neurons",
            metavar="N",
            parser=whole(1, MAX_SIZE),
            help="The number of hidden ReLUs to train; not for figures.",
            show_default=False,
        ),
    ] = None,
    active: Active = None,
    encoder: Annotated[
        str,
        typer.Option(
            "--encoder",
            metavar="NAME",
            help="fixed, the code of features that compiled networks of the same seed have; or "
            "learned.",
        ),
    ] = ENCODERS[0],
    readout: Annotated[
        str,
        typer.Option(
            "--readout",
            metavar="NAME",
            help="free, learnt by every output from all neurons; or fixed, the mean of a drawn set "
            "of neurons.",
        ),
    ] = READOUTS[0],
    start: Annotated[
        str,
        typer.Option(
            "--start",
            metavar="NAME",
            help="The first weights: "
            + "; or ".join(f"{name}, {about}" for name, about in STARTS.items())
            + ".",
        ),
    ] = "normal",
    loss: Annotated[
        str,
        typer.Option(
            "--loss",
            metavar="NAME",
            help="; ".join(f"{name}, {about}" for name, about in LOSSES.items()) + ".",
        ),
    ] = "band",
    hard: Annotated[
        int,
        typer.Option(
            "--hard",
            metavar="N",
            parser=whole(1, MOST_HARD),
            help="Draw N times as many inputs in every step, and train on those of largest loss.",
        ),
    ] = 1,
    batch: Annotated[
        int,
        typer.Option(
            "--batch", metavar="N", parser=whole(1, MOST_BATCH), help="Inputs per step of a SOURCE."
        ),
    ] = DEFAULT_BATCH,
    rate: Annotated[
        float,
        typer.Option(
            "--rate", metavar="R", parser=_step_size, help="The largest step size of a SOURCE."
        ),
    ] = DEFAULT_RATE,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps",
            metavar="N",
            parser=whole(1, MAX_STEPS),
            help=f"Steps of training; by default {DEFAULT_STEPS}, or as many as a figure needs.",
            show_default=False,
        ),
    ] = None,
    samples: Annotated[
        int,
        typer.Option(
            "--samples",
            metavar="N",
            parser=whole(LEAST_SAMPLES, MOST_SAMPLES),
            help="Fresh inputs on which the network of a SOURCE is measured.",
        ),
    ] = DEFAULT_SAMPLES,
    error: Error = DEFAULT_ERROR,
    seed: Annotated[
        int,
        typer.Option(
            "--seed",
            metavar="K",
            parser=whole(0, MAX_SEED),
            help="The seed of codes, first weights and inputs. A problem has a seed of its own: "
            "seed=N in SOURCE.",
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
    """Train a network of N ReLUs on SOURCE from random weights, or toy models for a figure.

    Example: polyseme learn and2:features=300,gates=300 --neurons 200 -o trained.safetensors
    Example: polyseme learn toy intro -o intro.png

    Needs the extra polyseme\\[torch]. The same seed gives the same numbers, whatever the number of
    cores. Exit status 1 says that the error of the network (the lower end of its interval) is above
    --error.
    """
    if state is not None:
        check_output(state, ())
    if source == _TOY:
        if neurons is not None:
            raise PolysemeError("--neurons is for a SOURCE; figures have sizes of their own")
        return _draw(name, output, steps, seed, state, device, as_json)
    if name is not None:
        raise PolysemeError(f"{name[:40]!r}: a figure is named behind toy, not behind a SOURCE")
    if neurons is None:
        raise PolysemeError("name the number of neurons to train: --neurons N")
    if output is not None:
        for place in (output, str(key_path(output))):
            check_output(place, (source,))
    with watched(True), phase(f"reading {source}"):
        circuit = read(source)
    found = train_twin(
        circuit,
        neurons,
        active=active,
        encoder=encoder,
        readout=readout,
        start=start,
        loss=loss,
        steps=DEFAULT_STEPS if steps is None else steps,
        rate=rate,
        batch=batch,
        hard=hard,
        samples=samples,
        seed=seed,
        state=state,
        device=device,
        progress=True,
    )
    if output is not None:
        found.network.save(output, key=True)
    emit_twin(found, output, as_json)
    least = found.measured.error_interval[0]
    if least <= error:
        return 0
    remark(
        f"polyseme: the network falls short: its error is at least {shown_rate(least)}, asked for "
        f"was {shown_rate(error)}"
    )
    return 1


def _draw(
    name: str | None,
    output: str | None,
    steps: int | None,
    seed: int,
    state: str | None,
    device: str,
    as_json: bool,
) -> int:
    """Train and print a figure of toy models, and write its picture if asked for."""
    if name is None:
        raise PolysemeError(f"learn toy takes a figure: {', '.join(FIGURES)}")
    text("FIGURE", name, FIGURES)
    if output is not None:
        checked_places(output)
        import_matplotlib("a picture")
    found = figure(name, steps=steps, seed=seed, state=state, device=device, progress=True)
    written = None if output is None else found.save(output)
    emit_figure(found, written, as_json)
    return 0
