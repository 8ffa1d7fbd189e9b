"""The leaderboard written beside the results: a table of numbers, two pages and pictures."""

from __future__ import annotations

import csv
import io
from dataclasses import fields
from pathlib import Path

from polyseme.common.files import write_whole
from polyseme.errors import MissingExtraError
from polyseme.interpret.benchmark.leaderboard.measured import Result
from polyseme.interpret.benchmark.leaderboard.pages import Picture, html, markdown
from polyseme.interpret.benchmark.leaderboard.pictures.composition import composition_svg
from polyseme.interpret.benchmark.leaderboard.pictures.recovery import recovery_svg
from polyseme.interpret.benchmark.leaderboard.sections import sections
from polyseme.interpret.benchmark.leaderboard.standings import (
    Standing,
    standings,
    standings_by_network,
)


def write_leaderboard(folder: Path, results: list[Result]) -> None:
    """Write leaderboard.csv, leaderboard.md, index.html and, with matplotlib, the pictures.

    The same results give the same bytes. Without results nothing is written. Raises PolysemeError
    if a file cannot be written.
    """
    if not results:
        return
    found, alone = standings(results), standings_by_network(results)
    tables, pictures = sections(results, found, alone), _pictures(results)
    for picture in pictures:
        _write(folder / picture.file, picture.svg)
    _write(folder / "leaderboard.csv", _csv(list(dict.fromkeys([*found, *alone]))))
    _write(folder / "leaderboard.md", markdown(tables, pictures))
    _write(folder / "index.html", html(tables, pictures))


def _pictures(results: list[Result]) -> list[Picture]:
    """Return the pictures for which there are results; none without matplotlib."""
    drawn = {
        "recovery.svg": ("What methods find against load", recovery_svg),
        "composition.svg": ("What is found: gates, inputs or units", composition_svg),
    }
    try:
        pictures = [Picture(file, title, draw(results)) for file, (title, draw) in drawn.items()]
    except MissingExtraError:
        return []
    return [picture for picture in pictures if picture.svg]


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
