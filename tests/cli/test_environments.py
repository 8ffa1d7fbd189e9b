"""Every command in odd environments: the status is as ever, JSON is whole, nothing is a traceback.

A dozen pairs are tried in processes of their own; all of them in `make test-slow`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.processes import shell

COMMANDS = {
    "compile": "$P compile 'y = a & b' -o out.safetensors --json",
    "verify": "$P verify net.safetensors --samples 100 --json",
    "run": "$P run net.safetensors --on a,b --json",
    "inspect": "$P inspect net.safetensors --json",
    "bounds": "$P bounds 'y = a & b' --json",
    "constructions": "$P constructions k-and --json",
    "counting": "$P counting permutation:features=30 --json",
    "reproduce": "$P reproduce --only ball-and-box --json",
    "export": "$P export net.safetensors --to onnx -o net.onnx --json",
    "convert": "$P convert 'y = a & b' -o out.json --json",
    "help": "$P --help",
}
# Variables, what is added to the command, and the exit status; JSON is read where it is to be 0.
ENVIRONMENTS: dict[str, tuple[dict[str, str | None], str, int]] = {
    "no encoding but ASCII": (
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii:strict"},
        *("", 0),
    ),
    "no home": ({"HOME": None, "XDG_CACHE_HOME": None}, "", 0),
    "a home that is not there": ({"HOME": "/nonexistent"}, "", 0),
    "no folder for temporary files": ({"TMPDIR": "/nonexistent"}, "", 0),
    "one column": ({"COLUMNS": "1"}, "", 0),
    "twenty columns": ({"COLUMNS": "20"}, "", 0),
    "columns that are no number": ({"COLUMNS": "many", "TERMINAL_WIDTH": "wide"}, "", 0),
    "a dumb terminal": ({"TERM": "dumb"}, "", 0),
    "no colour": ({"NO_COLOR": "1"}, "", 0),
    "colour at any price": ({"FORCE_COLOR": "1"}, "", 0),
    "threads that are no number": ({"OMP_NUM_THREADS": "-3"}, "", 0),
    "no standard input": ({}, " <&-", 0),
    "no standard error": ({}, " 2>&-", 0),
    "a full standard error": ({}, " 2>/dev/full", 0),
    "no standard output": ({}, " >&-", 2),
    "a full standard output": ({}, " >/dev/full", 2),
    "nobody who reads": ({}, " | true; exit ${PIPESTATUS[0]}", 141),
    "no stream at all": ({}, " <&- >&- 2>&-", 2),
}
QUICK = {
    ("compile", "no encoding but ASCII"),
    ("verify", "no standard error"),
    ("run", "no home"),
    ("inspect", "no folder for temporary files"),
    ("convert", "nobody who reads"),
    ("constructions", "a full standard error"),
    ("export", "no stream at all"),
    ("bounds", "one column"),
    ("help", "columns that are no number"),
    ("help", "a full standard output"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("environments")
    assert shell("$P compile 'y = a & b' -o net.safetensors", made).returncode == 0
    return made


@pytest.mark.parametrize(
    ("command", "environment"),
    [
        pytest.param(command, name, marks=[] if (command, name) in QUICK else pytest.mark.slow)
        for command in COMMANDS
        for name in ENVIRONMENTS
    ],
)
def test_a_command_in_an_environment(command: str, environment: str, folder: Path) -> None:
    variables, added, status = ENVIRONMENTS[environment]
    if "/dev/full" in added and not Path("/dev/full").exists():
        pytest.skip("needs a device that is always full")
    if command == "export":
        pytest.importorskip("onnx")
    done = shell(COMMANDS[command] + added, folder, **variables)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    # What is said on standard error is the program's own.
    said = done.stderr.splitlines()
    assert all(line.startswith(("polyseme: ", "progress: ")) for line in said), said
    if status == 0 and command != "help":
        assert isinstance(json.loads(done.stdout), dict)
    if status != 0:
        assert done.stdout == ""
