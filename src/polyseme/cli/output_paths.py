"""Checks of an output file before work begins."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from polyseme.errors import PolysemeError


def check_output(path: str, inputs: Iterable[str | Path]) -> None:
    """Raise PolysemeError unless a file can be written at `path` and is none of the `inputs`.

    An input that is no file, such as a problem, is skipped.
    """
    target = Path(path)
    # The root and "." have no name; ".." and a name before a slash can only be a directory's.
    if target.name in ("", "..") or path.endswith(("/", os.sep)):
        raise PolysemeError(f"{path!r}: is not the name of a file to write")
    try:
        _check_writable(target)
    except OSError as error:
        raise PolysemeError(f"{path}: cannot be written: {error.strerror}") from None
    for given in inputs:
        if target.exists() and os.path.exists(given) and target.samefile(given):  # noqa: PTH110
            raise PolysemeError(f"{path}: is an input and would be overwritten; name another file")


def _check_writable(target: Path) -> None:
    if not target.parent.is_dir():
        raise PolysemeError(f"{target}: cannot be written: there is no directory {target.parent}")
    if target.is_dir():
        raise PolysemeError(f"{target}: cannot be written: it is a directory")
    # Permissions do not tell of a file system mounted read-only, so a file is written.
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".polyseme."):
        pass
