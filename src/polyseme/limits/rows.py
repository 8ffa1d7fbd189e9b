"""One line of the table of bounds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from polyseme.common.literature import PUBLICATIONS


@dataclass(frozen=True)
class Row:
    """A number of neurons, under what name, and where it comes from.

    `parameters` is how many numbers they store, where that is known, and `inputs` how a
    construction takes its features. What is `indicative` rests on a count of descriptions, and so
    bounds no network.
    """

    name: str
    neurons: int
    source: str
    parameters: int | None = None
    inputs: str = ""
    indicative: bool = False


def cited(*keys: str) -> str:
    """The short names of publications."""
    return "; ".join(PUBLICATIONS[key].short for key in keys)


def plain(rows: tuple[Row, ...]) -> list[dict[str, Any]]:
    """Rows as dictionaries."""
    return [asdict(row) for row in rows]
