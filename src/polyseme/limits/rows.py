"""One line of the table of bounds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from polyseme.common.literature import PUBLICATIONS

# Kinds of rows, in the words of the table.
AT_LEAST = "at least"
DESCRIPTIONS = "as circuits go"
FLOOR = "floor"
GUESS = "heuristic floor"
RULE = "storage rule"
HOLDING = "to hold the features"
DECLARED = "declared"
COMPILED = "compiled"


@dataclass(frozen=True)
class Row:
    """A number of neurons or dimensions, with its name and its source.

    `kind` says what the number claims: "at least", a lower bound, by counting; "as circuits go", a
    count of descriptions, which bounds no network; "floor", which rests on assumptions that
    the name or source states; "heuristic floor", which nobody has proven; "storage rule", the limit
    of one way of learning weights; "to hold the features", with nothing computed; "declared" by a
    construction; "compiled". `bits` are those that were counted, `parameters` the stored parameters
    where they are known, and `inputs` is the way in which a construction receives its features.
    """

    name: str
    neurons: int
    source: str
    parameters: int | None = None
    inputs: str = ""
    kind: str = ""
    bits: float | None = None


def cited(*keys: str) -> str:
    """Return the short names of publications, joined."""
    return "; ".join(PUBLICATIONS[key].short for key in keys)


def plain(rows: tuple[Row, ...]) -> list[dict[str, Any]]:
    """Return rows as dictionaries."""
    return [asdict(row) for row in rows]
