"""Help and tables in narrow windows: every word is there, and no line is too long."""

from __future__ import annotations

import contextlib
import io
import re

import pytest

from polyseme.cli.late_commands import COMMANDS
from polyseme.cli.main import main
from polyseme.cli.output.narrow import narrow_table, narrow_width
from support.cli import PROBLEM, done

# Words longer than a line are broken.
WORD = re.compile(r"[A-Za-z]{3,12}")


@pytest.mark.parametrize(
    ("columns", "width"), [("1", 20), ("20", 20), ("49", 49), ("50", None), ("200", None)]
)
def test_what_is_narrow(columns: str, width: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert narrow_width() == width


@pytest.mark.parametrize("columns", [1, 20, 40])
@pytest.mark.parametrize("command", [[], ["compile"], ["run"], ["constructions"]])
def test_help_fits(columns: int, command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    wide = set(WORD.findall(done(*command, "--help").stdout))
    monkeypatch.setenv("COLUMNS", str(columns))
    said = done(*command, "--help").stdout
    assert max(map(len, said.splitlines())) <= max(columns, 20)
    assert len(wide - set(WORD.findall(said))) < len(wide) / 10
    assert "\\[" not in said
    if not command:
        assert set(COMMANDS) <= set(said.split())


def test_a_width_that_is_no_number_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERMINAL_WIDTH", "wide")
    assert "Usage" in done("run", "--help").stdout


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_table_on_a_narrow_terminal_has_a_line_per_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    out = _Terminal()
    with contextlib.redirect_stdout(out):
        assert main(["bounds", PROBLEM]) == 0
    assert re.search(r"^neurons: \d+$", out.getvalue(), re.MULTILINE)
    assert "│" not in out.getvalue()


def test_a_cell_longer_than_a_line_is_indented() -> None:
    assert narrow_table("sizes", ("", "what"), [("first", "of several words")], 20).split("\n") == [
        *("sizes", "", "first"),
        *("what: of several", "  words"),
    ]
