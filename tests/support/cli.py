"""Command lines run in this process, and a folder of files to run them on."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import polyseme as ps
from polyseme.cli.main import main

PROBLEM = "and2:features=200,gates=200"

# Sized for decisions only, which takes a second; what is computed has tests of its own.
EASY = [
    *(PROBLEM, "--active", "2", "--error", "0.004"),
    *("--epsilon", "none", "--construction", "three-channel"),
]

FACTS = [
    ["country", "capital", "continent"],
    ["France", "Paris", "Europe"],
    ["Korea, South", "Seoul", "Asia"],
    ["Peru", "Lima", ""],
    ["[bold]Italy", "Rome", "Europe"],
]


@dataclass(frozen=True)
class Outcome:
    """What one command line left behind."""

    status: int
    stdout: str
    stderr: str

    def json(self) -> dict[str, Any]:
        """The one object on standard output, which must hold nothing else."""
        assert self.stdout.count("\n") == 1
        value = json.loads(self.stdout, parse_constant=lambda word: pytest.fail(word))
        assert isinstance(value, dict)
        return value


def call(*arguments: str | Path) -> Outcome:
    """Run one command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([str(argument) for argument in arguments])
    return Outcome(status, out.getvalue(), err.getvalue())


def done(*arguments: str | Path, status: int = 0) -> Outcome:
    outcome = call(*arguments)
    assert outcome.status == status, outcome.stderr
    return outcome


def assert_refused(outcome: Outcome, *parts: str) -> None:
    """Bad input: status 2, one line on standard error, nothing on standard output."""
    assert (outcome.status, outcome.stdout) == (2, ""), outcome
    assert outcome.stderr.startswith("polyseme: ")
    assert outcome.stderr.endswith("\n")
    assert len(outcome.stderr.splitlines()) == 1, outcome.stderr
    assert "Traceback" not in outcome.stderr
    for part in parts:
        assert part in outcome.stderr


@dataclass(frozen=True)
class Bench:
    """A folder with networks and things that are none."""

    folder: Path
    net: Path
    weak: Path
    facts_net: Path
    facts: Path
    keyless: Path
    spoilt: tuple[Path, ...]
    study: Path

    def contents(self) -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in sorted(self.folder.rglob("*")) if p.is_file()}


# ISCAS-85 c17 with one output more, which is on at rest.
C17 = """
INPUT(a)
INPUT(b)
INPUT(c)
INPUT(d)
INPUT(e)
OUTPUT(x)
OUTPUT(y)
OUTPUT(z)
p = NAND(a, c)
q = NAND(c, d)
r = NAND(b, q)
s = NAND(q, e)
x = NAND(p, r)
y = NAND(r, s)
z = NOR(x, y)
"""


def loaded_by_every_command(network: ps.Network, monkeypatch: pytest.MonkeyPatch) -> ps.Network:
    for command in ("verify", "prove", "run", "inspect"):
        monkeypatch.setattr(f"polyseme.cli.commands.{command}.load", lambda *_, **__: network)
    return network
