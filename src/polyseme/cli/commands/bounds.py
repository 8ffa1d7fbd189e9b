"""`polyseme bounds`: print how small a network for a circuit could be."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from polyseme.circuits.problems import MAX_SIZE
from polyseme.circuits.sources import read
from polyseme.cli.options import DEFAULT_ERROR, Active, AsJson, Error, Unsigned, whole
from polyseme.cli.output.bounds_report import emit_bounds, emit_width_bounds
from polyseme.cli.output.text import emit_json
from polyseme.common.plain_text import one_line
from polyseme.common.progress import phase
from polyseme.common.progress_shown import watched
from polyseme.errors import OptionError
from polyseme.limits.lower import FEWEST_BITS, MOST_BITS
from polyseme.limits.table import bounds
from polyseme.limits.width import bounds_of_width
from polyseme.networks.saving.files import load


def _bits(given: str | float) -> float:
    """Parse a number of bits, between those that are asked about."""
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not FEWEST_BITS < value < MOST_BITS:
        raise typer.BadParameter(
            f"{str(given)[:40]!r} must be a number of more than {FEWEST_BITS:g} and less than "
            f"{MOST_BITS:g}"
        )
    return value


def bounds_command(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]",
            help="What the other commands take as SOURCE: a file, example:NAME, expressions, or a "
            "problem such as and2:features=2000,gates=2000. Without it, --width.",
            show_default=False,
        ),
    ] = None,
    active: Active = None,
    error: Error = DEFAULT_ERROR,
    bits: Annotated[
        float | None,
        typer.Option(
            "--bits",
            metavar="B",
            parser=_bits,
            help="Also print the bounds at B bits per weight.",
            show_default=False,
        ),
    ] = None,
    network: Annotated[
        str | None,
        typer.Option(
            "--network",
            metavar="NET",
            help="Also print the bounds at the bits that the weights of this network hold.",
            show_default=False,
        ),
    ] = None,
    measure: Annotated[
        bool,
        typer.Option("--measure", help="Also compile SOURCE with network seed 0; print the size."),
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Print all bounds, with their sources.")
    ] = False,
    width: Annotated[
        int | None,
        typer.Option(
            "--width",
            metavar="N",
            parser=whole(1, MAX_SIZE),
            help="Instead of SOURCE: print how many features N neurons could compute.",
            show_default=False,
        ),
    ] = None,
    layers: Annotated[
        int | None,
        typer.Option(
            "--layers",
            metavar="L",
            parser=whole(1, MAX_SIZE),
            help="With --width: the number of hidden layers; 1 by default.",
            show_default=False,
        ),
    ] = None,
    unsigned: Unsigned = False,
    as_json: AsJson = False,
) -> int:
    """Print how few neurons a network for SOURCE needs, and how many each construction takes.

    With --width and no SOURCE, print how many features networks of that width could compute, and
    how many the constructions reach.

    Example: polyseme bounds permutation:features=5000
    Example: polyseme bounds and2:features=2000,gates=2000 --bits 4 --measure
    Example: polyseme bounds --width 1300 --layers 2 --active 3 --bits 4
    """
    if width is not None:
        _refuse_with_width(source, network, measure, everything)
        turned = bounds_of_width(
            width,
            layers=layers or 1,
            active=active or 3,
            error=error,
            bits=bits or 1.0,
            progress=True,
        )
        if as_json:
            emit_json(turned.as_json())
        else:
            emit_width_bounds(turned)
        return 0
    if source is None:
        raise OptionError("bounds takes a SOURCE, or --width N without one")
    if layers is not None:
        raise OptionError("--layers is for --width; a SOURCE has the layers that it takes")
    with watched(True):
        with phase(f"reading {source}"):
            circuit = read(source)
            given = None if network is None else load(network, key=False, unsigned=unsigned)
        possible = bounds(
            circuit,
            active=active,
            error=error,
            bits=bits,
            network=given,
            measure=measure,
        )
    if as_json:
        emit_json(possible.as_json())
    else:
        emit_bounds(possible, None if network is None else one_line(network), everything)
    return 0


def _refuse_with_width(
    source: str | None, network: str | None, measure: bool, everything: bool
) -> None:
    """Raise OptionError if an option that asks about a circuit is given beside --width."""
    given = {"SOURCE": source, "--network": network, "--measure": measure, "--all": everything}
    for name, value in given.items():
        if value:
            raise OptionError(f"{name} is about a circuit and --width about none; give one of them")
