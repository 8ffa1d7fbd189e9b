"""`polyseme convert`: files that read back as the same circuit."""

from __future__ import annotations

import itertools
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


@pytest.mark.parametrize("name", ["out.blif", "out", "out.aig.txt", "aig"])
def test_convert_refuses_other_endings(c17: Path, tmp_path: Path, name: str) -> None:
    assert_refused(call("convert", c17, "-o", tmp_path / name), ".aig, .aag, .json")
    assert not list(tmp_path.iterdir())
