"""Gate-level Verilog: what netlist it makes, and what every kind of broken file is told."""

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
from polyseme.circuits.readers.verilog import read_verilog
from support.formulas import NAMES, PLAIN, Formula, on_bits, text_of, value_of
from support.logic_files import assert_read_or_refused, refusal, spoilt, truth_table, written

SMALL = (
    "// a comment\nmodule top(a, b, c, y);\n  input a, b, c;\n  output y;\n  wire t;\n"
    "  and g1(t, a, b); /* of two\n lines */\n  assign y = t | ~c;\nendmodule\n"
)
BITS = ("1'b0", "1'h1")
HEAD = "module m(a, b, f);\ninput a, b;\noutput f;\n"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to write over, shared so that hypothesis may use it."""
    return tmp_path_factory.mktemp("verilog") / "x.v"


@given(st.lists(PLAIN, min_size=1, max_size=3))
@settings(max_examples=100, deadline=None)
def test_assignments_compute_what_their_text_says(path: Path, formulas: list[Formula]) -> None:
    outputs = [f"y{place}" for place in range(len(formulas))]
    body = "".join(
        f"assign {name} = {text_of(one, BITS)};\n"
        for name, one in zip(outputs, formulas, strict=True)
    )
    text = f"module m(input {', '.join(NAMES)}, output {', '.join(outputs)});\n{body}endmodule\n"
    for row, found in truth_table(written(path, text, read_verilog)).items():
        values = dict(zip(NAMES, row, strict=True))
        assert list(found.values()) == [value_of(one, values) for one in formulas]


def test_names_of_a_small_file(path: Path) -> None:
    netlist = written(path, SMALL, read_verilog)
    assert list(netlist.inputs) == ["a", "b", "c"]
    assert list(netlist.output_names) == ["y"]
    assert set(netlist.named) == {"t", "y"}
    for (a, b, c), outputs in truth_table(netlist).items():
        assert outputs == {"y": int((a and b) or not c)}


GATES = {
    "and": all,
    "nand": lambda bits: not all(bits),
    "or": any,
    "nor": lambda bits: not any(bits),
    "xor": lambda bits: sum(bits) % 2,
    "xnor": lambda bits: 1 - sum(bits) % 2,
}


@pytest.mark.parametrize("gate", GATES)
def test_primitives(path: Path, gate: str) -> None:
    text = f"module m(input a, b, c, output f);\n{gate} g(f, a, b, c);\nendmodule\n"
    for row, outputs in truth_table(written(path, text, read_verilog)).items():
        assert outputs["f"] == int(GATES[gate](row))


def test_buf_not_and_lists_of_instances(path: Path) -> None:
    text = HEAD + "wire n, o; not g1(n, a), g2(o, b); buf (f, n & o);\nendmodule\n"
    for (a, b), outputs in truth_table(written(path, text, read_verilog)).items():
        assert outputs["f"] == int(not (a or b))


def test_vectors_are_bits_and_lowest_comes_first(path: Path) -> None:
    text = (
        "module m(input [2:0] a, input [0:1] b, output [1:0] y);\nwire [5:4] w;\n"
        "assign w[4] = a[0] & b[1];\nassign w[5] = a[2];\n"
        "assign y[0] = w[4], y[1] = w[5] ^ a[1];\nendmodule\n"
    )
    netlist = written(path, text, read_verilog)
    assert list(netlist.inputs) == ["a[0]", "a[1]", "a[2]", "b[0]", "b[1]"]
    assert list(netlist.output_names) == ["y[0]", "y[1]"]


@pytest.mark.parametrize(
    "text",
    [
        SMALL.replace("\n", "\r\n"),
        "`timescale 1ns/1ps\n" + SMALL,
        SMALL.replace("module top", "(* top = 1 *)\nmodule top"),
        SMALL.replace("wire t;\n  and g1(t, a, b);", "wire t = a & b;"),
        SMALL.replace("(a, b, c, y);\n  input a, b, c;\n  output y;", "(input a, b, c, output y);"),
        SMALL.replace("input a, b, c;", "input a; input b; input wire c; wire a;"),
        SMALL.replace("t | ~c", "(t) || !c"),
        SMALL.replace("wire t", "wire \\t+1 ")
        .replace("(t,", "(\\t+1 ,")
        .replace("= t", "= \\t+1 "),
        SMALL.replace("t | ~c", "t ? 1'b1 : c ? 1'b0 : 1"),
        SMALL.replace("  wire t;\n", ""),
    ],
)
def test_what_makes_no_difference(path: Path, text: str) -> None:
    plain = truth_table(written(path, SMALL, read_verilog))
    assert truth_table(written(path, text, read_verilog)) == plain


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty; a module must stand in it"),
        ("wire a;", "line 1: 'wire' stands where 'module' must stand"),
        (SMALL.replace("endmodule\n", ""), "line 8: the file ends before endmodule"),
        (SMALL + SMALL, "line 11: 'module' stands behind the module; put all of the circuit"),
        (HEAD + "assign f = a & ;\nendmodule", "line 4: a formula ends where a name must stand"),
        (HEAD + "assign f = a b;\nendmodule", "line 4: 'b' stands where an operator must stand"),
        (HEAD + "assign f = (a;\nendmodule", "line 4: ';' has no meaning in a formula"),
        (HEAD + "assign f = ;\nendmodule", "line 4: ';' stands where a formula must stand"),
        (HEAD + "assign f = a ? b;\nendmodule", "line 4: '?' has no ':'"),
        (HEAD + "assign f = a : b;\nendmodule", "line 4: ':' without '?'"),
        (HEAD + "assign f = {a, b};\nendmodule", "line 4: '{' has no meaning in a formula"),
        (HEAD + "assign f = 2'b10;\nendmodule", 'line 4: "2\'b10" must be a constant of one bit'),
        (HEAD + "assign f = 7;\nendmodule", "line 4: '7' must be a constant of one bit"),
        (HEAD + "assign f = 1'bx;\nendmodule", 'line 4: "1\'bx" must be a constant of one bit'),
        (HEAD + "assign f = n;\nendmodule", "line 4: signal 'n' is not defined anywhere"),
        (HEAD + "endmodule", "line 3: signal 'f' is not defined anywhere"),
        (HEAD + "assign f = f;\nendmodule", "line 4: signal 'f' depends on itself"),
        (
            HEAD + "assign f = a;\nassign f = b;\nendmodule",
            "line 5: signal 'f' is defined a second",
        ),
        (HEAD + "assign a = b;\nendmodule", "line 4: signal 'a' is defined a second time"),
        (HEAD + "assign a[0] = b;\nendmodule", "line 4: 'a' is no vector"),
        (HEAD + "wire [3:0] w;\nassign f = w[4];\nendmodule", "line 5: 'w' has no bit 4"),
        (HEAD + "wire [3:0] w;\nassign f = w;\nendmodule", "line 5: 'w' is a vector of 4 bits"),
        (HEAD + "wire [a:0] w;\nendmodule", "line 4: 'a' must be the number of a bit"),
        (HEAD + "wire [9999999:0] w;\nendmodule", "ends a vector of more than 1048576 bits"),
        (HEAD + "input a;\nendmodule", "line 4: 'a' is declared twice"),
        (HEAD + "wire [1:0] a;\nendmodule", "line 4: 'a' is declared twice"),
        (HEAD + "always @(a) f = a;\nendmodule", "line 4: 'always' is not gate-level Verilog"),
        (HEAD + "reg r;\nendmodule", "line 4: 'reg' is not gate-level Verilog"),
        (HEAD + "NAND2 u1(.A(a), .B(b), .Y(f));\nendmodule", "line 4: 'NAND2' is no primitive"),
        (HEAD + "not (f, a, b);\nendmodule", "line 4: not takes one output and one input"),
        (HEAD + "and (f);\nendmodule", "line 4: and takes an output and its inputs"),
        (HEAD + "and g f, a;\nendmodule", "line 4: 'f' stands where '(' must stand"),
        (HEAD + "= a;\nendmodule", "line 4: '=' stands where a statement must begin"),
        (HEAD + "/* assign f = a;\nendmodule", "line 4: '/*' opens a comment that is never closed"),
        (HEAD + "`include x\nendmodule", "line 4: '`include' is not Verilog"),
        (HEAD + "assign f = \xe9;\nendmodule", "is not Verilog"),
        (
            "module m(a, f, z);\ninput a;\noutput f;\nassign f = a;\nendmodule",
            "line 1: 'z' is a port",
        ),
        ("module m(input a);\nendmodule", "no output; name at least one"),
        ("module 3(a);", "line 1: '3' stands where the name of the module must stand"),
    ],
)
def test_a_broken_file_is_told_line_and_rule(path: Path, text: str, message: str) -> None:
    assert message in refusal(path, text, read_verilog)


@given(
    spoilt([SMALL, HEAD + "wire [1:0] w;\nassign w[0] = a ? b : 1'b1;\nendmodule\n"], "();,=~[]'")
)
@settings(max_examples=150, deadline=None)
def test_a_spoilt_file_is_read_or_refused(path: Path, data: bytes) -> None:
    assert_read_or_refused(path, data, read_verilog)


def test_parentheses_may_be_as_deep_as_a_file_is_long(path: Path) -> None:
    path.write_text(HEAD + f"assign f = {'(' * 50_000}a{')' * 50_000} & b;\nendmodule\n")
    assert read(path).gates == 1


@given(st.lists(PLAIN, min_size=1, max_size=3))
@settings(max_examples=25, deadline=None)
def test_what_aigverse_writes_is_read_as_it_was(path: Path, formulas: list[Formula]) -> None:
    io = pytest.importorskip("aigverse.io", reason="the extra 'logic' is not installed")

    def function(a: Any, b: Any, c: Any, d: Any) -> Any:
        return [on_bits(one, dict(zip(NAMES, (a, b, c, d), strict=True))) for one in formulas]

    circuit = ps.circuit(function)
    ps.write(circuit, path.with_suffix(".aag"))
    graph = io.read_ascii_aiger_into_aig(str(path.with_suffix(".aag")))
    io.write_verilog(graph, str(path))
    rows = np.array(list(product((0, 1), repeat=4)), bool)
    assert np.array_equal(evaluate_dense(read(path), rows), evaluate_dense(circuit, rows))
