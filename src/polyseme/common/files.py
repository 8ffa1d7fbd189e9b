"""Writing files so that they appear whole or not at all, and what messages show of files."""

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
    """Return a path as it is, or escaped and cut where it would break a one-line message."""
    text = os.fspath(path)
    fits = text and text.isprintable() and len(text) <= _MOST_SHOWN
    return text if fits else ascii(text)[:_MOST_SHOWN]


def one_line(error: Exception) -> str:
    """Return what another library's error says, on one line and cut to the length of one."""
    return " ".join(str(error).split())[:_MOST_SHOWN]


def write_whole(path: str | os.PathLike[str], *content: Piece) -> None:
    """Write a file beside its place and rename it there, so that it appears whole or not at all.

    The pieces of `content` follow each other; large ones are written from where they lie.

    Raises PolysemeError naming the file when it cannot be written.
    """
    target = Path(path)
    # A short name of its own: the target's may already be as long as the file system allows.
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
