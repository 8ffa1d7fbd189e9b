"""Options and values that several commands share."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any

import typer

from polyseme.circuits.problems import MAX_SEED, MAX_SIZE
from polyseme.verification.reading_error import COMPUTED, FINEST

DEFAULT_ERROR = 1e-3


def whole(lowest: int, highest: int) -> Callable[[str | int], int]:
    """Return a parser of whole numbers in decimal digits, from `lowest` to `highest`."""

    def parse(given: str | int) -> int:
        text = str(given)
        # Compare lengths first: converting a number of many digits is slow or refused.
        plain = text.isascii() and text.isdigit() and len(text) <= len(str(highest))
        if not (plain and lowest <= int(text) <= highest):
            raise typer.BadParameter(
                f"{text[:40]!r} must be a whole number from {lowest} to {highest}"
            )
        return int(text)

    return parse


def error_rate(given: str | float) -> float:
    """Parse an error rate: a number of at least 0 and below 1."""
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1:
        raise typer.BadParameter(
            f"{str(given)[:40]!r} must be a number of at least 0 and less than 1"
        )
    return value


def epsilon_or_none(given: str | float) -> float | None:
    """Parse a reading error above 1e-9 and at most 1/4; None for "none"."""
    if given == "none":
        return None
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not FINEST < value <= COMPUTED:
        raise typer.BadParameter(
            f"{str(given)[:40]!r} must be a number above {FINEST:g} and at most {COMPUTED}, or none"
        )
    return value


def neurons_or_auto(given: str | int) -> int | None:
    """Parse a number of neurons; None for "auto"."""
    return None if given == "auto" else whole(1, MAX_SIZE)(given)


def active_option(description: str) -> Any:
    """Return the option --active, a whole number, with what it means to a command."""
    return typer.Option(
        "--active",
        metavar="S",
        parser=whole(1, MAX_SIZE),
        help=description,
        show_default=False,
    )


def circuit_argument(description: str) -> Any:
    """Return the argument CIRCUIT that may be left out, with what it means to a command."""
    return typer.Argument(metavar="[CIRCUIT]", help=description, show_default=False)


Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A file (facts: .csv .tsv .jsonl; logic: .aig .aag .blif .bench .pla .cnf .json .eqn "
        ".truth .v), example:NAME, expressions such as 'y = a & b | ~c', or a problem such as "
        "and2:features=2000,gates=2000, which reads every feature in exactly 2 gates. Of "
        "and2 and and, influence=uniform or zipf draws unequal ones; seed=N draws another problem.",
        show_default=False,
    ),
]
NetworkFile = Annotated[
    str, typer.Argument(metavar="NET", help="A network file.", show_default=False)
]
Unsigned = Annotated[
    bool,
    typer.Option(
        "--unsigned",
        help="Also open files whose content is not that of their digest, since they were edited, "
        "or that are too old to have one.",
    ),
]
Active = Annotated[
    int | None,
    active_option(
        "The sparsity promise: at most S features are on at once. By default 3, or as many as "
        "there are; 2 for a table of facts, where a query switches on a subject and a relation."
    ),
]
Error = Annotated[
    float,
    typer.Option(
        "--error",
        metavar="E",
        parser=error_rate,
        help="The largest share of inputs on which any output may be wrong.",
    ),
]
Epsilon = Annotated[
    float | None,
    typer.Option(
        "--epsilon",
        metavar="E|none",
        parser=epsilon_or_none,
        help="The reading error up to which hidden layers compute the gates, at most 0.25; none "
        "asks only that outputs be right, which thresholds of the readout can do with fewer ReLUs.",
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="K",
        parser=whole(0, MAX_SEED),
        help="The seed of the network. A problem has a seed of its own: seed=N in SOURCE.",
    ),
]
Jobs = Annotated[
    int,
    typer.Option("--jobs", metavar="N", parser=whole(1, 1024), help="The number of processes."),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="The address of a Dask scheduler to run on, such as tcp://host:8786.",
        show_default=False,
    ),
]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object and nothing else on standard output."),
]
