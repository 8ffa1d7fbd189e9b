"""AIGER files there and back, and what every kind of broken file is told."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import (
    Circuit,
    Netlist,
    NetlistKind,
    evaluate_dense,
    normalise,
    read,
    write_aiger,
    write_json,
)
from polyseme.circuits.readers.aiger import read_aiger
from polyseme.errors import PolysemeError, SourceError
from support.netlists import computed, every_input, large_circuit, make_netlist, netlists
from support.places import CIRCUITS

SHARED = CIRCUITS / "epfl"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to write into, shared so that hypothesis may use it."""
    return tmp_path_factory.mktemp("aiger")


def written(folder: Path, data: str | bytes) -> Path:
    content = data.encode() if isinstance(data, str) else data
    path = folder / ("file.aig" if content.startswith(b"aig") else "file.aag")
    path.write_bytes(content)
    return path


def names(netlist: Netlist) -> tuple[list[str], list[str]]:
    return list(netlist.inputs), list(netlist.output_names)


@given(netlists(max_inputs=6))
@settings(max_examples=60, deadline=None)
def test_files_keep_function_names_and_polarity(folder: Path, netlist: Netlist) -> None:
    circuit = normalise(netlist)
    for ending in ("aag", "aig", "json"):
        path = folder / f"there.{ending}"
        (write_json if ending == "json" else write_aiger)(circuit, path)
        back = read(path)
        assert back.name == ("net" if ending == "json" else path.name)
        assert (back.features, back.output_names) == (circuit.features, circuit.output_names)
        assert back.inverted.tolist() == circuit.inverted.tolist()
        every = np.array(every_input(len(circuit.features)))
        assert np.array_equal(evaluate_dense(back, every), evaluate_dense(circuit, every))


def assert_same_function(one: Circuit, other: Circuit, seed: int) -> None:
    generator = np.random.default_rng(seed)
    shape = (8, len(one.features))
    bits = np.concatenate([generator.random(shape) < share for share in (0, 0.03, 0.5)])
    assert np.array_equal(evaluate_dense(one, bits), evaluate_dense(other, bits))


@pytest.mark.parametrize("seed", range(15))
def test_large_circuits_there_and_back(folder: Path, seed: int) -> None:
    sizes = [1000, 2000, 3000, 5000, 30_000 if seed == 14 else 10_000]
    circuit = large_circuit(sizes[seed % 5], seed)
    for ending in (("aag", "aig", "json")[seed % 3], "aig"):
        path = folder / f"large.{ending}"
        (write_json if ending == "json" else write_aiger)(circuit, path)
        back = read(path)
        assert list(back.features) == list(circuit.features)
        assert back.output_names == circuit.output_names
        assert_same_function(back, circuit, seed)


@pytest.mark.parametrize("ending", ["aag", "aig"])
def test_another_program_reads_what_is_written(folder: Path, ending: str) -> None:
    io = pytest.importorskip("aigverse.io", reason="the extra 'logic' is not installed")
    circuit = large_circuit(500, 3)
    path = folder / f"theirs.{ending}"
    write_aiger(circuit, path)
    theirs = (io.read_aiger_into_aig if ending == "aig" else io.read_ascii_aiger_into_aig)(
        str(path)
    )
    inputs, outputs, gates, *literals = theirs.to_index_list().raw()
    assert (inputs, outputs) == (len(circuit.features), len(circuit.outputs))
    netlist = make_netlist(
        inputs,
        [(NetlistKind.AND, literals[2 * gate : 2 * gate + 2]) for gate in range(gates)],
        literals[2 * gates :],
    )
    assert_same_function(normalise(netlist), circuit, 0)


