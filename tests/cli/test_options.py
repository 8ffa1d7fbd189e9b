"""Malformed command lines: each is refused in one line and writes nothing."""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.cli.late_commands import COMMANDS
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.proving.proof import METHODS
from support.cli import PROBLEM, Bench, assert_refused, call

NOT_WHOLE = [
    "nan",
    "inf",
    "-1",
    "1e400",
    "0x10",
    "1.5",
    "",
    " 3",
    "1_0",
    "٣",
    "9" * 400,
    "²",
    "1e3",
]

NOT_A_SHARE = ["nan", "inf", "-inf", "-1", "1", "1e400", "0x10", "1e-3x", "", "9" * 400, "--json"]

NOT_A_PROBLEM = [
    *(f"and2:features={number}" for number in NOT_WHOLE),
    *(f"uand:features={number}" for number in ("0", "1", "10000", "9" * 30)),
    "and2",
    "and2:",
    "and2:features",
    "and2:features=4,gates=100",
    "and2:features=4,features=4",
    "and2:features=4,colour=red",
    "and2:features=4,,",
    "and:features=4",
    "and:k=9,features=4",
    "and2:features=9,influence=odd",
    "permutation:features=0",
    "AND2:features=4",
    "nothing:features=4",
    "facts:",
    "facts:nowhere.csv",
    "nowhere.aig",
    "",
    ":",
]

# Text as a command line can carry it: anything but NUL, undecodable bytes too. Without digits and
# colons it is by chance neither a number nor a problem nor a numbered feature.
JUNK = st.text(st.characters(exclude_characters="\0:" + string.digits), max_size=30).filter(
    lambda text: not text.startswith("-")
) | st.sampled_from(["\udcff", "🙂", "a\nb", "\x1b[31m", "x" * 5000, "[/bold]", "%s", "\u202e"])


def _whole_numbers(lowest: int) -> st.SearchStrategy[str]:
    return st.sampled_from([*NOT_WHOLE, *(["0"] if lowest else [])])


def _names_but(*known: str) -> st.SearchStrategy[str]:
    return JUNK.filter(lambda text: text not in known)


# The commands whose command lines below write files.
WRITING = ("bench", "compile", "convert", "decompile", "edit", "explore", "export", "study")


@dataclass(frozen=True)
class Place:
    """Where a command line can be broken: how to write it there, and what not to write."""

    command: str
    written: Callable[[Bench, str], list[str | Path]]
    wrong: st.SearchStrategy[str]


def _option(command: str, option: str, wrong: st.SearchStrategy[str]) -> Place:
    return Place(command, lambda bench, value: [*_valid(command, bench), option, value], wrong)


def _valid(command: str, bench: Bench) -> list[str | Path]:
    """A command line that would do its work, were nothing added."""
    return {
        "compile": [PROBLEM, "-o", bench.folder / "new.safetensors"],
        "verify": [bench.net],
        "prove": [bench.net, "--active", "1"],
        "run": [bench.net, "--on", "x0"],
        "inspect": [bench.net],
        "interpret": [bench.net, "--gate", "g0"],
        "decompile": [bench.net, "-o", bench.folder / "found.json"],
        "edit": [
            bench.facts_net,
            "--set",
            "France: capital=Rome",
            "-o",
            bench.folder / "edited.safetensors",
        ],
        "explore": [bench.net, "--export", bench.folder / "net.html"],
        "learn": [
            PROBLEM,
            "--neurons",
            "20",
            "--steps",
            "2",
            "--samples",
            "1000",
            "--error",
            "0.9999",
        ],
        "study": [bench.study, "-o", bench.folder / "results"],
        "bench": ["--method", "neurons", "-o", bench.folder / "bench"],
        "bounds": [PROBLEM],
        "constructions": ["tight-frames"],
        "counting": ["permutation:features=40", "--neurons", "40"],
        "reproduce": ["--only", "reed-solomon"],
        "export": [bench.net, "--to", "onnx", "-o", bench.folder / "new.onnx"],
        "convert": [PROBLEM, "-o", bench.folder / "new.aag"],
    }[command]


def _bad_file(bench: Bench, value: str) -> str | Path:
    """One of the spoilt files for a number; anything else as it is, a path that is not there."""
    return bench.spoilt[int(value)] if value in tuple("01234567") else value


FILES = st.sampled_from(list("01234567")) | JUNK

OUTPUTS = st.sampled_from(["", ".", "..", "/", "absent/net", "absent/", "x" * 300])

