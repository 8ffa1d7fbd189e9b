"""`polyseme constructions`: print the constructions there are, and the theorem of each."""

from __future__ import annotations

from typing import Annotated

import typer

from polyseme.cli.options import AsJson
from polyseme.cli.output.text import emit, emit_json, emit_table
from polyseme.compiler.constructions.listing import ConstructionRecord, constructions


def constructions_command(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Print everything about this construction.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """List the constructions that `compile --construction` takes, or print the theorem of one.

    Example: polyseme constructions universal-and
    """
    chosen = constructions(name)
    if as_json:
        emit_json({"constructions": [record.as_json() for record in chosen]})
    elif name is None:
        emit_table(
            "constructions; polyseme constructions NAME prints the theorem",
            ("name", "computes", "inputs", "neurons", "error"),
            [(one.name, one.problem, one.inputs, one.neurons, one.error) for one in chosen],
        )
    else:
        emit("\n".join(_sentences(chosen[0])))
    return 0


def _sentences(record: ConstructionRecord) -> list[str]:
    return [
        f"{record.name}: computes {record.problem}",
        f"neurons      {record.neurons}",
        f"grows as     gates^{record.exponent:.3g}, logarithms aside",
        f"error        {record.error}",
        f"inputs       {record.inputs}",
        *(f"assumes      {assumption}" for assumption in record.assumptions),
        *(f"source       {source.short}, {source.title}" for source in record.sources),
    ]
