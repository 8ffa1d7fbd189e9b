"""`polyseme convert`: files that read back as the same circuit."""

from __future__ import annotations

import itertools
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import polyseme as ps
from polyseme.circuits import evaluate_dense
from support.cli import assert_refused, call, done


@pytest.mark.parametrize("ending", [".aig", ".aag", ".json", ".AAG"])
def test_convert_writes_what_reads_back_the_same(c17: Path, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"out{ending}"
    fields = done("convert", c17, "-o", target, "--json").json()
    circuit, back = ps.read(str(c17)), ps.read(str(target))
    assert fields["gates"] == circuit.gates
    bits = np.array(list(itertools.product((False, True), repeat=5)))
    assert np.array_equal(evaluate_dense(circuit, bits), evaluate_dense(back, bits))
    assert (back.features, back.output_names) == (circuit.features, circuit.output_names)
    assert f"gates {circuit.gates}" in done("convert", c17, "-o", target).stdout
    assert fields["problem_seed"] is None
    assert fields["gates_per_feature"] == asdict(circuit.gates_per_feature)


def test_convert_says_how_features_are_read_and_the_seed_of_a_problem(tmp_path: Path) -> None:
    problem, target = "and:k=3,features=20,gates=20,seed=6", tmp_path / "out.json"
    assert done("convert", problem, "-o", target).stdout.endswith(
        "every feature in exactly 3 gates; seeds: problem 6 (seed= in SOURCE)\n"
    )
    fields = done("convert", f"{problem[:-7]},influence=zipf", "-o", target, "--json").json()
    assert fields["problem_seed"] == 0
    assert fields["gates_per_feature"]["most"] > 6


@pytest.mark.parametrize("name", ["out.blif", "out", "out.aig.txt", "aig"])
def test_convert_refuses_other_endings(c17: Path, tmp_path: Path, name: str) -> None:
    assert_refused(call("convert", c17, "-o", tmp_path / name), ".aig, .aag, .json")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("source", ["example:adder", "y = a & b | ~c"])
def test_examples_and_expressions_are_sources(tmp_path: Path, source: str) -> None:
    target = tmp_path / "out.json"
    done("convert", source, "-o", target)
    assert ps.read(target).gate_names == ps.read(source).gate_names


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("example:capitls", "did you mean example:capitals?"),
        ("y = a & (b", "expression, line 1: '(' is never closed"),
        ("facts:t.txt", "t.txt, line 2: not UTF-8; name its encoding, such as facts:t.txt:enc"),
        ("facts:t.txt:encoding=x", "encoding 'x' is not known"),
        ("triples:t.csv", "t.csv, line 1: 2 cells where a triple has 3"),
        ("t.v", "t.v, line 1: 'begin' stands where 'module' must stand"),
        ("t.eqn", "t.eqn, line 1: a line must be: NAME = expression"),
        ("truth:t.eqn", "t.eqn, line 1: a line must be: inputs | outputs"),
    ],
)
def test_a_bad_source_is_one_line_and_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.txt").write_bytes(b"a,b\n\xe9,c\n")
    Path("t.csv").write_text("a,b\nc,d\n")
    Path("t.v").write_text("begin")
    Path("t.eqn").write_text("begin")
    assert_refused(call("convert", source, "-o", "out.json"), message)
    assert not Path("out.json").exists()
