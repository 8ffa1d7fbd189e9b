"""DIMACS CNF files: what netlist they make, and what every kind of broken file is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits.readers.dimacs import read_dimacs
from support.logic_files import assert_read_or_refused, refusal, spoilt, truth_table, written

SMALL = "c small\np cnf 3 2\n1 -2 0\n2 3 0\n"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to write over, shared so that hypothesis may use it."""
    return tmp_path_factory.mktemp("cnf") / "x.cnf"


def interpreted(text: str, row: tuple[int, ...]) -> int:
    """Whether a row satisfies the clauses, straight from the text."""
    clauses: list[list[int]] = [[]]
    for line in text.splitlines():
        for word in line.split() if line[:1] not in ("c", "p") else ():
            if word == "0":
                clauses.append([])
            else:
                clauses[-1].append(int(word))
    return int(
        all(any(row[abs(one) - 1] == (one > 0) for one in clause) for clause in clauses[:-1])
    )


@st.composite
def files(draw: st.DrawFn) -> str:
    """A file whose clauses are cut into lines anywhere."""
    variables = draw(st.integers(1, 6))
    literal = st.integers(-variables, variables).filter(bool)
    clauses = draw(st.lists(st.lists(literal, max_size=4), max_size=8))
    words = [str(number) for clause in clauses for number in (*clause, 0)]
    gap = st.sampled_from([" ", "\n", "\t ", "\nc 1 0\n"])
    return f"c\np cnf {variables} {len(clauses)}\n" + "".join(w + draw(gap) for w in words)


@given(files(), st.sampled_from(["\n", "\r\n", "\r"]))
@settings(max_examples=120, deadline=None)
def test_a_file_computes_what_its_text_says(path: Path, text: str, newline: str) -> None:
    netlist = written(path, text.replace("\n", newline), read_dimacs)
    for row, outputs in truth_table(netlist).items():
        assert outputs == {"satisfied": interpreted(text, row)}


def test_names_and_gates_of_a_small_file(path: Path) -> None:
    netlist = written(path, SMALL, read_dimacs)
    assert netlist.name == "x.cnf"
    assert list(netlist.inputs) == ["x1", "x2", "x3"]
    assert list(netlist.output_names) == ["satisfied"]
    assert netlist.fan_in_offsets.tolist() == [0, 2, 4, 6]
    assert netlist.fan_in.tolist() == [3, 4, 5, 7, 9, 11]
    assert netlist.outputs.tolist() == [12]


@pytest.mark.parametrize(
    "text",
    [
        SMALL.replace("\n", "\r\n"),
        SMALL.rstrip("\n"),
        SMALL.replace("-2 0\n2", "-2\n0 2\n"),
        SMALL.replace("\n", "\n\n  "),
        SMALL + "%\n0\n\n",
        SMALL.replace("p cnf", "p  cnf "),
        SMALL.replace("1 -2", "1 -2 1 -2"),
        SMALL.replace("3 2\n", "3 3\n-1 1 0\n"),
        "\ufeffc Böhm\n" + SMALL,
    ],
)
def test_what_makes_no_difference(path: Path, text: str) -> None:
    plain = truth_table(written(path, SMALL, read_dimacs))
    assert truth_table(written(path, text, read_dimacs)) == plain


def test_no_clause_is_satisfied_and_an_empty_one_is_not(path: Path) -> None:
    none = truth_table(written(path, "p cnf 1 0\n", read_dimacs))
    assert {outputs["satisfied"] for outputs in none.values()} == {1}
    empty = truth_table(written(path, "p cnf 1 2\n1 0 0\n", read_dimacs))
    assert {outputs["satisfied"] for outputs in empty.values()} == {0}


def test_comments_may_be_latin_1(path: Path) -> None:
    assert written(path, b"c caf\xe9\n" + SMALL.encode(), read_dimacs).gates == 3


HEAD = "p cnf 3 2\n"
BROKEN: list[tuple[str | bytes, str]] = [
    ("", "x.cnf: no header p cnf VARIABLES CLAUSES"),
    ("c only\n", "x.cnf: no header p cnf VARIABLES CLAUSES"),
    ("1 0\n" + HEAD, "x.cnf, line 1: '1 0' stands before the header p cnf"),
    (HEAD + HEAD, "line 2: a second header; the first is on line 1"),
    ("p wcnf 3 2\n", "line 1: the header must be p cnf VARIABLES CLAUSES"),
    ("p cnf 3\n", "line 1: the header must be p cnf VARIABLES CLAUSES"),
    ("p cnf 3 2 1\n", "line 1: the header must be p cnf VARIABLES CLAUSES"),
    ("p cnf -3 2\n", "line 1: number of variables '-3' must be a whole number from 0 to"),
    ("p cnf 3 x\n", "line 1: number of clauses 'x' must be a whole number from 0 to"),
    ("p cnf 99999999 1\n", "line 1: number of variables '99999999' must be a whole number"),
    ("p cnf 9999999 1\n", "number of variables 9999999 is more than a file of 16 characters can"),
    ("p cnf 1 9999999\n", "number of clauses 9999999 is more than a file of 16 characters can"),
    (HEAD + "1 0\n2 3\n", "line 3: the last clause does not end with 0"),
    (HEAD + "1 0\n", "line 1: the header promises 2 clauses, not 1"),
    (HEAD + "1 0\n2 0\n3 0\n", "line 1: the header promises 2 clauses, not 3"),
    (HEAD + "%\n1 0 2 0\n", "line 1: the header promises 2 clauses, not 0"),
    (HEAD + "1 4 0\n", "line 2: literal '4' is beyond the 3 variables"),
    (HEAD + "1 -4 0\n", "line 2: literal '-4' is beyond the 3 variables"),
    (HEAD + "1 0\n" + "9" * 5000, "line 3: '9999"),
    (HEAD + "1 x 0\n", "line 2: '1 x 0' must be numbers only"),
    (HEAD + "1 +2 0\n", "line 2: '1 +2 0' must be numbers only"),
    (HEAD + "1 ² 0\n", "line 2: '1 ² 0' must be numbers only"),
    (HEAD + "1_0 0\n", "line 2: '1_0 0' must be numbers only"),
    (HEAD + "1 - 2 0\n", "line 2: '-' is no number"),
    (HEAD + "1 1-2 0\n", "line 2: '1-2' is no number"),
    (HEAD.encode() + b"1 \xff 0\n", "line 2: '1 \\udcff 0' must be numbers only"),
    (HEAD + "1 0\0\n", "line 2: holds a NUL byte"),
]


@pytest.mark.parametrize(("data", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_a_broken_file_is_told_line_and_rule(path: Path, data: str | bytes, message: str) -> None:
    assert message in refusal(path, data, read_dimacs)


VALID = [SMALL, "p cnf 2 3\n1 2 0 -1\n0 c\n0\n%\n0\n", SMALL + "%\n0\n"]


@given(spoilt(VALID, "01-23 \nc%p"))
@settings(max_examples=150, deadline=None)
def test_a_spoilt_file_is_read_or_refused(path: Path, data: bytes) -> None:
    assert_read_or_refused(path, data, read_dimacs)


@given(st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(path: Path, data: bytes) -> None:
    assert_read_or_refused(path, data, read_dimacs)
