"""Expressions: what circuit they make, and what every kind of broken one is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import read
from polyseme.circuits.readers.expressions import expressions_of, is_expression, read_expressions
from polyseme.errors import SourceError
from support.formulas import EXPRESSIONS, NAMES, Formula, text_of, value_of
from support.logic_files import assert_read_or_refused, refusal, spoilt, truth_table, written

ALARM = "# two lines\nt = a & b  # both\ny = t | ~c\n"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to write over, shared so that hypothesis may use it."""
    return tmp_path_factory.mktemp("expressions") / "x.eqn"


@given(st.lists(EXPRESSIONS, min_size=1, max_size=3))
@settings(max_examples=120, deadline=None)
def test_expressions_compute_what_their_text_says(formulas: list[Formula]) -> None:
    order = f"INORDER = {' '.join(NAMES)};\n"
    netlist = expressions_of(
        order + "".join(f"y{place} = {text_of(one)}\n" for place, one in enumerate(formulas))
    )
    for row, outputs in truth_table(netlist).items():
        values = dict(zip(NAMES, row, strict=True))
        assert list(outputs.values()) == [value_of(one, values) for one in formulas]


def test_names_of_inputs_outputs_and_gates(path: Path) -> None:
    netlist = written(path, ALARM, read_expressions)
    assert list(netlist.inputs) == ["a", "b", "c"]
    assert list(netlist.output_names) == ["y"]
    assert netlist.named == ("t", "y")
    assert netlist.name == "x.eqn"
    assert read(path).gate_names == ("t", "~y")


def test_chains_become_one_gate_unless_a_part_has_a_name() -> None:
    assert read("y = a & b & c & d").gates == 1
    assert read("y = a | b | c | d").gates == 1
    assert read("y = a ^ b ^ ~c").gates == 1
    assert read("t = a & b\ny = t & c").gates == 2


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("y = a*b + !c", "y = a & b | ~c"),
        ("INORDER = a b c;\nOUTORDER = y;\ny = a * b +\n !c;", "y = a & b | ~c"),
        ("y = (a\n& b) | ~c", "y = a & b | ~c"),
        ("t = a & b; y = t | ~c", "t = a & b\ny = t | ~c"),
        ("y = t | ~c\nt = a & b\nINORDER = a b c;", "t = a & b\ny = t | ~c"),
        ('"y" = "a" & b | ~c', "y = a & b | ~c"),
        ("y = any(all(a, b), ~c)", "y = a & b | ~c"),
        ("y = ((((a & b)))) | ~~~c", "y = a & b | ~c"),
    ],
)
def test_several_ways_to_write_the_same(text: str, same: str) -> None:
    one, other = expressions_of(text), expressions_of(same)
    assert list(one.inputs) == list(other.inputs)
    assert truth_table(one) == truth_table(other)


def test_a_quoted_name_may_hold_any_sign() -> None:
    circuit = read('"New York & #1" = "a b" & c')
    assert list(circuit.features) == ["a b", "c"]
    assert list(circuit.output_names) == ["New York & #1"]


def test_parentheses_may_be_as_deep_as_a_file_is_long() -> None:
    circuit = read(f"y = {'(' * 50_000}a{')' * 50_000} & b")
    assert circuit.gates == 1


def test_an_output_that_others_read_is_named_in_outorder() -> None:
    text = "carry = a & b\nboth = carry & c"
    assert list(read(text).output_names) == ["both"]
    assert list(read(text + "\nOUTORDER = carry both;").output_names) == ["carry", "both"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("y = a &", "line 1: a formula ends where a name must stand"),
        ("y = & a", "line 1: '&' stands where a name, ~ or ( must stand"),
        ("y = a b", "line 1: 'b' stands where an operator must stand"),
        ("y = a ~b", "line 1: '~' stands where an operator must stand"),
        ("y = (a | b", "line 1: '(' is never closed"),
        ("y = a | b)", "line 1: ')' without '('"),
        ("y = a, b", "line 1: a comma stands outside a function"),
        ("y = (a, b)", "line 1: a comma stands outside a function"),
        ("y = all()", "line 1: ')' stands where a name, ~ or ( must stand"),
        ("y = at_least(a, b)", "line 1: the number of at_least 'a' must be a whole number from"),
        ("y = at_least(2)", "line 1: at_least takes a number, a comma and what it counts"),
        ("y =", "line 1: nothing stands behind 'y' ="),
        ("y = a\nb | c", "line 2: a line must be: NAME = expression"),
        ("y = a = b", "line 1: a second '='; write one definition per line"),
        ("y == a", "line 1: a second '='; write one definition per line"),
        ("y = a\ny = b", "line 2: signal 'y' is defined a second time; the first is on line 1"),
        ("y = y & a", "line 1: every name is read by another, so none is an output"),
        ("y = y & a\nOUTORDER = y;", "line 1: signal 'y' depends on itself"),
        ("INORDER = a;\ny = a & b", "line 2: signal 'b' is not defined anywhere"),
        ("y = a\nOUTORDER = z;", "line 2: signal 'z' is not defined anywhere"),
        ("y = a\nOUTORDER = y y;", "line 2: 'y' is listed twice"),
        ("INORDER = a;\nINORDER = a;\ny = a", "line 2: INORDER is given twice"),
        ("INORDER = a & b;\ny = a", "line 1: INORDER lists names, not '&'"),
        ("INORDER = a b\ny = a & b", "line 1: INORDER must end in ;"),
        ("INORDER = a;\na = b", "line 1: signal 'a' is defined a second time"),
        ('y = "a & b', "line 1: '\"' opens a name that is never closed"),
        ("# nothing\n", "no output; name at least one"),
        ('y = ""', "line 1: name '' must be 1 to 1000 printable characters"),
        ("y = a\x07", "line 1: name 'a\\x07' must be 1 to 1000 printable characters"),
    ],
)
def test_a_broken_file_is_told_line_and_rule(path: Path, text: str, message: str) -> None:
    assert message in refusal(path, text, read_expressions)
    with pytest.raises(SourceError, match=r"^expression"):
        expressions_of(text)


@given(spoilt([ALARM, "y = at_least(2, a, b, c) ^ (all(a, b) | any(~c))\n"], '&|^~(),=; \n"#01'))
@settings(max_examples=150, deadline=None)
def test_a_spoilt_file_is_read_or_refused(path: Path, data: bytes) -> None:
    assert_read_or_refused(path, data, read_expressions)


@pytest.mark.parametrize("text", ["y = a", "y=a", '"y z" = a', "# note\ny = a", "INORDER = a;"])
def test_text_that_is_an_expression(text: str) -> None:
    assert is_expression(text)


@pytest.mark.parametrize(
    "text", ["", "y", "y == a", "and2:features=9", "facts:a=b.csv", "a & b", "= a", "a b = c"]
)
def test_text_that_is_none(text: str) -> None:
    assert not is_expression(text)


def test_a_file_that_is_there_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("y=1.eqn").write_text("z = a & b\n")
    assert list(read("y=1.eqn").output_names) == ["z"]
    assert list(read("y=2.eqn").output_names) == ["y"]
