"""Warnings that point at the user's own line, however deep in the library they are given."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

from polyseme.errors import PolysemeWarning

_PACKAGE = str(Path(__file__).parents[1])


def warn(message: str) -> None:
    """Give a `PolysemeWarning` that names the line which called into the library."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, PolysemeWarning, stacklevel=level)
