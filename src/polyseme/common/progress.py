"""What a long computation tells while it runs: lines of text, or how much of it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

# Called with a line on each step.
Note: TypeAlias = Callable[[str], None]
# Called with how many of a number of things are done, and that number.
Progress: TypeAlias = Callable[[int, int], None]


def silent(line: str) -> None:
    """Take a line and do nothing: the note of one who asked for none."""
