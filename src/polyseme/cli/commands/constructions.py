"""`polyseme constructions`: the recipes there are, and the theorem of each."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from polyseme.cli.options import AsJson
from polyseme.cli.output.text import emit, emit_json, emit_table
from polyseme.common.literature import PUBLICATIONS
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.construction import Construction
from polyseme.errors import PolysemeError


def constructions_command(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Tell everything about this one.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """List the constructions that `compile --construction` takes, or tell the theorem of one.

    Example: polyseme constructions universal-and
    """
    if name is not None and name not in CATALOGUE:
        raise PolysemeError(f"no construction named {name!r}; there are {', '.join(CATALOGUE)}")
    chosen = list(CATALOGUE.values()) if name is None else [CATALOGUE[name]]
    if as_json:
        emit_json({"constructions": [_fields(construction) for construction in chosen]})
    elif name is None:
        emit_table(
            "constructions; polyseme constructions NAME tells the theorem",
            ("name", "computes", "inputs", "neurons", "error"),
            [(one.name, one.problem, one.inputs, one.law, one.error) for one in chosen],
        )
    else:
        emit("\n".join(_sentences(chosen[0])))
    return 0


def _fields(construction: Construction[Any]) -> dict[str, Any]:
    return {
        "name": construction.name,
        "problem": construction.problem,
        "inputs": construction.inputs,
        "neurons": construction.law,
        "exponent": construction.exponent,
        "error": construction.error,
        "assumptions": list(construction.assumptions),
        "sources": [PUBLICATIONS[key].short for key in construction.sources],
    }


def _sentences(construction: Construction[Any]) -> list[str]:
    return [
        f"{construction.name}: computes {construction.problem}",
        f"neurons      {construction.law}",
        f"grows as     gates^{construction.exponent:.3g}, logarithms aside",
        f"error        {construction.error}",
        f"inputs       {construction.inputs}",
        *(f"assumes      {assumption}" for assumption in construction.assumptions),
        *(
            f"source       {PUBLICATIONS[key].short}, {PUBLICATIONS[key].title}"
            for key in construction.sources
        ),
    ]
