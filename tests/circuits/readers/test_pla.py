"""PLA files: what netlist they make, and what every kind of broken file is told."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits.logic.netlist import Netlist
from polyseme.circuits.readers import pla
from polyseme.circuits.readers.pla import read_pla
from support.logic_files import (
    assert_read_or_refused,
    real_files,
    refusal,
    spoilt,
    truth_table,
    values_of,
    written,
)

SMALL = ".i 3\n.o 2\n.ilb a b c\n.ob f g\n.p 3\n1-0 10\n011 11\n--1 01\n.e\n"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to write over, shared so that hypothesis may use it."""
    return tmp_path_factory.mktemp("pla") / "x.pla"


def interpreted(text: str, row: tuple[int, ...]) -> list[int]:
    """The outputs for one input, straight from the cubes of a file."""
    lines = [line.partition("#")[0].replace("|", " ").split() for line in text.splitlines()]
    width = next(int(words[1]) for words in lines if words and words[0] == ".o")
    outputs = [0] * width
    for words in lines:
        if words and not words[0].startswith("."):
            marks = "".join(words)
            cube, feeds = marks[:-width], marks[-width:]
            if all(mark in "-2" or int(mark) == bit for mark, bit in zip(cube, row, strict=True)):
                outputs = [int(on or mark in "14") for on, mark in zip(outputs, feeds, strict=True)]
    return outputs


@st.composite
def files(draw: st.DrawFn) -> str:
    """A file of up to eight cubes whose on-set and off-set need not agree."""
    inputs, outputs = draw(st.integers(0, 5)), draw(st.integers(1, 4))
    kind = draw(st.sampled_from(["", ".type f", ".type fd", ".type fr", ".type fdr"]))
    gap = draw(st.sampled_from([" ", "", " | "]))
    cube = st.text("0011-2", min_size=inputs, max_size=inputs)
    feeds = st.text("1104-~23", min_size=outputs, max_size=outputs)
    rows = [f"{draw(cube)}{gap}{draw(feeds)}" for _ in range(draw(st.integers(0, 8)))]
    header = [f".i {inputs}", f".o {outputs}", kind, f".p {len(rows)}"]
    return "\n".join([*header, *rows, draw(st.sampled_from(["", ".e", ".end", "# end"]))]) + "\n"


def contradicts(text: str, netlist_inputs: int) -> bool:
    """Whether the on-set of an output meets its off-set, looking at every input."""
    if ".type fr" not in text and ".type fdr" not in text:
        return False
    swapped = str.maketrans("1403", "0011")
    lines = text.splitlines()
    width = int(lines[1].split()[1])
    turned = [
        line
        if not line or line[0] in ".#"
        else line[: len(line) - width] + line[len(line) - width :].translate(swapped)
        for line in lines
    ]
    rows = [
        tuple(number >> place & 1 for place in range(netlist_inputs))
        for number in range(2**netlist_inputs)
    ]
    return any(
        on and off
        for row in rows
        for on, off in zip(interpreted(text, row), interpreted("\n".join(turned), row), strict=True)
    )


@given(files(), st.sampled_from(["\n", "\r\n", "\r"]))
@settings(max_examples=150, deadline=None)
def test_a_file_computes_what_its_text_says(path: Path, text: str, newline: str) -> None:
    if contradicts(text, int(text.split()[1])):
        assert "says it is off" in refusal(path, text, read_pla)
        return
    netlist = written(path, text.replace("\n", newline), read_pla)
    for row, outputs in truth_table(netlist).items():
        assert list(outputs.values()) == interpreted(text, row)


@given(files(), st.data())
@settings(max_examples=120, deadline=None)
def test_an_output_of_phase_0_is_on_on_its_off_set(
    path: Path, text: str, data: st.DataObject
) -> None:
    lines = text.splitlines()
    inputs, outputs = int(lines[0].split()[1]), int(lines[1].split()[1])
    if contradicts(text, inputs):
        return
    phases = data.draw(st.text("01", min_size=outputs, max_size=outputs))
    phased = "\n".join([*lines[:2], f".phase {phases}", *lines[2:]])
    lists_off = ".type fr" in text or ".type fdr" in text
    netlist = written(path, phased, read_pla)
    for row, found in truth_table(netlist).items():
        on = interpreted(text, row)
        off = interpreted(translated(text, "03", outputs), row)
        free = interpreted(translated(text, "-2", outputs), row)
        if not lists_off:
            # What is not listed is off; don't-cares count where the type has them.
            free = [bit and ".type f\n" not in text for bit in free]
            off = [not (one or other) for one, other in zip(on, free, strict=True)]
        wanted = [
            int(one if phase == "1" else other)
            for phase, one, other in zip(phases, on, off, strict=True)
        ]
        assert list(found.values()) == wanted


