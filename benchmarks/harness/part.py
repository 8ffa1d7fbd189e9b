"""One part of the benchmark: it measures, and its page is made from what was measured.

A part returns plain numbers. Its page and picture are made from the results there are, so one part
can be run again by itself, and all pages can be written again without measuring anything.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

Row = dict[str, Any]
# The row of every part that was measured, by the part's name.
Results = dict[str, Row]
Tell = Callable[[str], None]


class Size(StrEnum):
    """The amount that is measured."""

    QUICK = "quick"
    FULL = "full"
    LONG = "long"


class Unavailable(Exception):
    """Something that a part needs is not on this machine."""


class Part(ABC):
    """One benchmark with a result file and a page of its own.

    `name` is the part on the command line, of its result file, its page and its picture; `title` is
    the heading of the page; `measures` says in one line what is measured.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    measures: ClassVar[str]

    @abstractmethod
    def measure(self, size: Size, tell: Tell) -> Row:
        """Measure, and return plain JSON; `tell` reports progress.

        Raises Unavailable where something it needs is not there.
        """

    @abstractmethod
    def section(self, results: Results) -> list[str]:
        """Return the page below its heading as lines of Markdown."""

    @abstractmethod
    def finding(self, results: Results) -> str:
        """Return the one number for the index, in a few words."""

    def draw(self, results: Results, folder: Path) -> None:  # noqa: B027
        """Draw the pictures of the page into a folder; most parts have none."""
