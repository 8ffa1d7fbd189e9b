"""Help and tables for a window too narrow for columns side by side: one below another."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any

# Below this many columns, boxes and columns side by side hold too few letters to be read.
_NARROW = 50
# Words of this many letters and an indentation have room; a narrower window breaks lines itself.
_LEAST = 20


def narrow_width() -> int | None:
    """Return the columns of a narrow window; None of one with room for columns side by side."""
    width = shutil.get_terminal_size().columns
    return max(width, _LEAST) if width < _NARROW else None


def forget_odd_width() -> None:
    """Forget a width in the environment that is no number, which the library of the help takes."""
    if not os.environ.get("TERMINAL_WIDTH", "80").isdecimal():
        del os.environ["TERMINAL_WIDTH"]


def narrow_help(command: Any, context: Any, width: int) -> str:
    """Return the help of a command in lines of so many columns."""
    lines = [*_wrapped(context.get_usage(), width), ""]
    for line in (command.help or "").splitlines():
        lines += _wrapped(line, width) or [""]
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record:
            called, text = record
            lines += _entry(called, text, width)
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        lines += _entry(name, command.get_command(context, name).help, width)
    return "\n".join(lines)


def narrow_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], width: int
) -> str:
    """Return a table as a paragraph per row, a line per cell, in lines of so many columns."""
    lines = _wrapped(title, width)
    for row in rows:
        lines.append("")
        for column, cell in zip(columns, row, strict=True):
            lines += _wrapped(f"{column}: {cell}" if column else cell, width, "  ")
    return "\n".join(lines)


def _entry(name: str, text: str, width: int) -> Iterator[str]:
    yield ""
    yield from _wrapped(name, width)
    yield from ("  " + line for line in _wrapped(text, width - 2))


def _wrapped(text: str, width: int, indentation: str = "") -> list[str]:
    # In the text of help a bracket is escaped, as the library takes it for markup.
    return wrap(text.replace("\\[", "["), width, subsequent_indent=indentation)
