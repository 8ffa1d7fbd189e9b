"""One published statement beside what the library computes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from polyseme.common.literature import PUBLICATIONS


@dataclass(frozen=True)
class Row:
    """A published value, ours, and whether they agree.

    `tolerance` is how far ours may be off, in the units of the value; `samples` how many random
    draws ours comes from, 0 where it is computed without any. `note` says what was compared and
    where the tolerance comes from. `explanation` is given only where the values disagree and other
    numbers, computed in the same run, show which of them is off.
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
        """Whether it agrees, or it is known why not."""
        return self.agrees or bool(self.explanation)

    def as_json(self) -> dict[str, str | float | bool]:
        """All of it, by name."""
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
    """A row that agrees when ours is within `tolerance` of what publication `key` says."""
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
    """A row that agrees when ours is no more than `tolerance` above a published bound."""
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
    """A row that agrees when ours is no more than `tolerance` below a published bound."""
    row = equal(key, statement, published, ours, tolerance=tolerance, samples=samples, note=note)
    return replace(row, agrees=row.ours >= row.published - row.tolerance)


def explained(row: Row, why: str, evidence: bool) -> Row:
    """The row with an explanation, if it disagrees and the evidence for it is there."""
    return replace(row, explanation=why) if evidence and not row.agrees else row
