"""The problems that several parts share, by name."""

from __future__ import annotations

from itertools import islice

import airportsdata

import polyseme as ps

RELATIONS = ("country", "subd", "city", "tz")
# The names of problems that are not read from a specification.
AIRPORTS, COUNTRIES = "airports", "airports, countries"


def read(problem: str) -> ps.Circuit:
    """Return a problem by its specification, or facts about all airports of the demo."""
    if problem == COUNTRIES:
        return airports(relations=RELATIONS[:1])
    return airports() if problem == AIRPORTS else ps.read(problem)


def airports(most: int | None = None, relations: tuple[str, ...] = RELATIONS) -> ps.Circuit:
    """Return the facts about all airports there are, or about the first so many."""
    rows = islice(airportsdata.load("IATA").items(), most)
    return ps.problems.facts({code: {r: row[r] for r in relations if row[r]} for code, row in rows})
