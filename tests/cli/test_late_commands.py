"""Commands imported late are the commands themselves."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from polyseme.cli import commands
from polyseme.cli.late_commands import COMMANDS
from support.cli import done


def test_every_module_of_a_command_is_a_command() -> None:
    files = Path(str(commands.__file__)).parent.glob("[a-z]*.py")
    assert {file.stem for file in files} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_about_a_command_is_the_first_of_its_help(name: str) -> None:
    module = import_module(f"polyseme.cli.commands.{name}")
    assert getattr(module, f"{name}_command").__doc__.splitlines()[0] == COMMANDS[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_json(name: str) -> None:
    assert "--json" in done(name, "--help").stdout


def test_names_of_extras_are_whole_in_help() -> None:
    said = " ".join(done("compile", "--help").stdout.replace("│", " ").split())
    for extra in ("logic", "speed", "torch"):
        assert f"needs the extra polyseme[{extra}]" in said