@pytest.mark.parametrize("name", ["adder", "cavlc", "ctrl", "dec", "i2c", "priority", "router"])
def test_published_circuits(folder: Path, name: str) -> None:
    if not SHARED.is_dir():
        pytest.skip("the shared circuits are not here")
    circuit = read(SHARED / f"{name}.aig")
    write_aiger(circuit, folder / "again.aag")
    assert_same_function(read(folder / "again.aag"), circuit, 0)
    if name == "adder":
        numbers = np.random.default_rng(0).integers(0, 2, (50, 2, 128)).astype(bool)
        weights = [2**bit for bit in range(129)]
        sums = evaluate_dense(circuit, numbers.reshape(50, 256))
        for (one, other), total in zip(numbers.tolist(), sums.tolist(), strict=True):
            added = sum(
                w for bits in (one, other) for w, bit in zip(weights, bits, strict=False) if bit
            )
            assert added == sum(w for w, bit in zip(weights, total, strict=True) if bit)


def test_ascii_and_binary_say_the_same(folder: Path) -> None:
    ascii_form = read_aiger(written(folder, "aag 4 2 0 2 2\n2\n4\n8\n7\n8 6 2\n6 5 3\n"))
    # 6 = 5 AND 3, differences 1 and 2; 8 = 6 AND 2, differences 2 and 4.
    binary = read_aiger(written(folder, b"aig 4 2 0 2 2\n8\n7\n\x01\x02\x02\x04"))
    for netlist in (ascii_form, binary):
        assert names(netlist) == (["i0", "i1"], ["o0", "o1"])
        assert [computed(netlist, on) for on in every_input(2)] == [
            [False, a or b] for a, b in every_input(2)
        ]


def test_latches_are_cut(folder: Path) -> None:
    text = "aag 5 1 3 1 1 1 1\n2\n4 10 0\n6 5 1\n8 3 8\n10\n6\n1\n10 2 4\n"
    netlist = read_aiger(written(folder, f"{text}l0 state\no0 i0\nb0 o0\nc\nany\x00thing"))
    assert list(netlist.inputs) == ["i0", "state", "l1", "l2"]
    outputs = ["i0", "state.next", "l1.next", "l2.next", "o0", "c0"]
    assert list(netlist.output_names) == outputs
    on = (True, True, False, False)
    assert computed(netlist, on) == [True, True, False, False, False, True]
    binary = read_aiger(written(folder, b"aig 3 1 1 1 1\n6 4\n4\n\x02\x02"))
    assert names(binary) == (["i0", "l0"], ["o0", "l0.next"])


def test_long_names_stay_fit_when_something_is_put_behind(folder: Path) -> None:
    long, symbols = "a" * 1000, ""
    for position in "i0", "i1", "l0":
        symbols += f"{position} {long}\n"
    netlist = read_aiger(written(folder, f"aag 3 2 1 1 0\n2\n4\n6 2\n2\n{symbols}"))
    stem = long[:980]
    assert list(netlist.inputs) == [long, f"{stem}_2", f"{stem}_3"]
    assert list(netlist.output_names) == ["o0", f"{stem}.next"]


def test_variables_may_have_large_numbers_and_gaps(folder: Path) -> None:
    netlist = read_aiger(
        written(folder, "aag 500000000 1 0 1 1\n800\n999999998\n999999998 801 1\n")
    )
    assert [computed(netlist, on) for on in every_input(1)] == [[True], [False]]


@pytest.mark.parametrize(
    ("symbols", "inputs"),
    [
        ("", ["i0", "i1", "i2"]),
        ("i1 a b \n", ["i0", "a b ", "i2"]),
        ("i1 i0\n", ["i0_2", "i0", "i2"]),
        ("i0 x\ni1 x\ni2 x_2\n", ["x", "x_3", "x_2"]),
        ("i2 x\ni0 x\ni1 x\n", ["x", "x_2", "x_3"]),
        ("i0 ü\r\nc\nignored", ["ü", "i1", "i2"]),
    ],
)
def test_names(folder: Path, symbols: str, inputs: list[str]) -> None:
    netlist = read_aiger(written(folder, f"aag 3 3 0 1 0\n2\n4\n6\n2\n{symbols}"))
    assert list(netlist.inputs) == inputs


