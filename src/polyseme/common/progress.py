"""Functions that a long computation calls while it runs, with lines of text or a count of steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

# A function called with a line about each step.
Note: TypeAlias = Callable[[str], None]
# A function called with the number of things done, and the number of all things to do.
Progress: TypeAlias = Callable[[int, int], None]


def silent(line: str) -> None:
    """Take a line and do nothing, for callers that want no notes."""
