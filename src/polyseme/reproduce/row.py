"""One published statement beside the value that the library computes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from polyseme.common.literature import PUBLICATIONS


@dataclass(frozen=True)
class Row:
    """A published value, ours, and whether they agree.

    `tolerance` is the distance allowed between the two, in the units of the value. `samples` is the
    number of random draws that ours comes from, 0 if it is computed without any. `note` says what
    was compared and where the tolerance comes from. `explanation` is given only if the values
    disagree and other numbers, computed in the same run, show which of the two is off.
    """

    source: str
    statement: str
    published: float
    ours: float
    agrees: bool
    samples: int
    tolerance: float
    note: str = ""
    explanation: str = ""

    @property
    def explained(self) -> bool:
        """True if the row agrees or has an explanation."""
        return self.agrees or bool(self.explanation)

    def as_json(self) -> dict[str, str | float | bool]:
        """Return all fields by name, and `explained`."""
        return {**asdict(self), "explained": self.explained}


def equal(
    key: str,
    statement: str,
    published: float,
    ours: float,
    *,
    tolerance: float = 0.0,
    samples: int = 0,
    note: str = "",
) -> Row:
    """Return a row that agrees if ours is within `tolerance` of the value in publication `key`."""
    value, wanted, slack = float(ours), float(published), float(tolerance)
    agrees = abs(value - wanted) <= slack
    return Row(PUBLICATIONS[key].short, statement, wanted, value, agrees, samples, slack, note)


def at_most(
    key: str,
    statement: str,
    published: float,
    ours: float,
    *,
    tolerance: float = 0.0,
    samples: int = 0,
    note: str = "",
) -> Row:
    """Return a row that agrees if ours is at most `tolerance` above a published bound."""
    row = equal(key, statement, published, ours, tolerance=tolerance, samples=samples, note=note)
    return replace(row, agrees=row.ours <= row.published + row.tolerance)


def at_least(
    key: str,
    statement: str,
    published: float,
    ours: float,
    *,
    tolerance: float = 0.0,
    samples: int = 0,
    note: str = "",
) -> Row:
    """Return a row that agrees if ours is at most `tolerance` below a published bound."""
    row = equal(key, statement, published, ours, tolerance=tolerance, samples=samples, note=note)
    return replace(row, agrees=row.ours >= row.published - row.tolerance)


def explained(row: Row, why: str, evidence: bool) -> Row:
    """Return the row with an explanation, if it disagrees and `evidence` holds; else the row."""
    return replace(row, explanation=why) if evidence and not row.agrees else row
