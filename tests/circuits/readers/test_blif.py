"""BLIF files: what netlist they make, and what every kind of broken file is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits.logic.netlist import Netlist, NetlistKind
from polyseme.circuits.readers import blif
from polyseme.circuits.readers.blif import read_blif
from support.blif import interpreted
from support.logic_files import (
    assert_read_or_refused,
    refusal,
    spoilt,
    truth_table,
    written,
)

HALF_ADDER = (
    ".model half\n.inputs a b\n.outputs sum carry\n"
    ".names a b sum\n10 1\n01 1\n.names a b carry\n11 1\n.end\n"
)

BUFFERS = 100_000


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to write over, shared so that hypothesis may use it."""
    return tmp_path_factory.mktemp("blif") / "x.blif"


def read(path: Path, body: str, inputs: str = "a b c", outputs: str = "f") -> Netlist:
    return written(path, f".model m\n.inputs {inputs}\n.outputs {outputs}\n{body}.end\n", read_blif)


def ones(netlist: Netlist) -> set[str]:
    """The rows of a table of truth where the only output is 1."""
    return {
        "".join(map(str, row))
        for row, outputs in truth_table(netlist).items()
        if list(outputs.values()) == [1]
    }


@st.composite
def files(draw: st.DrawFn) -> str:
    """A file of up to six gates, its blocks in any order and its lines broken anywhere."""
    inputs = [f"i{number}" for number in range(draw(st.integers(0, 3)))]
    states = [f"q[{number}]" for number in range(draw(st.integers(0, 2)))]
    known, blocks = [*inputs, *states], []
    for number in range(draw(st.integers(1, 6))):
        read = draw(st.lists(st.sampled_from(known), max_size=3)) if known else []
        cube = st.text("01-", min_size=len(read), max_size=len(read))
        output = draw(st.sampled_from("01"))
        rows = [f"{c} {output}\n" for c in draw(st.lists(cube, max_size=5))]
        blocks.append(f".names {' '.join(read)} g{number}\n{''.join(rows)}")
        known.append(f"g{number}")
    for state in states:
        ending = draw(st.sampled_from(["", " 2", " re clk", " ah NIL 0"]))
        blocks.append(f".latch {draw(st.sampled_from(known))} {state}{ending}\n")
    outputs = draw(st.lists(st.sampled_from(known), min_size=1, unique=True))
    gap = draw(st.sampled_from([" ", "  ", " \\\n", "\t"]))
    blocks.append(f".inputs{gap}{gap.join(inputs)}\n")
    half = len(outputs) // 2
    blocks += [f".outputs {gap.join(part)} # out\n" for part in (outputs[:half], outputs[half:])]
    # Outputs keep the order of their lines, so the oracle need not know it.
    return ".model m\n" + "".join(draw(st.permutations(blocks))) + ".end\n"


@given(files(), st.sampled_from(["\n", "\r\n", "\r"]))
@settings(max_examples=100, deadline=None)
def test_a_file_computes_what_its_text_says(path: Path, text: str, newline: str) -> None:
    netlist = written(path, text.replace("\n", newline), read_blif)
    for row, outputs in truth_table(netlist).items():
        wanted = interpreted(text, dict(zip(netlist.inputs, row, strict=True)))
        assert outputs == wanted
        assert list(outputs) == list(wanted)


def test_names_and_gates_of_a_small_file(path: Path) -> None:
    netlist = written(path, HALF_ADDER, read_blif)
    assert netlist.name == "x.blif"
    assert list(netlist.inputs) == ["a", "b"]
    assert list(netlist.output_names) == ["sum", "carry"]
    assert netlist.kinds.tolist() == [NetlistKind.XOR, NetlistKind.AND]
    assert netlist.fan_in.tolist() == [2, 4, 2, 4]
    assert netlist.outputs.tolist() == [6, 8]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (".names f\n1\n", {"000", "001", "010", "011", "100", "101", "110", "111"}),
        (".names f\n", set()),
        (".names f\n0\n", set()),
        (".names a f\n", set()),
        (".names a b c f\n1-0 1\n-11 1\n", {"100", "110", "011", "111"}),
        (".names a b c f\n1-- 0\n-1- 0\n", {"000", "001"}),
        (".names a b c f\n111 1\n100 1\n010 1\n001 1\n", {"111", "100", "010", "001"}),
        (".names a b c f\n000 0\n011 0\n101 0\n110 0\n", {"111", "100", "010", "001"}),
        (".names a b c f\n000 1\n000 1\n101 1\n110 1\n", {"000", "101", "110"}),
        (
            ".names a b c f\n1-- 1\n-1- 1\n--1 1\n111 1\n",
            {"001", "010", "011", "100", "101", "110", "111"},
        ),
        (".names a a f\n10 1\n", set()),
        (".names n f\n0 1\n.names a n\n1 1\n", {"000", "001", "010", "011"}),
    ],
)
def test_covers(path: Path, body: str, wanted: set[str]) -> None:
    assert ones(read(path, body)) == wanted


