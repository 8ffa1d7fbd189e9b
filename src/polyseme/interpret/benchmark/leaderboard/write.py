"""The leaderboard written beside the results: a table of numbers, two pages and a picture."""

from __future__ import annotations

import csv
import io
from dataclasses import fields
from pathlib import Path

from polyseme.common.files import write_whole
from polyseme.errors import MissingExtraError
from polyseme.interpret.benchmark.leaderboard.measured import Result
from polyseme.interpret.benchmark.leaderboard.pages import html, markdown
from polyseme.interpret.benchmark.leaderboard.picture import recovery_svg
from polyseme.interpret.benchmark.leaderboard.sections import sections
from polyseme.interpret.benchmark.leaderboard.standings import Standing, standings


def write_leaderboard(folder: Path, results: list[Result]) -> None:
    """Write leaderboard.csv, leaderboard.md, index.html and, with matplotlib, recovery.svg.

    The same results give the same bytes. Without results nothing is written. Raises PolysemeError
    if a file cannot be written.
    """
    if not results:
        return
    try:
        picture = recovery_svg(results)
    except MissingExtraError:
        picture = ""
    found = standings(results)
    tables = sections(results, found)
    if picture:
        _write(folder / "recovery.svg", picture)
    _write(folder / "leaderboard.csv", _csv(found))
    _write(folder / "leaderboard.md", markdown(tables, bool(picture)))
    _write(folder / "index.html", html(tables, picture))


def _csv(found: list[Standing]) -> str:
    names = [one.name for one in fields(Standing)]
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(names)
    for one in found:
        rows.writerow(_cell(getattr(one, name)) for name in names)
    return written.getvalue()


def _cell(value: object) -> object:
    return f"{value:.6f}" if isinstance(value, float) else value


def _write(path: Path, content: str) -> None:
    write_whole(path, content.encode())
