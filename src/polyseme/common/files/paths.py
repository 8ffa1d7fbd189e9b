"""Paths and errors of files as messages show them: on one line, of a length to be read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from polyseme.errors import PolysemeError

_MOST_SHOWN = 300


def shown_path(path: str | os.PathLike[str]) -> str:
    """Return a path as text, escaped and cut if it does not fit a one-line message."""
    text = os.fspath(path)
    fits = text and text.isprintable() and len(text) <= _MOST_SHOWN
    return text if fits else ascii(text)[:_MOST_SHOWN]


def one_line(error: Exception) -> str:
    """Return the message of another library's error on one line, cut if it is long."""
    return " ".join(str(error).split())[:_MOST_SHOWN]


def reason_of(error: OSError | ValueError) -> str:
    """Return why a file cannot be opened, read or written, in the words of the system."""
    if isinstance(error, FileNotFoundError) and not error.strerror:
        return "no such file"
    return (error.strerror if isinstance(error, OSError) else None) or one_line(error)


@contextmanager
def told_of_writing(path: str | os.PathLike[str]) -> Iterator[None]:
    """Make an error of the system one line that names the file which cannot be written.

    Raises PolysemeError.
    """
    try:
        yield
    except (OSError, ValueError) as error:
        raise PolysemeError(f"{shown_path(path)}: cannot be written: {reason_of(error)}") from None