def test_latches_are_cut_behind_inputs_and_outputs(path: Path) -> None:
    body = ".latch d q re clk 2\n.names a q d\n10 1\n01 1\n.names q f\n0 1\n"
    netlist = read(path, body, "a")
    assert list(netlist.inputs) == ["a", "q"]
    assert list(netlist.output_names) == ["f", "q.next"]
    assert truth_table(netlist)[(1, 0)] == {"f": 1, "q.next": 1}


FULL_ADDER = """.model full
.inputs a b c
.outputs sum carry
.subckt half x=a y=b sum=s1 carry=c1
.subckt half x=s1 y=c sum=sum carry=c2
.subckt either p=c1 q=c2 o=carry
.end
.model either
.inputs p q
.outputs o
.names p q o
1- 1
-1 1
.end
.model half
.inputs x y
.outputs sum carry
.names x y n
11 0
.names n carry
0 1
.subckt odd p=x q=y o=sum
.end
.model odd
.inputs p q
.outputs o
.names p q o
10 1
01 1
.end
"""


def test_models_in_models_compute_what_the_flat_circuit_does(path: Path) -> None:
    netlist = written(path, FULL_ADDER, read_blif)
    assert list(netlist.inputs) == ["a", "b", "c"]
    for row, outputs in truth_table(netlist).items():
        assert outputs == {"sum": sum(row) % 2, "carry": int(sum(row) >= 2)}
    assert {"half1.n", "half2.n", "s1", "c2", "sum", "carry"} <= set(netlist.named)


def test_latches_of_inner_models_are_cut_too(path: Path) -> None:
    text = (
        ".model m\n.inputs a\n.outputs f\n.subckt r d=a q=f\n.end\n"
        ".model r\n.inputs d\n.outputs q\n.latch d s 0\n.names s q\n1 1\n.end\n"
    )
    netlist = written(path, text, read_blif)
    assert list(netlist.inputs) == ["a", "r1.s"]
    assert list(netlist.output_names) == ["f", "r1.s.next"]


def test_models_that_double_in_models_are_refused_in_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blif, "MAX_INNER_STATEMENTS", 1000)
    models = [f".model m{k}\n.subckt m{k + 1}\n.subckt m{k + 1}\n.end\n" for k in range(60)]
    text = ".model m\n.outputs f\n.names f\n.subckt m0\n.end\n" + "".join(models) + ".model m60\n"
    assert "models come to more than 1000 statements" in refusal(path, text, read_blif)


def test_models_too_deep_in_each_other_are_refused(path: Path) -> None:
    models = [f".model m{k}\n.subckt m{k + 1}\n.end\n" for k in range(101)]
    text = ".model m\n.outputs f\n.names f\n.subckt m0\n.end\n" + "".join(models) + ".model m101\n"
    assert "models stand in each other more than 100 deep" in refusal(path, text, read_blif)


def test_an_input_may_be_an_output(path: Path) -> None:
    assert ones(read(path, "", "a", "a")) == {"1"}


