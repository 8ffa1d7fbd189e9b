"""Tables of facts: what every kind of broken file is told."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import Circuit, problems, read
from polyseme.errors import PolysemeError, SourceError
from support.fact_tables import Table, read_written, tables


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to write over, shared so that hypothesis may use it."""
    return tmp_path_factory.mktemp("facts") / "table.csv"


LONG = "n" * 1001

BROKEN: list[tuple[str | bytes, str]] = [
    (b"", "table.csv: the file is empty"),
    ("\ufeff", "table.csv: the file is empty"),
    ("\n\n", "table.csv: the file is empty"),
    (b"s,r\na,\xff\n", "table.csv, line 2: not UTF-8"),
    (b"s,r\r\na,b\r\nc,\xc3", "table.csv, line 3: not UTF-8"),
    (b"s,r\ra,b\rc,\xff", "table.csv, line 3: not UTF-8"),
    (b"\xff\xfes\0,", "table.csv, line 1: not utf-16"),
    ("s,r\na,b\n".encode("utf-16-le"), "table.csv, line 1: holds a NUL byte; UTF-16 without a"),
    (b"s,r\na,b\nc,\x00\n", "table.csv, line 3: holds a NUL byte"),
    ("s\na\n", "table.csv, line 1: no relation"),
    ("\n\ns\na\n", "table.csv, line 3: no relation"),
    ("s,r,\na,b,c\n", "table.csv, line 1: empty relation"),
    ("s,r, \na,b,c\n", "table.csv, line 1: empty relation"),
    ("s,r,t,r\na,b,c,d\n", "table.csv, line 1: relation 'r' is named twice"),
    ("s,r=1\na,b\n", "table.csv, line 1: relation 'r=1' must not contain '='"),
    ("s,r\x07\na,b\n", "table.csv, line 1: relation name 'r\\x07' must be 1 to 1000 printable"),
    (f"s,{LONG}\na,b\n", "table.csv, line 1: relation name 'nnnn"),
    ("s,r\na,b\n\na,c\n", "table.csv, line 4: subject 'a' is given twice"),
    ("s,r\na,b\n a ,c\n", "table.csv, line 3: subject 'a' is given twice"),
    ("s,r\na,b\n,c\n", "table.csv, line 3: empty subject"),
    ("s,r\n  ,c\n", "table.csv, line 2: empty subject"),
    ("s,r\nr,c\n", "table.csv, line 2: subject 'r' is also the name of a relation"),
    ("s,r\na\u200b,c\n", "table.csv, line 2: subject name 'a\\u200b' must be"),
    (f"s,r\n{LONG},c\n", "table.csv, line 2: subject name 'nnnn"),
    ("s,r\na,b\nc\n", "table.csv, line 3: 1 cells where the header has 2"),
    ("s,r\na,b,c\n", "table.csv, line 2: 3 cells where the header has 2"),
    ('s,r\n"a\nb",c\n', "table.csv, line 2: subject name 'a\\nb' must be"),
    ('s,r\na,"b\nc"\n', "table.csv, line 2: name 'r=b\\nc' must be"),
    ('s,r\na,"b\r\nc"\nd,e,f\n', "table.csv, line 2: name 'r=b\\r\\nc' must be"),
    ('s,r\n"a","b\nc,d\n', "table.csv, line 2: not well-formed CSV: unexpected end of data"),
    ('s,r\na,"b"c\n', "table.csv, line 2: not well-formed CSV: ',' expected after '\"'"),
    ("s,r\na,b\nc," + "d" * 140_000, "table.csv, line 3: not well-formed CSV: field larger"),
    (f"s,r\na,{LONG}\n", "table.csv, line 2: name 'r=nnnn"),
    (f"s,r\na,{LONG[:999]}\n", "table.csv, line 2: name 'r=nnnn"),
    ("s,r\n", "table.csv: no fact; fill at least one cell"),
    ("s,r\na,\nb, \n", "table.csv: no fact; fill at least one cell"),
]


