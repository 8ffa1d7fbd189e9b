"""Tables of facts that refer to each other: what chains tell, and what broken ones are told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from polyseme.circuits import evaluate_dense, problems, read
from polyseme.errors import OptionError, SourceError
from support.circuits import same
from support.linked import Tables, linked_tables

EXAMPLE = Path(__file__).parents[3] / "examples" / "linked"
AIRPORTS = "airport,city\nHND,Tokyo\nCDG,Paris\n"
CITIES = "city,country,zone\nTokyo,Japan,A\nParis,France,\nRome,Italy,B\n"


def written(folder: Path, *tables: str) -> str:
    paths = [folder / f"{number}.csv" for number in range(len(tables))]
    for path, table in zip(paths, tables, strict=True):
        path.write_text(table)
    return "hops:" + ",".join(map(str, paths))


def followed(tables: Tables, subject: str, chain: str) -> set[str]:
    """The facts along a chain, table by table."""
    found, at, (table, *_) = set(), subject, tables.values()
    for relation in chain.split(": "):
        at = table[at].get(relation, "")
        if not at:
            break
        found.add(f"{relation}={at}")
        table = tables.get(relation, {})
    return found


def test_a_question_tells_the_fact_of_every_hop() -> None:
    tables = linked_tables(12, 8, 3)
    tables["city"]["c0"].pop("zone")
    tables["city"]["nowhere"] = {"country": "k0", "zone": "z77"}
    circuit = problems.linked_facts(tables)
    subjects = list(tables["airport"])
    chains = list(circuit.features)[len(subjects) :]
    assert chains == [
        "city", "size", "city: country", "city: zone", "city: country: currency"
    ]  # fmt: skip
    assert "zone=z77" not in list(circuit.output_names)
    for number in range(len(subjects)):
        for chain in range(len(chains)):
            bits = np.zeros((1, len(circuit.features)), bool)
            bits[0, [number, len(subjects) + chain]] = True
            on = np.flatnonzero(evaluate_dense(circuit, bits)[0])
            told = {circuit.output_names[int(output)] for output in on}
            assert told == followed(tables, subjects[number], chains[chain])
    nothing = np.eye(len(circuit.features), dtype=bool)
    assert not evaluate_dense(circuit, nothing).any()


def test_files_say_the_same_as_mappings(tmp_path: Path) -> None:
    tables = {
        "airport": {"HND": {"city": "Tokyo"}, "CDG": {"city": "Paris"}},
        "city": {
            "Tokyo": {"country": "Japan", "zone": "A"},
            "Paris": {"country": "France", "zone": ""},
            "Rome": {"country": "Italy", "zone": "B"},
        },
    }
    made = read(written(tmp_path, AIRPORTS, CITIES))
    assert made.name == "hops:0.csv,1.csv"
    object.__setattr__(made, "name", "hops")
    assert same(made, problems.linked_facts(tables))


def test_the_example_is_read() -> None:
    names = ("airports", "cities", "countries")
    circuit = read("hops:" + ",".join(str(EXAMPLE / f"{name}.csv") for name in names))
    assert "city: country: currency" in list(circuit.features)
    assert circuit.depth == 7


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ((AIRPORTS, ""), r"1\.csv: the file is empty"),
        ((AIRPORTS, "town,country\nTokyo,Japan\n"), r"1\.csv, line 1: no chain .* key 'town'"),
        ((AIRPORTS, CITIES.replace("city", "country", 1)), r"1\.csv, line 1: no chain .*'country'"),
        ((AIRPORTS, "city,country\nTokyo,Japan\n"), r"1\.csv, line 1: city 'Paris' is no subject"),
        ((AIRPORTS, CITIES + "Paris,US,C\n"), r"1\.csv, line 5: subject 'Paris' is given twice"),
        ((AIRPORTS, "city,city\nTokyo,Paris\n"), r"1\.csv, line 1: relation 'city' is named twice"),
        ((AIRPORTS, "city,a=b\nTokyo,Paris\n"), r"line 1: relation 'a=b' must not contain '=' or"),
        ((AIRPORTS, "city,a:b\nTokyo,Paris\n"), r"line 1: relation 'a:b' must not contain '=' or"),
        ((AIRPORTS, CITIES, CITIES), r"2\.csv, line 1: a table before has the key 'city' too"),
        ((AIRPORTS, "city,zone\nTokyo,\nParis,\nRome,B\n"), r"relation 'zone' has no fact that"),
        ((AIRPORTS, "city,zone\nTokyo\n"), r"1\.csv, line 2: 1 cells where the header has 2"),
        (
            ("airport,city\ncity,Tokyo\n", CITIES),
            r"0\.csv, line 2: subject 'city' is also the name",
        ),
        (("airport\nHND\n", CITIES), r"0\.csv, line 1: no relation"),
    ],
)
def test_broken_tables_are_refused_in_one_line(
    tmp_path: Path, tables: tuple[str, ...], says: str
) -> None:
    with pytest.raises(SourceError, match=says) as refused:
        read(written(tmp_path, *tables))
    assert "\n" not in str(refused.value)


def test_what_are_no_mappings_is_refused() -> None:
    with pytest.raises(OptionError, match="must be a mapping of tables"):
        problems.linked_facts([])  # type: ignore[arg-type]
    with pytest.raises(SourceError, match="0 tables; there must be 1 to 32"):
        problems.linked_facts({})
