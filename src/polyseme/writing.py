"""Writing files so that they appear whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from polyseme.errors import PolysemeError


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file beside its place and rename it there, so that it appears whole or not at all.

    Raises PolysemeError naming the file when it cannot be written.
    """
    target = Path(path)
    # A short name of its own: the target's may already be as long as the file system allows.
    beside = target.parent / f".polyseme.{token_hex(8)}.part"
    try:
        try:
            beside.write_bytes(content)
            beside.replace(target)
        except BaseException:
            with suppress(OSError, ValueError):
                beside.unlink()
            raise
    except OSError as error:
        reason = error.strerror or error
        raise PolysemeError(f"{_shown(path)}: cannot be written: {reason}") from None
    except ValueError as error:
        raise PolysemeError(f"{_shown(path)}: cannot be written: {error}") from None


def _shown(path: str | os.PathLike[str]) -> str:
    """A path as it is, or escaped where it would break a one-line message."""
    text = os.fspath(path)
    return text if text and text.isprintable() else ascii(text)
