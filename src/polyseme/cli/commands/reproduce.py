"""`polyseme reproduce`: recompute published figures."""

from __future__ import annotations

from typing import Annotated

import typer

from polyseme.circuits.problems import MAX_SEED
from polyseme.cli.options import AsJson, whole
from polyseme.cli.output.text import emit, emit_json, emit_table, remark
from polyseme.cli.output_files import checked_output, is_standard_output
from polyseme.common.files import write_whole
from polyseme.common.suggestions import did_you_mean
from polyseme.reproduce.catalogue import CATALOGUE
from polyseme.reproduce.report import COLUMNS, Found, cells, summary
from polyseme.reproduce.reproduction import reproduce_figures

DONE = 0
DISAGREES = 1


def _name(given: str) -> str:
    if given not in CATALOGUE:
        raise typer.BadParameter(
            f"{given[:40]!r} must be one of {', '.join(CATALOGUE)}{did_you_mean(given, CATALOGUE)}"
        )
    return given


def reproduce_command(
    only: Annotated[
        str | None,
        typer.Option(
            "--only", metavar="NAME", parser=_name, help=f"Only one of {', '.join(CATALOGUE)}."
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            "--seed",
            metavar="K",
            parser=whole(0, MAX_SEED),
            help="The seed of everything drawn: problems, networks and samples.",
        ),
    ] = 0,
    write: Annotated[
        str | None,
        typer.Option(
            "--write",
            metavar="FILE",
            help="Also write a page of Markdown to this file; - prints the page alone.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Recompute published figures and print whether ours agree within the stated tolerance.

    Example: polyseme reproduce --only ball-and-box

    Exit status 1 says that one disagrees without explanation.
    """
    # Checked before minutes of work.
    page = None if write is None else checked_output(write, (), as_json)
    reproduction = reproduce_figures(only, seed=seed, progress=True)
    if page is not None:
        write_whole(page, reproduction.markdown().encode())
    if page is not None and is_standard_output(page):
        remark(summary(reproduction.rows))
    elif as_json:
        emit_json({"rows": [row.as_json() for row in reproduction.rows]})
    else:
        _emit_report(reproduction.found)
        emit(summary(reproduction.rows))
    return DONE if reproduction.explained else DISAGREES


def _emit_report(found: Found) -> None:
    for name, rows in found.items():
        emit_table(name, COLUMNS, [cells(row) for row in rows])
        for explanation in dict.fromkeys(row.explanation for row in rows if row.explanation):
            emit(f"disagrees: {explanation}")