PLACES = [
    Place("compile", lambda bench, value: [value, *_valid("compile", bench)[1:]], JUNK),
    Place(
        "compile",
        lambda bench, value: [value, *_valid("compile", bench)[1:]],
        st.sampled_from(NOT_A_PROBLEM),
    ),
    Place(
        "compile", lambda bench, value: [_bad_file(bench, value), "-o", bench.folder / "n"], FILES
    ),
    Place("compile", lambda bench, value: [PROBLEM, "-o", f"{bench.folder}/{value}"], OUTPUTS),
    _option("compile", "--active", _whole_numbers(1) | JUNK | st.just("201")),
    _option("compile", "--error", st.sampled_from([*NOT_A_SHARE, "0", "1e-7"])),
    _option("compile", "--neurons", _whole_numbers(1) | _names_but("auto") | st.just("2")),
    _option("compile", "--construction", _names_but("auto", *CATALOGUE)),
    _option("compile", "--encoder", _names_but("auto", "superposed", "basis")),
    _option("compile", "--seed", _whole_numbers(0) | st.just(str(2**63))),
    Place("verify", lambda bench, value: [_bad_file(bench, value)], FILES),
    Place("verify", lambda bench, value: [_bad_file(bench, value), PROBLEM], FILES),
    Place("verify", lambda bench, value: [bench.net, value], st.sampled_from(NOT_A_PROBLEM) | JUNK),
    Place("verify", lambda bench, value: [bench.net, _bad_file(bench, value)], FILES),
    _option("verify", "--active", _whole_numbers(1) | st.just("201")),
    _option("verify", "--samples", _whole_numbers(1) | st.just("10000001")),
    _option("verify", "--error", st.sampled_from(NOT_A_SHARE)),
    _option("verify", "--seed", _whole_numbers(0)),
    _option("verify", "--inputs", _names_but("satisfied", "near-miss", "uniform", "alone", "all")),
    Place("prove", lambda bench, value: [_bad_file(bench, value)], FILES),
    # The fourth is an answer key, and so a circuit.
    Place(
        "prove",
        lambda bench, value: [bench.net, _bad_file(bench, value)],
        FILES.filter(lambda value: value != "4"),
    ),
    _option("prove", "--active", _whole_numbers(1) | st.just("201")),
    _option("prove", "--time-limit", st.sampled_from(["nan", "inf", "-1", "0", "x", "", "1e400"])),
    _option("prove", "--method", _names_but("auto", *METHODS)),
    Place("prove", lambda bench, value: [bench.net, "-o", f"{bench.folder}/{value}"], OUTPUTS),
    Place("run", lambda bench, value: [_bad_file(bench, value), "--on", "x0"], FILES),
    _option("run", "--on", JUNK | st.sampled_from(["x200", "x00", "X0", "x0,", ",", "x-1", "x²"])),
    Place("inspect", lambda bench, value: [_bad_file(bench, value)], FILES),
    _option("inspect", "--neuron", _whole_numbers(0) | st.just("200")),
    Place("bounds", lambda bench, value: [value], st.sampled_from(NOT_A_PROBLEM) | JUNK),
    Place("bounds", lambda bench, value: [_bad_file(bench, value)], FILES),
    _option("bounds", "--active", _whole_numbers(1) | st.just("201")),
    _option("bounds", "--error", st.sampled_from([*NOT_A_SHARE, "0"])),
    Place(
        "export",
        lambda bench, value: [_bad_file(bench, value), "--to", "onnx", "-o", bench.folder / "n"],
        FILES,
    ),
    _option("export", "--to", _names_but("torch", "onnx", "vnnlib", "vnnlib2")),
    Place(
        "export",
        lambda bench, value: [bench.net, "--to", "onnx", "-o", f"{bench.folder}/{value}"],
        OUTPUTS,
    ),
    Place(
        "convert",
        lambda bench, value: [value, "-o", bench.folder / "n.aig"],
        st.sampled_from(NOT_A_PROBLEM) | JUNK,
    ),
    Place(
        "convert",
        lambda bench, value: [_bad_file(bench, value), "-o", bench.folder / "n.aig"],
        FILES,
    ),
    Place("convert", lambda bench, value: [PROBLEM, "-o", f"{bench.folder}/{value}"], OUTPUTS),
    *(
        _option(command, "--json", JUNK.filter(bool))
        for command in ("compile", "inspect", "bounds")
    ),
    *(
        Place(
            command,
            lambda bench, value, command=command: [*_valid(command, bench), f"--{value}"],
            st.text(string.ascii_lowercase, min_size=12, max_size=14),
        )
        for command in COMMANDS
    ),
]


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_whatever_is_wrong_is_told_in_one_line(bench: Bench, data: st.DataObject) -> None:
    place = PLACES[data.draw(st.integers(0, len(PLACES) - 1))]
    arguments = place.written(bench, data.draw(place.wrong))
    before = bench.contents()
    outcome = call(place.command, *arguments)
    assert_refused(outcome)
    assert bench.contents() == before


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_broken_above_was_whole(bench: Bench, command: str) -> None:
    before = bench.contents()
    outcome = call(command, *_valid(command, bench))
    written = set(bench.contents()) - set(before)
    for path in written:
        Path(path).unlink()
    assert (outcome.status, bool(written)) == (0, command in WRITING)


@given(
    command=JUNK | st.text(string.ascii_lowercase, min_size=1).filter(lambda x: x not in COMMANDS)
)
@settings(max_examples=50, deadline=None)
def test_unknown_commands_are_told_in_one_line(command: str) -> None:
    assert_refused(call(command))


def test_no_such_command_is_told_in_one_line() -> None:
    assert_refused(call("--nope"), "--nope")
    assert_refused(call("compil"), "'compile'")
    assert_refused(call("compile", "--nope"), "polyseme compile --help")
