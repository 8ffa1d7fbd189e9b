"""Tables of facts that refer to each other, drawn at random."""

from __future__ import annotations

import numpy as np

from polyseme.circuits import Circuit, problems

Tables = dict[str, dict[str, dict[str, str]]]


def linked_tables(
    subjects: int = 400, cities: int = 300, countries: int = 12, seed: int = 0
) -> Tables:
    """Airports in cities in countries with currencies; every city and country occurs."""
    generator = np.random.default_rng(seed)

    def drawn(count: int, among: int) -> list[int]:
        fixed = list(range(min(count, among)))
        return fixed + generator.integers(among, size=count - len(fixed)).tolist()

    city, country = drawn(subjects, cities), drawn(cities, countries)
    return {
        "airport": {f"a{n}": {"city": f"c{at}", "size": f"s{n % 3}"} for n, at in enumerate(city)},
        "city": {
            f"c{n}": {"country": f"k{at}", "zone": f"z{n % 20}"} for n, at in enumerate(country)
        },
        "country": {f"k{n}": {"currency": f"m{n % 5}"} for n in range(countries)},
    }


def linked(subjects: int = 400, cities: int = 300, countries: int = 12) -> Circuit:
    return problems.linked_facts(linked_tables(subjects, cities, countries))
