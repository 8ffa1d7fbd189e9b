"""Circuits in JSON: what is written by hand, there and back, and broken files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import Circuit, GateKind, Names, build_circuit, problems, read, write_json
from polyseme.circuits.readers.json_circuit import read_json
from polyseme.errors import PolysemeError, SourceError
from support.circuits import circuits, same


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to write over, shared so that hypothesis may use it."""
    return tmp_path_factory.mktemp("json") / "file.json"


def small() -> dict[str, Any]:
    return {
        "format": "polyseme-circuit",
        "version": 1,
        "features": ["a", "b"],
        "gates": [["and", 0, 1], ["xor", 2, "a"]],
        "outputs": [{"name": "p", "wire": 3}, {"name": "q", "wire": "b", "inverted": True}],
    }


def read_written(path: Path, data: object) -> Circuit:
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return read_json(path)


@given(circuits())
@settings(max_examples=80, deadline=None)
def test_a_circuit_comes_back_exactly(path: Path, circuit: Circuit) -> None:
    write_json(circuit, path)
    assert same(read_json(path), circuit)


def test_numbered_and_strange_names_come_back(path: Path) -> None:
    circuit = problems.pairwise_and(features=50, gates=40, seed=0)
    write_json(circuit, path)
    assert path.stat().st_size < 4000
    assert same(read_json(path), circuit)
    strange = build_circuit(
        ['"', "\\", "é ü"], [], [2, -1], ["\U0001f600", "'"], '"', [False, True]
    )
    write_json(strange, path)
    assert same(read_json(path), strange)


def test_a_circuit_written_by_hand(path: Path) -> None:
    by_hand = {
        **small(),
        "name": "half adder",
        "gates": {"carry": ["and", "a", "b"], "sum": ["xor", "a", 1]},
        "outputs": [
            {"name": "carry", "wire": "carry"},
            {"name": "same", "wire": "sum", "inverted": True},
            {"name": "one", "wire": None, "inverted": True},
        ],
    }
    gates = [(GateKind.AND, [0, 1]), (GateKind.XOR, [0, 1])]
    outputs = ([2, 3, -1], ["carry", "same", "one"], "half adder", [False, True, True])
    assert same(read_written(path, by_hand), build_circuit(["a", "b"], gates, *outputs))
    assert read_written(path, small()).name == "file.json"
    assert read(path).name == "file.json"


def test_sources_normalise(path: Path) -> None:
    gates = [["identity", "a"], ["and", "a", "b"], ["and", "b", "a"], ["or", 3, 4]]
    circuit = read_written(path, {**small(), "gates": gates, "outputs": [{"name": "p", "wire": 5}]})
    assert circuit.gates == 4
    assert same(
        read(path), build_circuit(["a", "b"], [(GateKind.AND, [0, 1])], [2], ["p"], "file.json")
    )


