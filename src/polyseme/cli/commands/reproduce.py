"""`polyseme reproduce`: published figures, recomputed."""

from __future__ import annotations

from typing import Annotated

import typer

from polyseme.cli.options import AsJson, Seed
from polyseme.cli.output.progress import steps
from polyseme.cli.output.text import emit, emit_json, emit_table
from polyseme.common.files import write_whole
from polyseme.reproduce.catalogue import CATALOGUE
from polyseme.reproduce.report import COLUMNS, Found, cells, markdown, summary

DONE = 0
DISAGREES = 1


def _name(given: str) -> str:
    if given not in CATALOGUE:
        raise typer.BadParameter(f"{given[:40]!r} must be one of {', '.join(CATALOGUE)}")
    return given


def reproduce_command(
    only: Annotated[
        str | None,
        typer.Option(
            "--only", metavar="NAME", parser=_name, help=f"Just one of {', '.join(CATALOGUE)}."
        ),
    ] = None,
    seed: Seed = 0,
    write: Annotated[
        str | None,
        typer.Option("--write", metavar="FILE", help="Write a page of Markdown here as well."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Recompute published figures and tell whether they agree within the stated error.

    Exit status 1 if one disagrees without explanation.

    Example: polyseme reproduce --only ball-and-box
    """
    figures = [CATALOGUE[only]] if only else list(CATALOGUE.values())
    found = {}
    with steps("recomputing published figures") as note:
        for figure in figures:
            found[figure.name] = figure.rows(seed, note)
    rows = [row for some in found.values() for row in some]
    if write is not None:
        write_whole(write, markdown(found, seed).encode())
    if as_json:
        emit_json({"rows": [row.as_json() for row in rows]})
    else:
        _emit_report(found)
        emit(summary(rows))
    return DONE if all(row.explained for row in rows) else DISAGREES


def _emit_report(found: Found) -> None:
    for name, rows in found.items():
        emit_table(name, COLUMNS, [cells(row) for row in rows])
        for explanation in dict.fromkeys(row.explanation for row in rows if row.explanation):
            emit(f"disagrees: {explanation}")
