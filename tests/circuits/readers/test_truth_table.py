"""Truth tables: what circuit they make, and what every kind of broken one is told."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.circuits import evaluate_dense, read
from polyseme.circuits.readers.truth_table import read_truth_table
from support.logic_files import assert_read_or_refused, refusal, spoilt, truth_table, written

ADDER = "a b | carry sum\n0 0 | 0 0\n0 1 | 0 1\n10 | 01\n1,1 | 1,0\n"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to write over, shared so that hypothesis may use it."""
    return tmp_path_factory.mktemp("truth") / "x.truth"


Values = dict[tuple[int, ...], tuple[int, ...]]


@st.composite
def tables(draw: st.DrawFn) -> Values:
    inputs, outputs = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    bits = st.tuples(*[st.integers(0, 1)] * outputs)
    rows = draw(st.permutations(list(product((0, 1), repeat=inputs))))
    return {row: draw(bits) for row in rows}


def names(values: Values) -> tuple[list[str], list[str]]:
    row, told = next(iter(values.items()))
    return [f"x{k}" for k in range(len(row))], [f"y{k}" for k in range(len(told))]


@given(tables())
@settings(max_examples=150, deadline=None)
def test_all_forms_of_a_table_make_the_same_circuit(path: Path, values: Values) -> None:
    inputs, outputs = names(values)
    lines = [f"{' '.join(inputs)} | {' '.join(outputs)}"]
    lines += [
        f"{' '.join(map(str, row))} | {''.join(map(str, told))}" for row, told in values.items()
    ]
    netlist = written(path, "\n".join(lines), read_truth_table)
    found = {row: tuple(told.values()) for row, told in truth_table(netlist).items()}
    assert found == values
    whole = [[*row, *told] for row, told in values.items()]
    columns = {one: [row[k] for row in whole] for k, one in enumerate([*inputs, *outputs])}
    forms: list[Any] = [
        values,
        {"".join(map(str, row)): "".join(map(str, told)) for row, told in values.items()},
        whole,
        np.array(whole, bool),
        [dict(zip([*inputs, *outputs], row, strict=True)) for row in whole],
        columns,
    ]
    rows = np.array(list(values), bool)
    wanted = np.array(list(values.values()), bool)
    for form in forms:
        circuit = ps.truth_table(form, inputs, outputs)
        assert list(circuit.features) == inputs
        assert list(circuit.output_names) == outputs
        assert np.array_equal(evaluate_dense(circuit, rows), wanted)


def test_either_and_else(path: Path) -> None:
    netlist = written(path, "a b c | y\n1 1 - | 1\n--0 | 1\nelse | 0\n", read_truth_table)
    for (a, b, c), told in truth_table(netlist).items():
        assert told == {"y": int((a and b) or not c)}
    circuit = ps.truth_table({(1, 1, None): 1, "--0": True, "else": 0}, "abc", ["y"])
    rows = np.array(list(truth_table(netlist)), bool)
    assert evaluate_dense(circuit, rows)[:, 0].tolist() == [
        bool(told["y"]) for told in truth_table(netlist).values()
    ]


def test_both_ways_to_name_a_file(path: Path) -> None:
    written(path, ADDER, read_truth_table)
    path.with_suffix(".txt").write_text(ADDER)
    assert read(path).gates == 2
    assert read(f"truth:{path.with_suffix('.txt')}").gates == 2
    with pytest.raises(ps.SourceError, match="absent: no such file"):
        read("truth:absent")


def test_few_cubes_stand_for_many_rows() -> None:
    rows = {row: int(row[0] and row[15]) for row in product((0, 1), repeat=16)}
    assert ps.truth_table(rows, [f"x{k}" for k in range(16)], ["y"]).gates == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty; its first line names inputs | outputs"),
        ("a b\n", "line 1: a line must be: inputs | outputs"),
        ("a | b | c\n", "line 1: a line must be: inputs | outputs"),
        ("| y\n | 1\n", "0 inputs; a truth table has 1 to 16"),
        (f"{' '.join(f'x{k}' for k in range(17))} | y\n", "17 inputs; a truth table has 1 to 16"),
        ("a |\n", "no output; name at least one"),
        ("a a | y\n", "line 1: signal 'a' is defined a second time"),
        ("a | y y\n", "line 1: output 'y' is named twice"),
        ("a | a\n0 | 0\n1 | 1\n", "line 1: signal 'a' is defined a second time"),
        ("a | y\n0 | 0\n", "no row for the inputs 1; write a row of 'else' for all others"),
        ("a b | y\n0- | 0\n11 | 1\n", "no row for the inputs 10"),
        ("a | y\n0 | 0\n- | 1\n", "line 3: says of some inputs otherwise than line 2"),
        ("a | y\n2 | 0\n", "line 2: inputs '2' must be 1 marks 0, 1 or -, or else"),
        ("a b | y\n0 | 0\n", "line 2: inputs '0' must be 2 marks"),
        ("a | y\n0 | -\n", "line 2: outputs '-' must be 1 marks 0 or 1"),
        ("a | y\n0 | 01\n", "line 2: outputs '01' must be 1 marks"),
        ("a | y\nelse | 0\nelse | 1\n", "line 3: a second row of 'else'"),
        ("a\x07 | y\n", "line 1: name 'a\\x07' must be"),
    ],
)
def test_a_broken_file_is_told_line_and_rule(path: Path, text: str, message: str) -> None:
    assert message in refusal(path, text, read_truth_table)


@given(spoilt([ADDER, "a b | y\n-1 | 1\nelse | 0\n"], "01-| ,\nelse"))
@settings(max_examples=150, deadline=None)
def test_a_spoilt_file_is_read_or_refused(path: Path, data: bytes) -> None:
    assert_read_or_refused(path, data, read_truth_table)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (3, "table is 3; it must be rows, a mapping or a frame"),
        ("01", "table is '01'; it must be rows, a mapping or a frame"),
        ([3], "row 1 of table is 3; it must be a list"),
        ([{"a": 1}], "row 1 of table has no 'y'"),
        ({"a": [0, 1]}, "table has no column 'y'"),
        ([[0, 2], [1, 1]], "table holds 2; it must hold 0 and 1"),
        ([[0, None], [1, 1]], "table holds None; it must hold 0 and 1"),
        (
            [[0, 0], [1, 1], [0, 1]],
            "truth table, line 3: says of some inputs other",
        ),
        ([[0, 0]], "truth table: no row for the inputs 1"),
        ([[0, 0, 0], [1, 1]], "truth table, line 1: outputs '00' must be 1 marks"),
    ],
)
def test_a_broken_python_table_is_told_the_rule(table: Any, message: str) -> None:
    with pytest.raises(ps.PolysemeError) as caught:
        ps.truth_table(table, ["a"], ["y"])
    assert str(caught.value).startswith(message)
