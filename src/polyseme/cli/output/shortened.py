"""Long lists cut to a screen: the first rows and the worst ones."""

from __future__ import annotations

from collections.abc import Sequence

_FIRST, _WORST = 6, 6
# A list that is this much longer is not worth cutting.
_SLACK = 2


def shown_rows(badness: Sequence[float], everything: bool) -> list[int]:
    """Return the places of the rows to print, rising: all, or of many the first and the worst."""
    places = range(len(badness))
    if everything or len(places) <= _FIRST + _WORST + _SLACK:
        return list(places)
    worst = sorted(places[_FIRST:], key=lambda place: -badness[place])[:_WORST]
    return [*places[:_FIRST], *sorted(worst)]


def not_shown(rows: int, shown: int, worst: str) -> list[str]:
    """Return the line that tells of rows left out, if any were; `worst` says how rows compare."""
    if shown == rows:
        return []
    return [
        f"the first {_FIRST} and the {shown - _FIRST} {worst}; {rows - shown:,} more with --all, "
        "or --json"
    ]
