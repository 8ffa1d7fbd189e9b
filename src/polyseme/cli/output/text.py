"""Text, tables and JSON on standard output; remarks on standard error."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from polyseme.cli.output.narrow import narrow_table, narrow_width
from polyseme.common.plain_text import one_line
from polyseme.errors import PolysemeWarning

# Tables in a file or pipe need not fit a window.
_WIDTH_OF_FILES = 200


def emit(text: str) -> None:
    """Write text and a line end to standard output, and hand it on at once."""
    print(text, flush=True)


def emit_json(fields: Mapping[str, Any]) -> None:
    """Write one JSON object on one line of standard output."""
    emit(json.dumps(fields, allow_nan=False))


def remark(text: str) -> None:
    """Write one line to standard error."""
    print(one_line(text), file=sys.stderr)


@contextmanager
def warnings_as_remarks() -> Iterator[None]:
    """Write what the library warns of to standard error, one line each, while this is entered."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", PolysemeWarning)
        shown = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, PolysemeWarning):
                remark(f"polyseme: {message}")
            else:
                shown(message, category, filename, lineno, file, line)

        warnings.showwarning = show
        yield


def emit_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a table with a title, one text per cell."""
    width = narrow_width() if sys.stdout.isatty() else None
    if width is not None:
        emit(narrow_table(title, columns, rows, width))
        return
    # Most commands print no table, and importing this takes a while.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    for row in rows:
        # As Text, so that brackets in a name are not taken for markup.
        table.add_row(*map(Text, row))
    console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_FILES)
    with console.capture() as captured:
        console.print(table)
    emit(captured.get().rstrip("\n"))


def rate(value: float) -> str:
    """Return an error rate in two digits."""
    return f"{value:.2g}"


def interval(ends: tuple[float, float]) -> str:
    """Return a confidence interval in words."""
    return f"{rate(ends[0])} to {rate(ends[1])}"