def translated(text: str, marks: str, outputs: int) -> str:
    """The file with only these output marks, as 1."""
    lines = text.splitlines()
    table = {ord(mark): "1" if mark in marks else "~" for mark in "0123456789-~"}
    return "\n".join(
        line
        if not line or line[0] in ".#"
        else line[: len(line) - outputs] + line[len(line) - outputs :].translate(table)
        for line in lines
    )


def test_names_and_gates_of_a_small_file(path: Path) -> None:
    netlist = written(path, SMALL, read_pla)
    assert netlist.name == "x.pla"
    assert list(netlist.inputs) == ["a", "b", "c"]
    assert list(netlist.output_names) == ["f", "g"]
    # Three cubes, gates 0-2, and two ORs as negated ANDs of them negated.
    assert netlist.fan_in_offsets.tolist() == [0, 2, 5, 6, 8, 10]
    assert netlist.fan_in.tolist() == [2, 7, 3, 4, 6, 6, 9, 11, 11, 13]
    assert netlist.outputs.tolist() == [15, 17]


def test_names_without_ilb_and_ob(path: Path) -> None:
    netlist = written(path, ".i 2\n.o 2\n11 11\n", read_pla)
    assert list(netlist.inputs) == ["x0", "x1"]
    assert list(netlist.output_names) == ["o0", "o1"]


def test_equal_cubes_are_one_gate(path: Path) -> None:
    netlist = written(path, ".i 2\n.o 2\n11 10\n11 01\n12 10\n1- 10\n", read_pla)
    assert netlist.gates == 2 + 2
    assert netlist.fan_in_offsets.tolist() == [0, 2, 3, 5, 6]


def same(first: Netlist, second: Netlist) -> bool:
    return truth_table(first) == truth_table(second)


@pytest.mark.parametrize(
    "text",
    [
        SMALL.replace("\n", "\r\n"),
        SMALL.replace(".e\n", ""),
        SMALL.replace(".e\n", ".end\nanything"),
        SMALL.replace(".p 3\n", ""),
        SMALL.replace(".p", ".type f\n.p"),
        SMALL.replace("011 11", "0 1\n1 |\n11"),
        SMALL.replace("\n", " # note\n\n"),
        SMALL.replace("10\n", "4~\n").replace("--1", "221"),
        "\ufeff# Böhm\n" + SMALL,
    ],
)
def test_what_makes_no_difference(path: Path, text: str) -> None:
    assert same(written(path, text, read_pla), written(path, SMALL, read_pla))


def test_thousands_of_inputs(path: Path) -> None:
    rows = ["-" * place + "1" + "-" * (2999 - place) + " 1\n" for place in range(3000)]
    netlist = written(path, f".i 3000\n.o 1\n{''.join(rows)}.e\n", read_pla)
    assert netlist.gates == 3001
    assert len(netlist.fan_in) == 6000


def test_the_contradiction_check_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = ".i 2\n.o 1\n.type fr\n1- 1\n-1 0\n"
    monkeypatch.setattr(pla, "MAX_CHECK_WORK", 12)
    assert "line 4: output 'o0' is on where line 5 says it is off" in refusal(path, text, read_pla)
    monkeypatch.setattr(pla, "MAX_CHECK_WORK", 11)
    assert truth_table(written(path, text, read_pla))[(1, 1)] == {"o0": 1}


def test_contradictions_far_apart(path: Path) -> None:
    rows = [f"{number:012b} {number % 2}\n" for number in range(3000)]
    text = f".i 12\n.o 1\n.type fr\n{''.join(rows)}"
    assert written(path, text, read_pla).gates == 3001
    message = refusal(path, text + f"{2999:012b} 0\n", read_pla)
    assert "line 3003: output 'o0' is on where line 3004 says it is off" in message


