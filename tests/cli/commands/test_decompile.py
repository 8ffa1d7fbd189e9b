"""`polyseme decompile`: the circuit that it writes, and what it says of it."""

from __future__ import annotations

from pathlib import Path

import polyseme as ps
from support.cli import assert_refused, call, done

SOURCE = "and2:features=60,gates=60"


def saved(folder: Path) -> Path:
    ps.compile(ps.read(SOURCE), construction="monosemantic").save(folder / "net.safetensors")
    return folder / "net.safetensors"


def test_the_circuit_written_is_the_one_compiled(tmp_path: Path) -> None:
    network, target = saved(tmp_path), tmp_path / "found.json"
    fields = done("decompile", network, SOURCE, "-o", target, "--json").json()
    assert (fields["gates"], fields["found"], fields["level"]) == (60, 60, "terms")
    assert (fields["precision"], fields["recall"], fields["equivalent"]) == (1, 1, True)
    assert ps.agreement(ps.read(target), ps.read(SOURCE)).equivalent
    fields = done("decompile", network, "-o", target, "--json").json()
    assert fields["precision"] is fields["recall"] is fields["equivalent"] is None
    assert "60 gates, read from" in done("decompile", network, "-o", target).stdout


def test_hidden_weights_alone(tmp_path: Path) -> None:
    network, target = saved(tmp_path), tmp_path / "found.json"
    fields = done("decompile", network, SOURCE, "-o", target, "--blind", "--json").json()
    assert (fields["found"], fields["level"], fields["equivalent"]) == (60, "blind", None)
    shown = done("decompile", network, SOURCE, "-o", target, "--blind").stdout
    assert "outputs have no names" in shown


def test_another_circuit_is_a_status_of_one(tmp_path: Path) -> None:
    outcome = call("decompile", saved(tmp_path), f"{SOURCE},seed=3", "-o", tmp_path / "found.json")
    assert outcome.status == 1
    assert "not equal" in outcome.stdout


def test_bad_input_is_one_line(tmp_path: Path) -> None:
    network = saved(tmp_path)
    assert_refused(call("decompile", network, "y = a & b", "-o", tmp_path / "f.json"), "other feat")
    assert_refused(call("decompile", network), "--output")
    assert_refused(call("decompile", tmp_path / "no.safetensors", "-o", tmp_path / "f"), "no.safe")
    assert not (tmp_path / "f.json").exists()
