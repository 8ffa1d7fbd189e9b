"""BENCH files: what netlist they make, and what every kind of broken file is told."""

from __future__ import annotations

import random
import re
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits.logic.netlist import NetlistKind
from polyseme.circuits.readers import signals
from polyseme.circuits.readers.bench import read_bench
from support.logic_files import (
    CIRCUITS,
    assert_read_or_refused,
    real_files,
    refusal,
    spoilt,
    truth_table,
    values_of,
    written,
)

SMALL = "INPUT(a)\nINPUT(b)\nOUTPUT(f)\nOUTPUT(a)\nn = NAND(a, b)\nf = xor(n, b)\n"
GATES = {
    "AND": all,
    "OR": any,
    "NAND": lambda bits: not all(bits),
    "NOR": lambda bits: not any(bits),
    "XOR": lambda bits: sum(bits) % 2 == 1,
    "XNOR": lambda bits: sum(bits) % 2 == 0,
    "NOT": lambda bits: not bits[0],
    "BUF": lambda bits: bits[0],
    "BUFF": lambda bits: bits[0],
    "BUFFER": lambda bits: bits[0],
    "INV": lambda bits: not bits[0],
    "EXOR": lambda bits: sum(bits) % 2 == 1,
    "NXOR": lambda bits: sum(bits) % 2 == 0,
    "EXNOR": lambda bits: sum(bits) % 2 == 0,
    "MUX": lambda bits: bits[2] if bits[0] else bits[1],
}

