"""The page docs/python.md: every line of Python runs, and every option of every command has one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import polyseme as ps
from polyseme.cli import late_commands

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
COMMANDS = {name: late_commands.imported(name) for name in late_commands.COMMANDS}
_ROW = re.compile(r"^\| (.+) \| `(.+)` \|$", re.MULTILINE)
_SECTION = re.compile(r"^## (.+)\n((?:(?!^## ).*\n)*)", re.MULTILINE)


# Sizes and passes are small, so that some lines warn.
@pytest.mark.filterwarnings("ignore::polyseme.PolysemeWarning")
def test_every_line_of_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # A line may read what another made, whose extra is not installed.
    names: dict[str, object] = {"model": b""}
    exec(PAGE.split("```python\n")[1].split("```")[0], names)
    lines = [python for _, python in _ROW.findall(PAGE)]
    assert len(lines) > 40
    for line in lines:
        try:
            exec(line, names)
        except ps.MissingExtraError:
            continue


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_is_on_the_page(command):
    ((title, section),) = (
        found for found in _SECTION.findall(PAGE) if command in found[0].split(", ")
    )
    told = [
        shell for shell, _ in _ROW.findall(section) if title == command or f"`{command}" in shell
    ]
    words = {word for shell in told for word in re.split(r"[` ,]+", shell)}
    for parameter in COMMANDS[command].params:
        asked = set(parameter.opts) if parameter.opts[0].startswith("-") else set()
        assert asked - {"--help"} <= words
