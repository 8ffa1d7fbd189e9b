"""Whatever can be refused before the work is: paths at which nothing can be written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import polyseme as ps
from polyseme.cli.main import main
from polyseme.errors import PolysemeError

NOWHERE = ("a\0b", "no/such/folder/out", "x" * 300, "", ".", "folder", "read-only")
SOURCE = "and2:features=30,gates=30"
# Commands that write, each with a path to be filled in. Nothing of their work may begin.
COMMANDS: dict[str, tuple[str, ...]] = {
    "compile": ("compile", SOURCE, "-o"),
    "compile --refine-state": ("compile", SOURCE, "--refine", "3", "--refine-state"),
    "convert": ("convert", SOURCE, "--to", "aig", "-o"),
    "export": ("export", "net.safetensors", "--to", "onnx", "-o"),
    "prove --state": ("prove", "net.safetensors", "--method", "exhaustive", "--state"),
    "prove -o": ("prove", "net.safetensors", "-o"),
    "reproduce": ("reproduce", "--write"),
}


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ps.Network:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "read-only").touch(mode=0o444)
    made = ps.compile(ps.read(SOURCE))
    made.save("net.safetensors", key=True)
    return made


def _must_not_begin(*_: object, **__: object) -> None:
    raise AssertionError("the work has begun")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("path", NOWHERE)
def test_a_path_is_refused_before_a_command_begins(command, path, network, monkeypatch, capsys):
    # Every command reads something first.
    for place in ("compile.read", "convert.read", "export.load", "prove.load"):
        monkeypatch.setattr(f"polyseme.cli.commands.{place}", _must_not_begin, raising=False)
    before = sorted(os.listdir())  # noqa: PTH208
    assert main([*COMMANDS[command], path]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert "cannot be written" in printed.err or "certificate" in printed.err
    assert sorted(os.listdir()) == before  # noqa: PTH208


STATES: dict[str, Callable[[ps.Network, str], object]] = {
    "refine": lambda network, path: ps.refine(network, state=path),
    "compile_refined": lambda network, path: ps.compile_refined(
        network.key.circuit, passes=3, neurons=20, state=path
    ),
    "prove": lambda network, path: ps.prove(network, method="exhaustive", state=path),
}


@pytest.mark.parametrize("call", STATES)
@pytest.mark.parametrize("path", NOWHERE)
def test_a_state_is_refused_before_its_work_begins(call, path, network, monkeypatch):
    for place in ("learning.refinement.refine", "learning.compile_refined", "proving.prove"):
        monkeypatch.setattr(f"polyseme.{place}.watched", _must_not_begin)
    with pytest.raises(PolysemeError, match="cannot be written") as caught:
        STATES[call](network, path)
    assert len(str(caught.value).splitlines()) == 1
