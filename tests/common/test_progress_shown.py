"""Progress on standard error: nothing at first, then lines, or a bar on a terminal."""

from __future__ import annotations

import io
import time

import pytest

import polyseme as ps
from polyseme.common import progress_shown as module
from polyseme.common.progress import Headway, phase
from polyseme.common.progress_shown import watched


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No silence at first, and looks as often as can be."""
    monkeypatch.setattr(module, "QUIET", 0.0)
    monkeypatch.setattr(module, "_TICK", 0.001)


def wait_for(stream: io.StringIO, words: str) -> None:
    """Wait until a stream holds words; a test that waits in vain ends by its time limit."""
    while words not in stream.getvalue():
        time.sleep(0.001)


def test_what_is_done_at_once_prints_nothing(capsys, monkeypatch):
    monkeypatch.setattr(module, "QUIET", 2.0)
    network = ps.compile(ps.read("and2:features=20,gates=20"), progress=True)
    ps.verify(network, samples=100, progress=True)
    assert capsys.readouterr() == ("", "")


def test_what_takes_long_is_told_line_by_line_on_standard_error(hasty, monkeypatch, capsys):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    with watched(True), phase("counting") as step:
        step(1, 4)
        wait_for(stream, "counting: ")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("progress: counting: ")
    assert capsys.readouterr().out == ""


def test_a_line_per_phase_or_per_some_seconds(monkeypatch):
    now, stream = [50.0], io.StringIO()
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    lines = module._Lines(stream)
    for passed, name in [(0, "a"), (1, "a"), (4.1, "a"), (0.5, "b"), (0.6, "b"), (0.1, "b")]:
        now[0] += passed
        lines.show(Headway(name, 0, 0, passed))
    assert [line.removeprefix("progress: ")[0] for line in stream.getvalue().splitlines()] == [
        "a",
        "a",
        "b",
    ]


def test_a_terminal_gets_a_bar_and_keeps_nothing(hasty, monkeypatch):
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with watched(True), phase("counting [a]") as step:
        step(1, 4)
        wait_for(stream, "counting [a]: 25 % done")
    assert stream.getvalue().endswith("\x1b[2K")


def test_a_terminal_that_cannot_draw_gets_lines(hasty, monkeypatch):
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", "dumb")
    with watched(True), phase("counting"):
        wait_for(stream, "\n")
    assert "\x1b" not in stream.getvalue()


def test_a_stream_that_has_gone_stops_nothing(hasty, monkeypatch):
    stream = io.StringIO()
    stream.close()
    monkeypatch.setattr("sys.stderr", stream)
    with watched(True), phase("counting"):
        time.sleep(0.01)


def test_what_fails_ends_the_show(hasty):
    with pytest.raises(ValueError, match="no"), watched(True), phase("counting"):
        raise ValueError("no")
