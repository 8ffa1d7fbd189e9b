"""The problems that several parts share, by name."""

from __future__ import annotations

from itertools import islice

import airportsdata

import polyseme as ps

RELATIONS = ("country", "subd", "city", "tz")


def read(problem: str) -> ps.Circuit:
    """Return a problem by its specification, or all airports of the demo."""
    return airports() if problem == "airports" else ps.read(problem)


def airports(most: int | None = None) -> ps.Circuit:
    """Return the facts about all airports there are, or about the first so many."""
    rows = islice(airportsdata.load("IATA").items(), most)
    return ps.problems.facts({code: {r: row[r] for r in RELATIONS if row[r]} for code, row in rows})
