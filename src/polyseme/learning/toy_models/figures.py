"""All figures of toy models by name, each made by one call."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from polyseme.common.arguments import text, whole_number
from polyseme.common.extras import import_torch
from polyseme.common.progress_shown import Watcher, watched
from polyseme.errors import OptionError
from polyseme.learning.toy_models import (
    absolute_value,
    ceiling,
    correlated,
    geometry,
    intro,
    phase_diagram,
    relu_output,
    scaling,
)
from polyseme.learning.toy_models.published import (
    athletes,
    compressed_computation,
    memorised_facts,
    universal_and,
)
from polyseme.learning.toy_models.toy_figure import Draw, Finished, ToyFigure
from polyseme.learning.training.pace import MAX_STEPS
from polyseme.networks.checks import check_path


@dataclass(frozen=True)
class _Kind:
    """A figure: its sizes, what is smaller than in the publication, and how it is made."""

    about: str
    settings: Any
    run: Callable[[Any, int, str | None, str], Finished]
    draw: Draw
    reduced: tuple[str, ...] = ()
    trained: bool = True


FIGURES: Mapping[str, _Kind] = {
    "intro": _Kind(
        "five features in two numbers: two orthogonal, two digons, a pentagon",
        intro.Settings(),
        intro.run,
        intro.draw,
    ),
    "geometry": _Kind(
        "shares of a dimension that 400 features in 30 numbers fall into",
        geometry.Settings(),
        geometry.run,
        geometry.draw,
        (
            "20 densities, 100 in the publication",
            "6,000 steps of 512 samples at a falling rate, 2,000 or more of 8,192 in the "
            "publication",
        ),
    ),
    "phase-diagram": _Kind(
        "at which density and importance a second feature enters superposition",
        phase_diagram.Settings(),
        phase_diagram.run,
        phase_diagram.draw,
    ),
    "correlated": _Kind(
        "pairs of features that come together are orthogonal, others antipodal",
        correlated.Settings(),
        correlated.run,
        correlated.draw,
    ),
    "absolute-value": _Kind(
        "|x| of 100 features by 40 ReLUs: computation in superposition",
        absolute_value.Settings(),
        absolute_value.run,
        absolute_value.draw,
        ("4,000 steps of 256 samples at a falling rate",),
    ),
    "relu-output": _Kind(
        "20 features in 5 numbers: a linear model keeps 5, a ReLU lets more in",
        relu_output.Settings(),
        relu_output.run,
        relu_output.draw,
        ("one run per density",),
    ),
    "scaling": _Kind(
        "loss over width with weights that shrink and that grow, beside the Welch floor",
        scaling.Settings(),
        scaling.run,
        scaling.draw,
        (
            "2 values of weight decay",
            "2,000 steps of 512 samples, 20,000 of 2,048 in the publication",
        ),
    ),
    "compressed-computation": _Kind(
        "ReLUs of 100 features by 50 neurons: what training gains is the mixing matrix",
        compressed_computation.Settings(),
        compressed_computation.run,
        compressed_computation.draw,
        ("256 samples per step, each with a feature on; about 1,300 of 2,048 in the publication",),
    ),
    "memorised-facts": _Kind(
        "facts that a perceptron holds against its parameters, trained and compiled",
        memorised_facts.Settings(),
        memorised_facts.run,
        memorised_facts.draw,
        ("d up to 2^5, 2^6.5 in the publication", "2,000 steps at most, 2^15 in the publication"),
    ),
    "universal-and": _Kind(
        "ANDs of all pairs of 50 features by 150 ReLUs: two values of weights, four classes",
        universal_and.Settings(),
        universal_and.run,
        universal_and.draw,
        (
            "50 features and 150 neurons, 200 and 600 in the publication",
            "20,000 steps, 3,000 in the publication: after so few the weights have no two values",
        ),
    ),
    "ceiling": _Kind(
        "bits of a circuit per parameter: compiled, refined and trained below the counting bound",
        ceiling.Settings(),
        ceiling.run,
        ceiling.draw,
    ),
    "athletes": _Kind(
        "8 pairs of names recognised by networks made by hand: 6 neurons in superposition, or 2",
        athletes.Settings(),
        athletes.run,
        athletes.draw,
        trained=False,
    ),
}


def figure(
    name: str,
    *,
    steps: int | None = None,
    seed: int = 0,
    state: str | os.PathLike[str] | None = None,
    device: str = "cpu",
    progress: Watcher = None,
) -> ToyFigure:
    """Train the models of a figure, or make them by hand, and measure them.

    Args:
        name: Name of the figure, one of `FIGURES`.
        steps: Steps of training; by default as many as the figure needs.
        seed: Seed of first numbers and inputs.
        state: A file that keeps the state of the training, which goes on from it if it exists;
            a figure of several trainings keeps each in a file of its own, with its name behind.
        device: A device that torch has. On the CPU equal arguments give equal numbers.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        What the figure states, with its data; `save` draws it.

    Raises:
        OptionError: An argument is of a wrong type or out of range, or there is no such device.
        FileFormatError: The file is no state of this training.
        MissingExtraError: torch is not installed.
        PolysemeError: The training diverged.

    Example:
        >>> import polyseme as ps
        >>> found = ps.learning.toy_models.figure("intro", steps=20)
        >>> len(found.findings["shapes"])
        10
    """
    kind = FIGURES[text("name", name, FIGURES)]
    settings = kind.settings
    reduced = kind.reduced
    if not kind.trained and (steps is not None or state is not None):
        raise OptionError(f"{name} is made by hand: it takes no steps and has no state")
    if steps is not None:
        whole_number("steps", steps, 1, MAX_STEPS)
        if steps < settings.steps:
            reduced = (*reduced, f"{steps:,} steps, {settings.steps:,} by default")
        settings = replace(settings, steps=steps)
    whole_number("seed", seed, 0)
    if state is not None:
        check_path(state, "state")
    if kind.trained:
        import_torch("toy models")
    started = time.monotonic()
    with watched(progress):
        found = kind.run(settings, seed, None if state is None else os.fspath(state), device)
    return ToyFigure(
        name=name,
        settings=asdict(settings),
        reduced=reduced,
        findings=found.findings,
        data=found.data,
        error=float(found.losses.mean()),
        steps=found.steps,
        seed=seed,
        seconds=time.monotonic() - started,
        draw=kind.draw,
    )
