"""Writing files so that they appear whole or not at all, and showing paths in messages."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import TypeAlias

from polyseme.errors import PolysemeError

Piece: TypeAlias = bytes | memoryview

_MOST_SHOWN = 300


def shown_path(path: str | os.PathLike[str]) -> str:
    """Return a path as text, escaped and cut if it does not fit a one-line message."""
    text = os.fspath(path)
    fits = text and text.isprintable() and len(text) <= _MOST_SHOWN
    return text if fits else ascii(text)[:_MOST_SHOWN]


def one_line(error: Exception) -> str:
    """Return the message of another library's error on one line, cut if it is long."""
    return " ".join(str(error).split())[:_MOST_SHOWN]


def write_whole(path: str | os.PathLike[str], *content: Piece) -> None:
    """Write a temporary file and rename it, so that the file appears whole or not at all.

    The pieces of `content` are written one after another, without being copied together. Raises
    PolysemeError naming the file when it cannot be written.
    """
    target = Path(path)
    # The temporary name is short and does not contain the target's, which may already be as long as
    # the file system allows.
    beside = target.parent / f".polyseme.{token_hex(8)}.part"
    try:
        try:
            with beside.open("wb") as file:
                for piece in content:
                    file.write(piece)
            beside.replace(target)
        except BaseException:
            with suppress(OSError, ValueError):
                beside.unlink()
            raise
    except OSError as error:
        reason = error.strerror or error
        raise PolysemeError(f"{shown_path(path)}: cannot be written: {reason}") from None
    except ValueError as error:
        raise PolysemeError(f"{shown_path(path)}: cannot be written: {error}") from None