NESTED = "[" * 100_000
BROKEN: list[tuple[object, str]] = [
    ("", "is not well-formed JSON: Expecting value in line 1, column 1"),
    ('{"format": "polyseme-circuit",\n}', "is not well-formed JSON"),
    ([], "the file must be an object, not a list"),
    (NESTED, "is nested too deeply"),
    ('{"gates":' * 100_000, "is nested too deeply"),
    ('{"version": NaN}', "NaN is not JSON"),
    ('{"version": -Infinity}', "-Infinity is not JSON"),
    ('{"version": ' + "9" * 5000 + "}", "holds a number of too many digits"),
    ('{"format": "a", "format": "b"}', "key 'format' is given twice in one object"),
    ({**small(), "extra": 1}, "the file has key 'extra'; the keys are format, version"),
    ({**small(), "format": "other"}, "'format' must be 'polyseme-circuit', not 'other'"),
    ({**small(), "version": 2}, "is of version 2; this polyseme reads 1"),
    ({**small(), "version": True}, "is of version True"),
    ({**small(), "name": 3}, "'name' must be text, not 3"),
    ({**small(), "name": "a\nb"}, "circuit name 'a\\nb' must be 1 to 1000"),
    ({**small(), "features": 3}, "'features' must be a list or a prefix and a count, not 3"),
    ({**small(), "features": [], "gates": []}, "output 1 reads 'b', which is not defined"),
    (
        {**small(), "features": [], "gates": [], "outputs": [{"name": "p", "wire": None}]},
        "a circuit needs at least one feature",
    ),
    ({**small(), "features": ["a", 3]}, "a feature must be text, not 3 as at position 1"),
    ({**small(), "features": ["a", "a"]}, "name 'a' is used twice"),
    ({**small(), "features": {"prefix": "x", "count": 10**9}}, "'count' must be a whole number"),
    ({**small(), "features": {"prefix": "x", "count": -1}}, "'count' must be a whole number"),
    ({**small(), "features": {"prefix": "x", "count": 1.5}}, "'count' must be a whole number"),
    ({**small(), "features": {"prefix": 1, "count": 5}}, "'prefix' must be text, not 1"),
    ({**small(), "features": {"prefix": "x", "size": 5}}, "'features' has key 'size'"),
    ({**small(), "gates": "and"}, "'gates' must be a list or an object, not 'and'"),
    ({**small(), "gates": [5]}, "gate 0 is 5; it must be a list of a kind"),
    ({**small(), "gates": [[]]}, "gate 0 is a list; it must be a list of a kind"),
    ({**small(), "gates": [["nand", 0, 1]]}, "gate 0 is ['nand', ...]; it must be"),
    ({**small(), "gates": [[["and"], 0, 1]]}, "gate 0 is a list; it must be"),
    ({**small(), "gates": [["and", 0, 1], ["or"]]}, "gate 1 reads nothing"),
    ({**small(), "gates": [["and", 0, "x9"]]}, "gate 0 reads 'x9', which is not defined"),
    ({**small(), "gates": [["and", 0, 1.0]]}, "gate 0 reads 1.0; a wire is a number, or the name"),
    ({**small(), "gates": [["and", 0, True]]}, "gate 0 reads True; a wire is"),
    ({**small(), "gates": [["and", 0, None]]}, "gate 0 reads None; a wire is"),
    ({**small(), "gates": [["and", 0, 2**40]]}, "gate 0 reads 1099511627776; a wire is"),
    (
        {**small(), "gates": [["and", 0, 10**999]]},
        "gate 0 reads a number of many digits; a wire is",
    ),
    ({**small(), "gates": [["and", 0, -1]]}, "a gate reads a negative wire"),
    ({**small(), "gates": [["and", 0, 0]]}, "gate 0 reads the same wire twice"),
    ({**small(), "gates": [["and", 0, 3], ["or", 0]]}, "gate 0 reads a wire that is not defined"),
    ({**small(), "gates": {"g": ["and", "a", "g"]}}, "gate 0 reads a wire that is not defined"),
    ({**small(), "gates": {"a": ["and", 0, 1]}}, "gate 0: name 'a' is also that of a feature"),
    ({**small(), "gates": {"": ["and", 0, 1]}}, "gate 0: name '' must be 1 to 1000"),
    ({**small(), "outputs": None}, "'outputs' must be a list, not None"),
    ({**small(), "outputs": []}, "a circuit needs at least one output"),
    ({**small(), "outputs": [3]}, "output 0 must be an object, not 3"),
    ({**small(), "outputs": [{"name": "p"}]}, "output 0 has no 'wire'"),
    ({**small(), "outputs": [{"wire": 1}]}, "the name of an output must be text, not None"),
    ({**small(), "outputs": [{"name": "p", "wire": -1}]}, "output 0 reads wire -1; a constant"),
    ({**small(), "outputs": [{"name": "p", "wire": 9}]}, "output 'p' names wire 9"),
    ({**small(), "outputs": [{"name": "p", "wire": 0, "on": 1}]}, "output 0 has key 'on'"),
    ({**small(), "outputs": [{"name": "p", "wire": 0, "inverted": 1}]}, "must be true or false"),
]


@pytest.mark.parametrize(("data", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_each_rule_refuses_what_breaks_it(path: Path, data: object, message: str) -> None:
    assert read_written(path, small()).gates == 2
    with pytest.raises(SourceError, match=re.escape(message)) as caught:
        read_written(path, data)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["a", "and", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=6,
)


@given(st.sampled_from(sorted(small())), JSON)
@settings(max_examples=150, deadline=None)
def test_no_value_ends_in_anything_but_a_source_error(path: Path, key: str, value: Any) -> None:
    message = "nothing was wrong"
    try:
        read_written(path, {**small(), key: value})
    except SourceError as error:
        message = str(error)
    assert message.isprintable()


def test_writing_to_nowhere_is_one_line(path: Path) -> None:
    circuit = Circuit(Names(["a"]), np.zeros(0, int), np.zeros(1, int), np.zeros(0, int),
                      np.array([0]), Names(["y"]))  # fmt: skip
    with pytest.raises(PolysemeError, match="cannot be written"):
        write_json(circuit, path / "below" / "file.json")
