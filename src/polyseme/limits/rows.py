"""One line of the table of bounds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from polyseme.common.literature import PUBLICATIONS


@dataclass(frozen=True)
class Row:
    """A number of neurons or dimensions, with its name and its source.

    `parameters` is the number of stored parameters where it is known, and `inputs` the way in which
    a construction receives its features. An `indicative` row rests on a count of descriptions, and
    so bounds no network.
    """

    name: str
    neurons: int
    source: str
    parameters: int | None = None
    inputs: str = ""
    indicative: bool = False


def cited(*keys: str) -> str:
    """Return the short names of publications, joined."""
    return "; ".join(PUBLICATIONS[key].short for key in keys)


def plain(rows: tuple[Row, ...]) -> list[dict[str, Any]]:
    """Return rows as dictionaries."""
    return [asdict(row) for row in rows]
