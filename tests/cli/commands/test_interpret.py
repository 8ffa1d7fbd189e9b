"""`polyseme interpret`: tables and JSON of gates, neurons and features."""

from __future__ import annotations

from pathlib import Path

import pytest

import polyseme as ps
from support.cli import assert_refused, call, done


@pytest.fixture
def network(tmp_path: Path) -> Path:
    target = tmp_path / "net.safetensors"
    circuit = ps.read("y = a & b; z = b & c")
    ps.compile(circuit, construction="monosemantic").save(target, key=True)
    return target


def test_gates_neurons_and_features(network: Path) -> None:
    [row] = done("interpret", network, "--gate", "y", "--json").json()["rows"]
    assert (row["layer"], row["serves"]) == (0, 1)
    found = done("interpret", network, "--neuron", row["unit"], "--json").json()
    assert (found["effective_features"], found["serves"]) == (2, 1)
    assert {one["reads"] for one in found["rows"] if one["own"]} == {"a", "b"}
    found = done("interpret", network, "--feature", "b", "--beside", "a", "--json").json()
    assert found["shared_units"] == 1
    shown = done("interpret", network, "--neuron", "0").stdout
    assert "effective_features" in shown
    assert "own" in shown


def test_a_picture(network: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    target = tmp_path / "gate.png"
    done("interpret", network, "--gate", "y", "--picture", target)
    assert target.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "ask for one of"),
        (("--gate", "y", "--neuron", "0"), "ask for one of"),
        (("--gate", "y", "--beside", "a"), "--beside is for --feature"),
        (("--feature", "a", "--picture", "a.png"), "--picture is for"),
        (("--gate", "w"), "named 'w'"),
        (("--neuron", "9"), "unit is 9"),
    ],
)
def test_bad_input_is_one_line(network: Path, options: tuple[str, ...], message: str) -> None:
    assert_refused(call("interpret", network, *options), message)
