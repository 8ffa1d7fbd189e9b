"""Starting at once: what is imported late is imported late, and is all there."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import polyseme as ps

HEAVY = {"numpy", "scipy", "safetensors", "torch"}
_MODULES = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"


def loaded(program: str) -> set[str]:
    """The packages that a program has imported at its end."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{_MODULES}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "program",
    [
        "import polyseme; polyseme.PolysemeError; dir(polyseme)",
        "from polyseme.cli.main import main; main(['--help'])",
        "from polyseme.cli.main import main; main(['--version'])",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_used(program):
    assert not loaded(program) & HEAVY


def test_what_is_used_is_imported():
    assert HEAVY & loaded("import polyseme; polyseme.compile") >= {"numpy", "scipy"}


def test_every_public_name_is_there():
    names: dict[str, object] = {}
    exec("from polyseme import *", names)
    assert set(ps.__all__) <= set(names)
    assert set(ps.__all__) <= set(dir(ps))
    with pytest.raises(AttributeError, match="no attribute 'compiel'"):
        _ = ps.compiel


def test_types_are_checked_against_what_is_imported_late():
    tree = ast.parse(Path(ps.__file__).read_text(encoding="utf-8"))
    checked = next(node for node in tree.body if isinstance(node, ast.If))
    written = {
        alias.name: node.module.removeprefix("polyseme.")
        for node in checked.body
        for alias in node.names
        if node.module != "typing" and alias.name not in ps._PACKAGES
    }
    assert written == ps._LATER


@pytest.mark.parametrize("arguments", [["--version"], []])
def test_python_m_is_the_command(arguments, tmp_path):
    ran = subprocess.run(
        [sys.executable, "-m", "polyseme", *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert ran.stdout.split()[:2] in (["polyseme", ps.__version__], ["Usage:", "polyseme"])