HEAD = ".i 2\n.o 1\n"
BROKEN: list[tuple[str | bytes, str]] = [
    ("", "x.pla: .i is missing"),
    (".i 2\n", "x.pla: .o is missing"),
    (".o 2\n11 1\n", "x.pla, line 2: a cube stands before .i"),
    (HEAD + "11 11\n", "line 3: a cube of 4 marks where .i and .o ask for 3"),
    (HEAD + "11\n", "line 3: a cube of 2 marks where .i and .o ask for 3"),
    (HEAD + "11\n11 1\n", "line 3: a cube of 5 marks where .i and .o ask for 3"),
    (HEAD + "1x 1\n", "line 3: inputs '1x' must be of 0, 1, - and 2 only"),
    (HEAD + "1? 1\n", "line 3: inputs '1?' must be of 0, 1, - and 2 only"),
    (HEAD + "11 5\n", "line 3: outputs '5' must be of 0, 1, -, ~, 2, 3 and 4 only"),
    (HEAD + ".type fr\n1- 1\n11 0\n", "line 4: output 'o0' is on where line 5 says it is off"),
    (HEAD + ".type fdr\n1- 0\n11 1\n", "line 5: output 'o0' is on where line 4 says it is off"),
    (HEAD + ".type dr\n", "line 3: type 'dr' must be f, fd, fr or fdr"),
    (HEAD + "11 1\n.type fr\n", "line 4: .type must stand before the first cube"),
    (HEAD + "11\n.i 2\n", "line 4: .i is given a second time; the first: line 1"),
    (HEAD + ".p 2\n11 1\n.e\n", "line 3: .p promises 2 cubes; the file has 1"),
    (HEAD + ".p\n", "line 3: .p takes one value, not 0"),
    (".i 2 2\n", "line 1: .i takes one value, not 2"),
    (".i 999999999\n.o 1\n", "line 1: .i '999999999' must be a whole number from 0 to 10000000"),
    (".i 9999999\n.o 1\n", "line 1: .i 9999999 is more than a file of 16 characters can hold"),
    (".i 2\n.o 0\n", "line 2: .o '0' must be a whole number from 1 to"),
    (".i -2\n", "line 1: .i '-2' must be a whole number from 0 to"),
    (".i ²\n", "line 1: .i '²' must be a whole number from 0 to"),
    (f".i {'9' * 5000}\n", "line 1: .i '9999"),
    (HEAD + ".ilb a\n", "line 3: .ilb lists 1 names; .i says 2"),
    (HEAD + ".ilb a a\n", "line 3: name 'a' is listed twice"),
    (HEAD + ".ob f\n.ob f\n", "line 4: .ob is given a second time; the first: line 3"),
    (HEAD + ".ob \x07\n", "line 3: name '\\x07' must be 1 to 1000 printable"),
    (HEAD.encode() + b".ob \xe9\n", "line 3: name '\\udce9' is not UTF-8"),
    (HEAD + ".phase 00\n", "line 3: .phase '00' must be 1 marks 0 or 1, one per output"),
    (HEAD + ".phase 2\n", "line 3: .phase '2' must be 1 marks 0 or 1, one per output"),
    (HEAD + ".phase\n", "line 3: .phase '' must be 1 marks 0 or 1, one per output"),
    (HEAD + ".phase 0\n.phase 0\n", "line 4: .phase is given a second time; the first: line 3"),
    (".phase 0\n.i 1\n.o 1\n", "line 1: .phase must stand behind .o"),
    (".mv 4 3 2\n", "line 1: .mv is not supported; only plain tables are"),
    (".kiss\n", "line 1: .kiss is not supported; only plain tables are"),
    (HEAD + ".x\n", "line 3: '.x' is no directive this reader knows"),
    (HEAD + "11 \0\n", "line 3: holds a NUL byte"),
]


@pytest.mark.parametrize(("data", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_a_broken_file_is_told_line_and_rule(path: Path, data: str | bytes, message: str) -> None:
    assert message in refusal(path, data, read_pla)


def test_a_cube_on_very_many_lines(path: Path) -> None:
    netlist = written(path, ".i 199999\n.o 1\n" + "1\n" * 200_000, read_pla)
    assert len(netlist.fan_in) == 200_000


VALID = [SMALL, ".i 2\n.o 2\n.type fdr\n.p 3\n11 10\n00 01\n0- -~\n.e\n"]


@given(spoilt(VALID, "01-2~ \n.|#"))
@settings(max_examples=150, deadline=None)
def test_a_spoilt_file_is_read_or_refused(path: Path, data: bytes) -> None:
    assert_read_or_refused(path, data, read_pla)


@given(st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(path: Path, data: bytes) -> None:
    assert_read_or_refused(path, data, read_pla)


@pytest.mark.parametrize("file", real_files("mcnc/*.pla"))
def test_a_real_file_computes_what_its_text_says(file: Path) -> None:
    netlist, text = read_pla(file), file.read_text()
    source = random.Random(0)
    for _ in range(100):
        row = tuple(source.getrandbits(1) for _ in netlist.inputs)
        values = dict(zip(netlist.inputs, row, strict=True))
        assert list(values_of(netlist, values, 1).values()) == interpreted(text, row)