OF_ONE = ("NOT", "INV", "BUF", "BUFF", "BUFFER")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to write over, shared so that hypothesis may use it."""
    return tmp_path_factory.mktemp("bench") / "x.bench"


def interpreted(text: str, values: dict[str, int]) -> dict[str, int]:
    """The outputs of a file, straight from its text for one input."""
    text = re.sub(r"#.*", "", text)
    gates = {
        name: (gate.upper(), re.split(r"[\s,]+", inside.strip()))
        for name, gate, inside in re.findall(r"^(\S+) *= *(.*?) *\((.*)\)", text, re.MULTILINE)
    }
    constants = re.findall(r"^(\S+) *= *(vdd|gnd) *$", text, re.MULTILINE | re.IGNORECASE)
    known = values | {name: int(word.upper() == "VDD") for name, word in constants}

    def value(name: str) -> int:
        if name not in known:
            gate, inputs = gates[name]
            bits = [value(other) for other in inputs]
            if gate.startswith("LUT"):
                row = sum(bit << place for place, bit in enumerate(bits))
                known[name] = int(gate.split()[1], 16) >> row & 1
            else:
                known[name] = int(GATES[gate](bits))
        return known[name]

    ports = re.findall(r"^output\s*\((.*)\)", text, re.MULTILINE | re.IGNORECASE)
    latches = {f"{n}.next": inputs[0] for n, (gate, inputs) in gates.items() if gate == "DFF"}
    names = {name.strip(): name.strip() for name in ports} | latches
    return {name: value(read) for name, read in names.items()}


@st.composite
def files(draw: st.DrawFn) -> str:
    """A file of up to six gates, its lines in any order."""
    inputs = [f"i({number})" for number in range(draw(st.integers(1, 4)))]
    states = [f"q{number}" for number in range(draw(st.integers(0, 2)))]
    known = [*inputs, *states]
    lines = [f"{draw(st.sampled_from(['INPUT', 'input']))}({name})" for name in inputs]
    for number in range(draw(st.integers(1, 6))):
        gate = draw(st.sampled_from([*GATES, "LUT", "vdd", "GND"]))
        least, most = (3, 3) if gate == "MUX" else (1, 1 if gate in OF_ONE else 4)
        read = draw(st.lists(st.sampled_from(known), min_size=least, max_size=most))
        if gate == "LUT":
            gate = f"LUT 0x{draw(st.integers(0, 2**2 ** len(read) - 1)):X}"
        word = draw(st.sampled_from([gate, gate.lower()]))
        call = (
            ""
            if gate in ("vdd", "GND")
            else f"{draw(st.sampled_from(['', ' ']))}({', '.join(read)})"
        )
        lines.append(f"g{number} = {word}{call}")
        known.append(f"g{number}")
    lines += [f"{state} = DFF({draw(st.sampled_from(known))})" for state in states]
    outputs = draw(st.lists(st.sampled_from(known), min_size=1, unique=True))
    lines += [f"OUTPUT( {name} )  # out" for name in outputs]
    return "# c\n" + "\n".join(draw(st.permutations(lines))) + "\n"


@given(files(), st.sampled_from(["\n", "\r\n", "\r"]))
@settings(max_examples=100, deadline=None)
def test_a_file_computes_what_its_text_says(path: Path, text: str, newline: str) -> None:
    netlist = written(path, text.replace("\n", newline), read_bench)
    for row, outputs in truth_table(netlist).items():
        assert outputs == interpreted(text, dict(zip(netlist.inputs, row, strict=True)))


@given(st.integers(1, 6), st.data())
@settings(max_examples=100, deadline=None)
def test_a_table_is_read_with_its_first_input_lowest(
    path: Path, width: int, data: st.DataObject
) -> None:
    table = data.draw(st.integers(0, 2**2**width - 1))
    names = [f"i{number}" for number in range(width)]
    ports = "".join(f"INPUT({name})\n" for name in names)
    text = f"{ports}OUTPUT(f)\nf = LUT 0x{table:x} ({', '.join(names)})\n"
    for row, outputs in truth_table(written(path, text, read_bench)).items():
        assert outputs["f"] == table >> int("".join(map(str, reversed(row))), 2) & 1


def test_names_and_gates_of_a_small_file(path: Path) -> None:
    netlist = written(path, SMALL, read_bench)
    assert netlist.name == "x.bench"
    assert list(netlist.inputs) == ["a", "b"]
    assert list(netlist.output_names) == ["f", "a"]
    assert netlist.kinds.tolist() == [NetlistKind.AND, NetlistKind.XOR]
    assert netlist.fan_in.tolist() == [2, 4, 7, 4]
    assert netlist.outputs.tolist() == [8, 2]


@pytest.mark.parametrize("word", ["vdd", "VDD()", "CONST1", "const1( )"])
def test_constants_may_have_parentheses(path: Path, word: str) -> None:
    true = written(path, f"INPUT(a)\nOUTPUT(f)\nf = {word}\n", read_bench)
    assert truth_table(true)[(0,)] == {"f": 1}
    other = word.replace("1", "0").replace("vdd", "gnd").replace("VDD", "GND")
    false = written(path, f"INPUT(a)\nOUTPUT(f)\nf = {other}\n", read_bench)
    assert truth_table(false)[(0,)] == {"f": 0}


def test_flip_flops_are_cut_behind_inputs_and_outputs(path: Path) -> None:
    netlist = written(path, "q = DFF(d)\nOUTPUT(q)\nd = NOR(q, a)\nINPUT(a)\n", read_bench)
    assert list(netlist.inputs) == ["a", "q"]
    assert list(netlist.output_names) == ["q", "q.next"]
    assert truth_table(netlist)[(0, 0)] == {"q": 0, "q.next": 1}


@pytest.mark.parametrize("parity", [0, 1])
def test_the_widest_table(path: Path, parity: int) -> None:
    names = [f"i{number}" for number in range(16)]
    table = sum(1 << row for row in range(2**16) if row.bit_count() % 2 == parity)
    ports = "".join(f"INPUT({name})\n" for name in names)
    text = f"{ports}OUTPUT(f)\nf = LUT 0x{table:x} ({', '.join(names)})\n"
    netlist = written(path, text, read_bench)
    assert netlist.kinds.tolist() == [NetlistKind.XOR]
    assert netlist.outputs.tolist() == [2 * 17 + (1 - parity)]


def test_a_table_takes_cubes_of_its_smaller_half(path: Path) -> None:
    ports = "INPUT(a)\nINPUT(b)\nINPUT(c)\nOUTPUT(f)\n"
    # An OR; c ? b : a; and not (ab or not a not b c), which as ones would be three ANDs and an OR.
    for table, gates, literals in (("0xFE", 1, 3), ("0xCA", 3, 6), ("0x67", 3, 7)):
        netlist = written(path, f"{ports}f = LUT {table} (a, b, c)\n", read_bench)
        assert (netlist.gates, len(netlist.fan_in)) == (gates, literals)


BROKEN: list[tuple[str | bytes, str]] = [
    ("", "x.bench: no output; name at least one"),
    ("INPUT(a)\n", "x.bench: no output; name at least one"),
    ("INPUT(a)\nOUTPUT(f)\n", "x.bench, line 2: signal 'f' is not defined anywhere"),
    ("OUTPUT(f)\nf = NOT(g)\n", "line 2: signal 'g' is not defined anywhere"),
    ("OUTPUT(f)\nf = NOT(f)\n", "line 2: signal 'f' depends on itself"),
    ("INPUT(f)\nOUTPUT(f)\nf = vdd\n", "line 3: signal 'f' is defined a second time; the first"),
    ("INPUT(a)\nOUTPUT(a)\nOUTPUT(a)\n", "line 3: output 'a' is named twice"),
    ("INPUT(a)\nOUTPUT(f)\nf = NOT(a, a)\n", "line 3: NOT of 2 inputs; it takes one"),
    ("INPUT(a)\nOUTPUT(f)\nf = dff(a, a)\n", "line 3: DFF of 2 inputs; it takes one"),
    ("INPUT(a)\nOUTPUT(f)\nf = AND()\n", "line 3: name '' must be a word without , and ="),
    ("INPUT(a)\nOUTPUT(f)\nf = AND(a,)\n", "line 3: name '' must be a word without , and ="),
    ("INPUT(a)\nOUTPUT(f)\nf = AND(a a)\n", "line 3: name 'a a' must be a word without , and ="),
    ("INPUT(a)\nOUTPUT(f)\nf = AND a\n", "line 3: 'AND a' must be GATE(a, b), vdd or gnd"),
    ("INPUT(a)\nOUTPUT(f)\nf = AND(a\n", "line 3: 'AND(a' must be GATE(a, b), vdd or gnd"),
    ("INPUT(a)\nOUTPUT(f)\nf = (a)\n", "line 3: '(a)' must be GATE(a, b), vdd or gnd"),
    ("INPUT(a)\nOUTPUT(f)\nf = A B C(a)\n", "line 3: 'A B C(a)' must be GATE(a, b), vdd or gnd"),
    ("INPUT(a)\nOUTPUT(f)\nf = AND x (a)\n", "line 3: 'x' stands between gate and inputs"),
    ("INPUT(a)\nOUTPUT(f)\nf = MUX(a, a)\n", "line 3: MUX of 2 inputs; it takes three"),
    ("INPUT(a)\nOUTPUT(f)\nf = INV(a, a)\n", "line 3: INV of 2 inputs; it takes one"),
    ("INPUT(a)\nOUTPUT(f)\nf = MAJ(a, a, a)\n", "line 3: gate 'MAJ' is none of AND, NAND, OR"),
    ("INPUT(a) = AND(b)\n", "line 1: name 'a) = AND(b' must be a word without , and ="),
    ("INPUT(a, b)\n", "line 1: name 'a, b' must be a word without , and ="),
    ("INPUT a\n", "line 1: 'INPUT a' must be INPUT(a), OUTPUT(a) or a = GATE(b, c)"),
    ("= AND(a)\n", "line 1: name '' must be a word without , and ="),
    ("INPUT(a)\nf = LUT (a)\n", "line 2: table '' must be 0x and at most 1 hexadecimal digits"),
    ("INPUT(a)\nf = LUT 2 (a)\n", "line 2: table '2' must be 0x and at most 1 hexadecimal"),
    ("INPUT(a)\nf = LUT 0xg (a)\n", "line 2: table '0xg' must be 0x and at most 1 hexadecimal"),
    ("INPUT(a)\nf = LUT 0x4 (a)\n", "line 2: table '0x4' has more than 2 bits"),
    ("INPUT(a)\nf = LUT 0x100 (a, a, a)\n", "line 2: table '0x100' must be 0x and at most 2"),
    (f"f = LUT 0x0 ({'a,' * 16}a)\n", "line 1: LUT of 17 inputs; the most is 16"),
    ("INPUT(a\x07)\n", "line 1: name 'a\\x07' must be 1 to 1000 printable"),
    (f"INPUT({'n' * 1001})\n", "line 1: name 'nnnn"),
    (b"INPUT(caf\xe9)\n", "line 1: name 'caf\\udce9' is not UTF-8"),
    ("INPUT(a)\0\n", "line 1: holds a NUL byte"),
    ("f =" + "x" * 2**24, "line 1: a line may have at most 16777216 characters"),
    ("f = " + "x" * 2**23 + "\n", "line 1: 'xxxx"),
]


@pytest.mark.parametrize(("data", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_a_broken_file_is_told_line_and_rule(path: Path, data: str | bytes, message: str) -> None:
    assert message in refusal(path, data, read_bench)


def test_signals_and_literals_are_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "INPUT(a)\nOUTPUT(f)\nf = AND(a, a, a)\n"
    monkeypatch.setattr(signals, "MAX_SIGNALS", 2)
    monkeypatch.setattr(signals, "MAX_LITERALS", 3)
    assert written(path, text, read_bench).gates == 1
    monkeypatch.setattr(signals, "MAX_LITERALS", 2)
    assert "line 3: gates may read at most 2 literals" in refusal(path, text, read_bench)
    monkeypatch.setattr(signals, "MAX_SIGNALS", 1)
    assert "line 2: there may be at most 1 signals" in refusal(path, text, read_bench)


def test_comments_may_be_latin_1(path: Path) -> None:
    netlist = written(path, b"# caf\xe9\n" + SMALL.encode(), read_bench)
    assert netlist.gates == 2


VALID = [SMALL, "INPUT(a)\nq = DFF(g)\ng = LUT 0x6 (a, q)\nOUTPUT(g)\nz = vdd\nOUTPUT(z)\n"]


@given(spoilt(VALID, "()=, \nabfx0"))
@settings(max_examples=150, deadline=None)
def test_a_spoilt_file_is_read_or_refused(path: Path, data: bytes) -> None:
    assert_read_or_refused(path, data, read_bench)


@given(st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(path: Path, data: bytes) -> None:
    assert_read_or_refused(path, data, read_bench)


@pytest.mark.parametrize("file", real_files("iscas85/*.bench"))
def test_a_real_file_computes_what_its_text_says(file: Path) -> None:
    netlist, text = read_bench(file), file.read_text()
    source = random.Random(0)
    for _ in range(20):
        row = {name: source.getrandbits(1) for name in netlist.inputs}
        assert interpreted(text, row) == values_of(netlist, row, 1)


@pytest.mark.skipif(not CIRCUITS.exists(), reason="the circuits lie outside the project")
def test_c17() -> None:
    table = truth_table(read_bench(CIRCUITS / "iscas85/c17.bench"))
    for one, two, three, six, seven in product((0, 1), repeat=5):
        assert table[(one, two, three, six, seven)] == {
            "22": int((one and three) or (two and not (three and six))),
            "23": int((two or seven) and not (three and six)),
        }
