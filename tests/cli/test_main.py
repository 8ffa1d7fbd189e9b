"""The entry point: version, help, and everything that may happen on the way."""

from __future__ import annotations

import contextlib
import io
import time
from pathlib import Path

import pytest

import polyseme as ps
from polyseme.cli.late_commands import COMMANDS
from polyseme.cli.main import main
from support.cli import PROBLEM, Bench, Outcome, call, done


def test_version_and_help() -> None:
    assert done("--version").stdout == f"polyseme {ps.__version__}\n"
    top = done("--help").stdout
    for command in COMMANDS:
        assert f"polyseme {command} " in top
        assert f"Example: polyseme {command} " in done(command, "--help").stdout


def test_the_name_alone_prints_help() -> None:
    assert done() == done("--help")


@pytest.mark.parametrize(
    ("words", "offered"),
    [("polyseme con", "constructions\nconvert\n"), ("polyseme run --o", "--on\n")],
)
def test_a_shell_gets_completions(
    monkeypatch: pytest.MonkeyPatch, words: str, offered: str
) -> None:
    monkeypatch.setenv("_POLYSEME_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
    assert done().stdout == offered


def test_a_shell_that_is_unknown_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_POLYSEME_COMPLETE", "complete_telepathy")
    assert call().status == 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(monkeypatch: pytest.MonkeyPatch, shell: str) -> None:
    monkeypatch.setenv("_POLYSEME_COMPLETE", f"source_{shell}")
    assert f"_POLYSEME_COMPLETE=complete_{shell}" in done().stdout


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (KeyboardInterrupt(), 130, ""),
        (MemoryError(), 2, "polyseme: this needs more memory than there is\n"),
        (ps.SourceError("line\none"), 2, "polyseme: line one\n"),
    ],
)
def test_what_may_happen_on_the_way(
    monkeypatch: pytest.MonkeyPatch, raised: BaseException, status: int, said: str
) -> None:
    def fail(source: str) -> None:
        raise raised

    monkeypatch.setattr("polyseme.cli.commands.compile.read", fail)
    assert call("compile", PROBLEM) == Outcome(status, "", said)


def test_a_defect_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polyseme.cli.commands.bounds.read", lambda source: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        call("bounds", PROBLEM)


@pytest.mark.parametrize("command", ["compile", "counting", "verify"])
def test_help_of_seeds_says_that_a_problem_has_its_own(command: str) -> None:
    said = " ".join(done(command, "--help").stdout.replace("│", " ").split())
    assert "seed=N in SOURCE" in said
    if command != "verify":
        assert "reads every feature in exactly 2 gates" in said


def test_names_beyond_the_encoding_of_the_terminal_are_escaped(
    bench: Bench, tmp_path: Path
) -> None:
    table, net = tmp_path / "table.csv", tmp_path / "net.safetensors"
    table.write_text("who,city\nJosé,Łódź\n", encoding="utf-8")
    done("compile", table, "--active", "2", "-o", net)
    out = io.BytesIO()
    terminal = io.TextIOWrapper(out, encoding="ascii")
    with contextlib.redirect_stdout(terminal):
        assert main(["run", str(net), "--on", "José,city"]) == 0
    assert out.getvalue() == rb"city=\u0141\xf3d\u017a" + b"\n"


def test_a_refusal_is_the_last_line_and_apart_from_progress(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("polyseme.common.progress_shown.QUIET", 0.0)
    monkeypatch.setattr("polyseme.common.progress_shown._TICK", 0.01)

    def fail(source: str) -> None:
        time.sleep(0.1)
        raise ps.SourceError("no such thing")

    monkeypatch.setattr("polyseme.cli.commands.compile.read", fail)
    outcome = call("compile", "a\x1b[31mb")
    *before, last = outcome.stderr.splitlines()
    assert last == "polyseme: no such thing"
    assert before
    assert all(line.startswith("progress: reading a\\x1b[31mb: ") for line in before)