GOOD = "aag 3 2 0 1 1\n2\n4\n6\n6 2 4\n"
BAD = b"aig 3 2 0 1 1\n6\n"
BROKEN: list[tuple[str | bytes, str]] = [
    ("", "file.aag: the file ends where the header should follow"),
    ("aag 3 2 0 1\n", "file.aag, line 1: 'aag 3 2 0 1' is no AIGER header"),
    ("aag 1 1 0 1 0 0 0 0 0 0\n2\n2\n", "is no AIGER header"),
    ("abc 3 2 0 1 1\n", "is no AIGER header"),
    (b"aag \xff\x00 2 0 1 1\n", "line 1: M '"),
    ("aag x 2 0 1 1\n", "file.aag, line 1: M 'x' must be a whole number"),
    (f"aag {'9' * 5000} 2 0 1 1\n", "line 1: 'aag 999"),
    ("aag 3 2 0 -1 1\n", "line 1: O '-1' must be a whole number"),
    ("aag 2 2 0 1 1\n2\n4\n6\n6 2 4\n", "line 1: M = 2 is less than I + L + A = 3"),
    ("aag 4 2 0 1 1 0 0 1\n2\n4\n6\n6 2 4\n", "line 1: justice properties (J = 1)"),
    ("aag 4 2 0 1 1 0 0 0 1\n2\n4\n6\n6 2 4\n", "line 1: fairness constraints (F = 1)"),
    (
        "aag 500000000 2 0 1 500000\n2\n4\n6\n",
        "line 1: the header announces at least 3000006 bytes",
    ),
    ("aag 500000000 400000000 0 1 1\n", "line 1: I = 400000000; it may be at most"),
    ("aag 500000000 2 0 1 400000000\n", "line 1: A = 400000000; it may be at most"),
    (GOOD.replace("\n6\n", "\n6 6\n"), "line 4: an output is a line of 1 numbers, not '6 6'"),
    (GOOD.replace("\n6\n", "\nx\n"), "line 4: an output is written in whole numbers, not 'x'"),
    (GOOD.replace("\n6\n", "\n\n"), "line 4: an output is a line of 1 numbers, not ''"),
    (GOOD.replace("\n6\n", "\n+6\n"), "line 4: an output is written in whole numbers"),
    (GOOD.replace("\n6\n", f"\n{'6' * 9999}\n"), "line 4: an output is written in whole numbers"),
    (GOOD.replace("\n6\n", "\n8\n"), "line 4: an output reads literal 8; the highest is 7"),
    (GOOD.replace("6 2 4", "6 2 9"), "line 5: an AND reads literal 9; the highest is 7"),
    (GOOD.replace("6 2 4", "6 200"), "line 5: an AND is a line of 3 numbers, not '6 200'"),
    (
        GOOD.replace("aag 3", "aag 5").replace("6 2 4", "6 2 9"),
        "line 5: an AND reads literal 9, which",
    ),
    (
        GOOD.replace("aag 3", "aag 5").replace("\n6\n", "\n11\n"),
        "line 4: an output reads literal 11, ",
    ),
    (GOOD.replace("6 2 4", "4 2 2"), "line 5: literal 4 is already defined in line 3"),
    (GOOD.replace("6 2 4", "7 2 4"), "line 5: literal 7 cannot be defined"),
    (GOOD.replace("\n2\n", "\n0\n"), "line 2: literal 0 cannot be defined"),
    (GOOD.replace("6 2 4", "6 2 7"), "line 5: the AND 6 depends on itself"),
    ("aag 4 1 0 0 2\n2\n6 8 2\n8 6 2\n", "the AND 6 depends on itself"),
    ("aag 2 1 1 0 0\n2\n4 2 2\n", "line 3: a latch is reset to 0, to 1 or to itself, literal 4"),
    ("aag 3 2 0 1 1\n2\n4\n6", "the header announces at least 12 bytes"),
    ("aag 3 2 0 1 1\n2\n4\n6666666\n", "line 4: an output reads literal 6666666"),
    (f"{GOOD}i2 x\n", "line 6: names i2, but the header has 2 of them"),
    (f"{GOOD}j0 x\n", "line 6: names j0, but the header has 0 of them"),
    (f"{GOOD}i0 x\ni0 y\n", "line 7: i0 is named twice"),
    (f"{GOOD}i0\n", "line 6: is neither a symbol nor the 'c'"),
    (f"{GOOD}\ni0 a\n", "line 6: is neither a symbol nor the 'c'"),
    (f"{GOOD}i0 \n", "line 6: name '' must be"),
    (f"{GOOD}i0 a\tb\n", "line 6: name 'a\\tb' must be"),
    (f"{GOOD}i0 {'a' * 1001}\n", "line 6: name 'aaaa"),
    (GOOD.encode() + b"i0 \xff\n", "line 6: the name of i0 is not UTF-8"),
    (b"aig 4 2 0 1 1\n6\n\x02\x02", "file.aig, line 1: M = 4 is not I + L + A = 3"),
    (b"aig 400000003 2 0 1 400000001\n6\n", "line 1: A = 400000001; it may be at most"),
    (b"aig 102 2 0 1 100\n6\n\x02\x02", "the header announces at least 202 bytes, but only 4"),
    (BAD + b"", "the header announces at least 4 bytes, but only 2 follow"),
    (BAD + b"\x82\x82", "file.aig: the file ends in gate 0 of 1"),
    (BAD + b"\x02\x82", "file.aig: the file ends in gate 0 of 1"),
    (BAD + b"\xff" * 9 + b"\x01\x02", "byte 16: gate 0 has a difference of more than 31 bits"),
    (BAD + b"\xff\xff\xff\xff\x7f\x02", "byte 16: gate 0 has a difference of more than 31 bits"),
    (BAD + b"\xff" * 99, "byte 16: gate 0 has a difference of more than 31 bits"),
    (BAD + b"\x00\x02", "literal 6 reads literal 6; an AND reads literals from 0 to 5"),
    (BAD + b"\x07\x00", "literal 6 reads literal -1; an AND reads literals from 0 to 5"),
    (BAD + b"\x02\x05", "literal 6 reads literal -1; an AND reads literals from 0 to 5"),
    (BAD + b"\x02\x02i9 x\n", "file.aig, byte 18: names i9, but the header has 2 of them"),
]


