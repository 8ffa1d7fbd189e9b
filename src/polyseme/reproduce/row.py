"""One statement beside the value that the library computes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from polyseme.common.literature import PUBLICATIONS
from polyseme.errors import OptionError

# The key of our own statements among the publications.
OURS = "polyseme"
# A statement of a publication; a statement of ours; numbers of ours fitted to a published table.
KINDS = ("published", "ours", "fit")


@dataclass(frozen=True)
class Row:
    """A value that somebody states, ours, and whether they agree.

    `locator` names the table, figure, equation, theorem or section of `source` that states the
    value; where the source itself was not read it begins with "as told". `kind` is one of `KINDS`:
    only rows of kind "published" reproduce something. `tolerance` is the distance allowed between
    the two values, in their units. `samples` is the number of random draws that ours comes from, 0
    if it is computed without any. `note` says what was compared and where the tolerance comes from.
    `explanation` is given only if the values disagree and other numbers, computed in the same run,
    show which of the two is off. Raises OptionError without a locator, or for another kind.
    """

    source: str
    locator: str
    kind: str
    statement: str
    stated: float
    ours: float
    agrees: bool
    samples: int
    tolerance: float
    note: str = ""
    explanation: str = ""

    def __post_init__(self) -> None:
        """Check the locator and the kind."""
        if not self.locator.strip():
            raise OptionError(
                f"locator {self.locator!r} of {self.statement!r} must name a place in {self.source}"
            )
        if self.kind not in KINDS:
            raise OptionError(f"kind {self.kind!r} must be one of {', '.join(KINDS)}")

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
    stated: float,
    ours: float,
    *,
    locator: str,
    tolerance: float = 0.0,
    samples: int = 0,
    note: str = "",
) -> Row:
    """Return a row that agrees if ours is within `tolerance` of the value in publication `key`."""
    value, wanted, slack = float(ours), float(stated), float(tolerance)
    return Row(
        source=PUBLICATIONS[key].short,
        locator=locator,
        kind="ours" if key == OURS else "published",
        statement=statement,
        stated=wanted,
        ours=value,
        agrees=abs(value - wanted) <= slack,
        samples=samples,
        tolerance=slack,
        note=note,
    )


def at_most(
    key: str,
    statement: str,
    stated: float,
    ours: float,
    *,
    locator: str,
    tolerance: float = 0.0,
    samples: int = 0,
    note: str = "",
) -> Row:
    """Return a row that agrees if ours is at most `tolerance` above a stated bound."""
    row = equal(
        key,
        statement,
        stated,
        ours,
        locator=locator,
        tolerance=tolerance,
        samples=samples,
        note=note,
    )
    return replace(row, agrees=row.ours <= row.stated + row.tolerance)


def at_least(
    key: str,
    statement: str,
    stated: float,
    ours: float,
    *,
    locator: str,
    tolerance: float = 0.0,
    samples: int = 0,
    note: str = "",
) -> Row:
    """Return a row that agrees if ours is at most `tolerance` below a stated bound."""
    row = equal(
        key,
        statement,
        stated,
        ours,
        locator=locator,
        tolerance=tolerance,
        samples=samples,
        note=note,
    )
    return replace(row, agrees=row.ours >= row.stated - row.tolerance)


def fitted(row: Row) -> Row:
    """Return the row as a fit: ours was chosen so as to have the published value."""
    return replace(row, kind="fit")


def explained(row: Row, why: str, evidence: bool) -> Row:
    """Return the row with an explanation, if it disagrees and `evidence` holds; else the row."""
    return replace(row, explanation=why) if evidence and not row.agrees else row