@pytest.mark.parametrize(("data", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_a_broken_file_is_told_line_and_rule(path: Path, data: str | bytes, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_written(path, data)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path.parent))
    assert len(str(caught.value).splitlines()) == 1


def test_what_is_no_file(path: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    for source, message in (
        (path.with_name("absent.csv"), "absent.csv: no such file"),
        (tmp_path / "folder.csv", "folder.csv: is a directory, not a regular file"),
        ("nul\0.csv", r"'nul\x00.csv': no such file"),
        ("two\nlines.csv", r"'two\nlines.csv': no such file"),
        ("long" * 2000 + ".csv", "cannot be read: File name too long"),
    ):
        with pytest.raises(SourceError) as caught:
            read(source)
        assert message in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1


def test_a_file_too_big_is_refused_unread(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**28 + 1)
    with pytest.raises(SourceError, match="a table may have at most 268435456 bytes"):
        read(path)
    path.unlink()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "facts: no relation"),
        ({"a": {}}, "facts: no relation"),
        ({"a": {"r": ""}}, "facts: no fact"),
        ({"a": {"": "b"}}, "facts: empty relation"),
        ({"a": {"r=": "b"}}, "facts: relation 'r=' must not contain '='"),
        ({"a": {3: "b"}}, "facts: relation 3 must be text"),
        ({"a": {"r": "b"}, "": {}}, "facts of '': empty subject"),
        ({"r": {"r": "b"}}, "facts of 'r': subject 'r' is also the name of a relation"),
        ({"a": {"r": None}}, "facts of 'a': object None must be text"),
        ({4: {"r": "b"}}, "facts of '4': subject 4 must be text"),
        ({"a": {"r": "b\n"}}, "facts of 'a': name 'r=b\\n' must be"),
        ({"a\n": {"r": "b"}}, "facts of 'a\\n': subject name 'a\\n' must be"),
        ({"\ud800": {"r": "b"}}, "facts of '\\ud800': subject name '\\ud800' must be"),
    ],
)
def test_a_broken_python_table_is_told_subject_and_rule(table: Table, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        problems.facts(table)
    assert str(caught.value).startswith(message)


FAULTS = (
    "not utf-8",
    "nul",
    "short row",
    "long row",
    "same subject",
    "same relation",
    "no subject",
    "no relation name",
    "subject is relation",
    "open quote",
    "unprintable",
    "too long",
    "no facts",
    "no relations",
)


def spoil(table: Table, relations: list[str], fault: str, row: int) -> bytes:
    """The table as a CSV file with one fault; `row` chooses the subject to have it."""
    rows = [["subject", *relations]] + [[s, *cells.values()] for s, cells in table.items()]
    victim = rows[1 + row % len(table)]
    if fault == "short row":
        # A lone empty cell would be a blank line, so keep the subject.
        victim[1:] = victim[2:]
    elif fault == "long row":
        victim.append("")
    elif fault == "same subject":
        rows.append(list(victim))
    elif fault == "same relation":
        rows = [[*cells, cells[1]] for cells in rows]
    elif fault == "no subject":
        victim[0] = " "
    elif fault == "no relation name":
        rows[0][1] = ""
    elif fault == "subject is relation":
        victim[0] = relations[0]
    elif fault == "unprintable":
        victim[-1] = "a\x1bb"
    elif fault == "too long":
        victim[-1] = "a" * 1000
    elif fault == "no facts":
        rows = [rows[0]] + [[cells[0]] + [""] * len(relations) for cells in rows[1:]]
    elif fault == "no relations":
        rows = [[cells[0]] for cells in rows]
    text = io.StringIO()
    doubtful = any(set(cell) & set(";|\t") for cells in rows for cell in cells)
    quoting = csv.QUOTE_ALL if doubtful else csv.QUOTE_MINIMAL
    csv.writer(text, lineterminator="\n", quoting=quoting).writerows(rows)
    added = {"open quote": b'z,"', "nul": b"z,\x00", "not utf-8": b"z,\xfe"}
    return text.getvalue().encode() + added.get(fault, b"")


@given(tables(), st.sampled_from(FAULTS), st.integers(0, 20))
@settings(max_examples=250, deadline=None)
def test_a_file_broken_on_purpose_is_always_refused(
    path: Path, made: tuple[Table, list[str]], fault: str, row: int
) -> None:
    table, relations = made
    with pytest.raises(PolysemeError) as caught:
        read_written(path, spoil(table, relations, fault, row))
    assert len(str(caught.value).splitlines()) == 1
    assert str(path) in str(caught.value)


@given(
    st.one_of(
        st.binary(max_size=60),
        st.lists(st.sampled_from(["a", "b", "c,", ",", '"', "\n", "\r", " ", "=", "\ufeff"])).map(
            lambda pieces: ("s,r\n" + "".join(pieces)).encode()
        ),
    )
)
@settings(max_examples=250, deadline=None)
def test_any_bytes_give_a_circuit_or_one_line(path: Path, data: bytes) -> None:
    outcome: Circuit | str
    try:
        outcome = read_written(path, data)
    except PolysemeError as error:
        outcome = str(error)
    assert outcome.gates > 0 if isinstance(outcome, Circuit) else len(outcome.splitlines()) == 1
