"""The airports of the examples: a table of facts as a circuit."""

from __future__ import annotations

import airportsdata

import polyseme as ps

RELATIONS = {"country": "country", "subd": "subdivision", "city": "city", "tz": "time zone"}


def read_airports() -> ps.Circuit:
    """Return the airports as a circuit: one AND of subject and relation per fact."""
    table = {
        code: {name: row[field] for field, name in RELATIONS.items() if row[field]}
        for code, row in airportsdata.load("IATA").items()
    }
    return ps.problems.facts(table)