@pytest.mark.parametrize(
    "text",
    [
        HALF_ADDER.replace("\n", "\r\n"),
        HALF_ADDER.replace(".end\n", ""),
        HALF_ADDER.replace(".end\n", ".model other\n.inputs z\n"),
        HALF_ADDER.rstrip("\n"),
        HALF_ADDER.replace(".model half\n", ""),
        HALF_ADDER.replace("a b\n", "\\\n a \\\n\tb\n"),
        HALF_ADDER.replace(".inputs a b", ".inputs a\n.inputs b"),
        HALF_ADDER.replace("\n", " # a \\\n\n"),
        HALF_ADDER.replace(".end", ".exdc\n.names a b sum\n11 1\n.end"),
        HALF_ADDER + ".model other\n.inputs a\n.subckt half\n.end\n",
        HALF_ADDER.replace(".end", ".clock c\n.default_input_arrival 0 0\n.wire_load_slope 0.1"),
        "# Böhm\n" + HALF_ADDER,
        "\ufeff" + HALF_ADDER,
    ],
)
def test_what_makes_no_difference(path: Path, text: str) -> None:
    assert truth_table(written(path, text, read_blif)) == truth_table(
        written(path, HALF_ADDER, read_blif)
    )


def test_comments_may_be_latin_1(path: Path) -> None:
    netlist = written(path, b"# B\xf6hm\n" + HALF_ADDER.encode(), read_blif)
    assert list(netlist.inputs) == ["a", "b"]


HEAD = ".model m\n.inputs a b\n.outputs f\n"

BROKEN: list[tuple[str | bytes, str]] = [
    ("", "x.blif: no output; name at least one"),
    (".model m\n.inputs a\n.end\n", "x.blif: no output; name at least one"),
    (HEAD, "x.blif, line 3: signal 'f' is not defined anywhere"),
    (HEAD + ".names a c f\n11 1\n", "x.blif, line 4: signal 'c' is not defined anywhere"),
    (HEAD + ".names f\n1\n.names a f\n", "line 6: signal 'f' is defined a second time; the first"),
    (HEAD + ".names a\n1\n", "line 4: signal 'a' is defined a second time; the first is on line 2"),
    (".inputs a a\n", "line 1: signal 'a' is defined a second time; the first is on line 1"),
    (".inputs a\n.outputs a\n.outputs a\n", "line 3: output 'a' is named twice"),
    (HEAD + ".names f f\n1 1\n", "line 4: signal 'f' depends on itself"),
    (HEAD + ".names f b a f\n11- 1\n0-0 1\n", "line 4: signal 'f' depends on itself"),
    (HEAD + ".names f b c\n1- 1\n-1 1\n.names c f\n1 1\n", "depends on itself"),
    (HEAD + ".names a b f\n11 1\n00 0\n", "line 6: a cover must not mix rows of output 0 and"),
    (HEAD + ".names a b f\n111 1\n", "line 5: 3 marks for a cover of 2 inputs"),
    (HEAD + ".names a b f\n1 1 1\n", "line 5: a row of this cover must be 2 marks, a blank and"),
    (HEAD + ".names a b f\n11\n", "line 5: a row of this cover must be 2 marks, a blank and"),
    (HEAD + ".names f\n1 1\n", "line 5: a row of this cover must be 0 or 1"),
    (HEAD + ".names a b f\n12 1\n", "line 5: cube '12' must be of 0, 1 and - only"),
    (HEAD + ".names a b f\n11 -\n", "line 5: output '-' of a cover must be 0 or 1"),
    (HEAD + "11 1\n", "line 4: '11' stands outside a cover"),
    (HEAD + ".names\n", "line 4: .names must name at least its output"),
    (HEAD + ".latch a\n", "line 4: .latch must be: input output [type control] [initial value]"),
    (HEAD + ".latch a f 4\n", "line 4: initial value '4' must be 0, 1, 2 or 3"),
    (HEAD + ".latch a f xx c 0\n", "line 4: latch type 'xx' must be of fe, re, ah, al, as"),
    (HEAD + ".latch a f re c 0 0\n", "line 4: .latch must be"),
    (HEAD + ".latch c f\n", "line 4: signal 'c' is not defined anywhere"),
    (".outputs q.next\n.latch a q\n", "line 2: output 'q.next' is named twice"),
    (".latch a q\n.outputs q.next\n", "line 2: output 'q.next' is named twice"),
    (HEAD + ".subckt n a=a\n", "line 4: model 'n' is not defined in this file"),
    (HEAD + ".subckt\n", "line 4: .subckt must be: model port=signal ..."),
    (HEAD + ".subckt n a\n", "line 4: 'a' must be port=signal"),
    (HEAD + ".subckt n a=\n", "line 4: 'a=' must be port=signal"),
    (HEAD + ".subckt n a=a a=b\n", "line 4: port 'a' is connected twice"),
    (HEAD + ".subckt n z=a\n.end\n.model n\n.inputs a\n", "line 4: model 'n' has no port 'z'"),
    (HEAD + ".subckt n o=f\n.end\n.model n\n.inputs a\n.outputs o\n", "input 'a' is not connected"),
    (HEAD + ".subckt n o=f\n.end\n.model n\n.outputs o\n.subckt n o=o\n", "'n' is part of itself"),
    (HEAD + ".subckt n o=f\n.end\n.model n\n.outputs o\n", "line 3: signal 'f' is not defined"),
    (
        HEAD + ".subckt n o=f\n.end\n.model n\n.outputs o\n.names o\n1\n.end\n.model n\n",
        "line 11: model 'n' is defined twice",
    ),
    (HEAD + ".subckt n o=f\n.end\n.model\n", "line 6: .model must name the model that begins"),
    (HEAD + ".subckt n o=f\n.end\n.model n\n.outputs o\n.names o\n2\n", "line 9: output '2' of a"),
    (HEAD + ".search n.blif\n", "line 4: .search: another file cannot be searched"),
    (HEAD + ".gate nand2 A=a B=b O=f\n", "line 4: .gate: a gate of a library cannot be"),
    (HEAD + ".mlatch ff D=a Q=f c 0\n", "line 4: .mlatch: a latch of a library cannot be"),
    (HEAD + ".start_kiss\n", "line 4: .start_kiss: a table of states is not supported"),
    (HEAD + ".nmaes a f\n", "line 4: '.nmaes' is no directive this reader knows"),
    (HEAD + ".\x1b[31m\n", "line 4: '.\\x1b[31m' is no directive"),
    (HEAD + ".names a \\\n", "line 4: continued beyond the end of the file"),
    (HEAD + f".names {'n' * 1001} f\n", "line 4: name 'nnnn"),
    (HEAD + ".names a\x07 f\n", "line 4: name 'a\\x07' must be 1 to 1000 printable"),
    (HEAD.encode() + b".names caf\xe9 f\n", "line 4: name 'caf\\udce9' is not UTF-8"),
    (HEAD + "\0", "line 4: holds a NUL byte"),
    (HEAD.encode("utf-16"), "line 1: holds a NUL byte"),
    ("x" * (2**24 + 1), "line 1: a line may have at most 16777216 characters"),
    (("x" * 2**23 + "\\\n") * 3, "line 1: continued over more than 16777216 characters"),
]