def test_the_files_the_broken_ones_start_from_are_sound(folder: Path) -> None:
    for data in (GOOD, BAD + b"\x02\x02", f"{GOOD}c\n", f"{GOOD}\n \n", GOOD.replace("\n", "\r\n")):
        netlist = read_aiger(written(folder, data))
        assert [computed(netlist, on) for on in every_input(2)] == [[False]] * 3 + [[True]]


@pytest.mark.parametrize(("data", "message"), BROKEN)
def test_each_rule_refuses_what_breaks_it(folder: Path, data: str | bytes, message: str) -> None:
    path = written(folder, data)
    with pytest.raises(SourceError, match=re.escape(message)) as caught:
        read_aiger(path)
    assert str(caught.value).startswith(str(path))
    assert str(caught.value).isprintable()


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_no_damage_ends_in_anything_but_a_source_error(folder: Path, data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([GOOD.encode() + b"i0 a\nc\n", BAD + b"\x02\x02i0 a\nc\n"]))
    at = data.draw(st.integers(0, len(whole)))
    cut = data.draw(st.integers(0, 3))
    damaged = whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + cut :]
    message = "nothing was wrong"
    try:
        normalise(read_aiger(written(folder, damaged)))
    except SourceError as error:
        message = str(error)
    assert message.isprintable()


def test_files_that_are_none(folder: Path) -> None:
    (folder / "folder.aig").mkdir()
    for name, rule in (("none.aag", "no such file"), ("folder.aig", "not a regular file")):
        with pytest.raises(SourceError, match=rule):
            read(folder / name)


def test_writing_refuses_other_endings_and_places(folder: Path) -> None:
    circuit = large_circuit(10, 0)
    with pytest.raises(SourceError, match=r"an AIGER file ends in \.aag or \.aig"):
        write_aiger(circuit, folder / "file.txt")
    with pytest.raises(PolysemeError, match="cannot be written"):
        write_aiger(circuit, folder / "nowhere" / "file.aig")


def test_sources_without_inputs_name_the_file(folder: Path) -> None:
    path = written(folder, "aag 0 0 0 1 0\n1\n")
    with pytest.raises(
        SourceError, match=re.escape(f"{path}: a circuit needs at least one feature")
    ):
        read(path)
