"""Facts in Python: mappings, columns, triples, and frames, of pandas and polars where installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import polyseme as ps
from polyseme.circuits import Circuit, problems

COLUMNS: dict[str, list[Any]] = {
    "city": ["Lima", "Paris", "La Paz"],
    "country": ["Peru", "France", "Bolivia"],
    "founded": [1535, None, 1548],
}
TABLE = {
    "Lima": {"country": "Peru", "founded": "1535"},
    "Paris": {"country": "France", "founded": ""},
    "La Paz": {"country": "Bolivia", "founded": "1548"},
}
TRIPLES = [
    ("Bolivia", "capital", "La Paz"),
    ("Bolivia", "capital", "Sucre"),
    ("Peru", "capital", "Lima"),
]


class Column(list[Any]):
    """A column as both libraries have it."""

    def to_list(self) -> list[Any]:
        return list(self)


class Frame:
    """A frame as both libraries have it, and nothing more."""

    def __init__(self, columns: dict[str, list[Any]]):
        self._columns = columns
        self.columns = list(columns)

    def __getitem__(self, name: str) -> Column:
        return Column(self._columns[name])


def frame(library: str, columns: dict[str, list[Any]]) -> Any:
    if library == "neither":
        return Frame(columns)
    module = pytest.importorskip(library, reason=f"{library} is not installed")
    return module.DataFrame(columns)


def assert_same(one: Circuit, other: Circuit) -> None:
    assert one.features == other.features
    assert one.output_names == other.output_names
    for what in ("kinds", "fan_in", "fan_in_offsets", "outputs"):
        assert np.array_equal(getattr(one, what), getattr(other, what))


LIBRARIES = ["neither", "pandas", "polars"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_frame_tells_what_its_table_does(library: str) -> None:
    assert_same(problems.facts(frame(library, COLUMNS)), problems.facts(TABLE))


def test_columns_by_name_tell_what_their_table_does() -> None:
    assert_same(problems.facts(COLUMNS), problems.facts(TABLE))
    arrays = {name: np.array(column, object) for name, column in COLUMNS.items()}
    assert_same(problems.facts(arrays), problems.facts(TABLE))


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_frame_of_triples(library: str) -> None:
    names = ("subject", "relation", "object")
    columns = {name: [triple[place] for triple in TRIPLES] for place, name in enumerate(names)}
    circuit = problems.facts(frame(library, columns))
    assert_same(circuit, problems.facts(TRIPLES))
    assert list(circuit.output_names) == ["capital=La Paz", "capital=Sucre", "capital=Lima"]


@pytest.mark.parametrize("library", ["neither", "polars"])
def test_a_cell_may_hold_several_objects(library: str) -> None:
    made = frame(
        library, {"country": ["Bolivia", "Peru"], "capital": [["La Paz", "Sucre"], ["Lima"]]}
    )
    assert_same(problems.facts(made), problems.facts(TRIPLES))


def test_an_index_of_pandas_that_is_text_or_named_has_the_subjects() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    whole = pandas.DataFrame(COLUMNS)
    assert_same(problems.facts(whole.set_index("city")), problems.facts(TABLE))
    unnamed = whole.set_index("city").rename_axis(None)
    assert_same(problems.facts(unnamed), problems.facts(TABLE))
    # A frame that was cut has an index of numbers, which are no subjects.
    assert_same(
        problems.facts(whole[whole.city != "Paris"]),
        problems.facts({city: row for city, row in TABLE.items() if city != "Paris"}),
    )


def test_what_stands_for_nothing_in_pandas_is_no_fact() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    made = pandas.DataFrame(
        {"s": ["a", "b", "c"], "r": [pandas.NA, "x", None], "t": [pandas.NaT, float("nan"), 2.0]}
    )
    assert list(problems.facts(made).output_names) == ["r=x", "t=2"]


def test_truth_tables_are_read_from_frames() -> None:
    columns = {"a": [0, 0, 1, 1], "b": [0, 1, 0, 1], "y": [False, True, True, False]}
    assert ps.truth_table(Frame(columns), ["a", "b"], ["y"]).gates == 1


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_truth_tables_are_read_from_frames_of(library: str) -> None:
    columns = {"a": [0, 0, 1, 1], "b": [0, 1, 0, 1], "y": [False, True, True, False]}
    assert ps.truth_table(frame(library, columns), ["a", "b"], ["y"]).gates == 1


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (3, "table is 3; it must be a mapping of subjects, a mapping of columns, a frame"),
        ("city", "table is 'city'; it must be"),
        ({"a": 3}, "table['a'] is 3; it must be a mapping of relations to objects"),
        ([3], "table[0] is 3; it must be (subject, relation, object)"),
        ([("a", "b")], "table[0] is ('a', 'b'); it must be (subject, relation, object)"),
        ([("a", "b", None)], "facts, row 0: empty object"),
        ([("a", "b", "c"), ("a", "b", "c")], "facts, row 1: fact 'a', 'b', 'c' is given twice"),
        ([(["a", "b"], "r", "c")], "facts, row 0: 'subject' is a list; it must be one text"),
        ([("a", "b", {"c": 1})], "facts, row 0: object {'c': 1} must be text, a number or a list"),
        ([], "facts: no fact"),
        ({"s": ["a"], "r": ["b", "c"]}, "facts: columns of 1 and of 2 cells"),
        ({"s": ["a"], 3: ["b"]}, "facts: column 3 must be named by text"),
        ({"s": ["a", "a"], "r": ["b", "c"]}, "facts, row 1: subject 'a' is given twice"),
        ({"s": ["a", None], "r": ["b", "c"]}, "facts, row 1: empty subject"),
        ({"s": ["a"]}, "facts: no relation"),
        ({"a": {"r": ["b", "b"]}}, "facts of 'a': object 'b' of 'r' is given twice"),
        ({"a": {"r": ["b", None]}}, "facts of 'a': object None must be text"),
    ],
)
def test_a_broken_table_is_told_place_and_rule(table: Any, message: str) -> None:
    with pytest.raises(ps.PolysemeError) as caught:
        problems.facts(table)
    assert str(caught.value).startswith(message)
    assert len(str(caught.value).splitlines()) == 1