@pytest.mark.parametrize(("data", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_a_broken_file_is_told_line_and_rule(path: Path, data: str | bytes, message: str) -> None:
    assert message in refusal(path, data, read_blif)


def test_a_long_chain_backwards(path: Path) -> None:
    links = [f".names n{place + 1} n{place}\n1 1\n" for place in range(BUFFERS)]
    netlist = read(path, "".join(links) + f".names a n{BUFFERS}\n0 1\n", "a", "n0")
    assert ones(netlist) == {"0"}
    looped = "".join(links) + f".names n0 n{BUFFERS}\n0 1\n"
    message = refusal(path, f".outputs n0\n{looped}", read_blif)
    assert re.search(r"signal 'n\d+' depends on itself", message)


def test_a_wide_cover_is_one_or(path: Path) -> None:
    names = [f"i{number}" for number in range(2000)]
    rows = ["-" * number + "1" + "-" * (1999 - number) + " 1\n" for number in range(2000)]
    netlist = read(path, f".names {' '.join(names)} f\n{''.join(rows)}", " ".join(names))
    assert netlist.gates == 1
    assert len(netlist.fan_in) == 2000


VALID = [
    HALF_ADDER,
    HEAD + ".latch f q re c 2\n.names a b \\\n q f\n1-0 1\n-11 1\n.names z\n1\n.end\n",
    HEAD + ".names a b f # or\n00 0\n.exdc\n.end\n",
]


@given(spoilt(VALID, "01-. \\\n#abf"))
@settings(max_examples=150, deadline=None)
def test_a_spoilt_file_is_read_or_refused(path: Path, data: bytes) -> None:
    assert_read_or_refused(path, data, read_blif)


@given(st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(path: Path, data: bytes) -> None:
    assert_read_or_refused(path, data, read_blif)
