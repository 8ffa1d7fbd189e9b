"""Shell commands of the documents: they run, page by page, from an empty folder.

`make test` runs them on small problems, `make test-slow` as they are written.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from polyseme.cli import late_commands
from support.places import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`polyseme ([^`]+)`")
# What only a clone has, or only the package index.
_ELSEWHERE = re.compile(r"^(make|pip install) .*\n", re.MULTILINE)
# What makes the commands of a page short enough for `make test`; each must be on a page.
SHORTER = {
    "features=10000,gates=10000": "features=300,gates=300",
    "features=100000,gates=100000": "features=3000,gates=3000",
    "features=1000,gates=1000 --construction three-channel --neurons 400": "features=200,gates=200 "
    "--construction three-channel --neurons 170",
    "features=5000,gates=5000": "features=200,gates=200",
    "permutation:features=2000": "permutation:features=200",
    "x3032,x4584": "x30,x45",
    "--neurons 1296": "--neurons 260",
    "layered:width=20000,depth=8,active=3 --neurons 12000": "layered:width=60,depth=3",
    "layered:width=64,depth=4": "layered:width=24,depth=3",
    "uand:features=100 --active 2": "uand:features=30 --active 2",
    "polyseme reproduce  ": "polyseme reproduce --only reed-solomon  ",
}
# Words of a command that stand for others.
_PLACEHOLDER = re.compile(r"\.\.\.|…|[A-Z]{3,}|\b[NKSEJL]\b|NAME")


def shell_of(page: Path) -> str:
    """The blocks of shell of a page, one after another, without those of a clone."""
    return _ELSEWHERE.sub("", "".join(_BLOCK.findall(page.read_text(encoding="utf-8"))))


WITH_SHELL = [page for page in PAGES if "polyseme " in shell_of(page)]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def run(commands: str, folder: Path) -> None:
    """Run commands, each of which must succeed, where there is nothing but the package."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    defined = f'polyseme() {{ "{sys.executable}" -m polyseme "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-exc", defined + commands],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def need_extras(commands: str) -> None:
    if "--to onnx" in commands:
        pytest.importorskip("onnx")
    if "--to torch" in commands:
        pytest.importorskip("torch")


def test_pages_have_commands_and_short_forms_are_of_them():
    assert {"README.md", "docs/theory.md", "docs/deep.md"} <= {name(page) for page in WITH_SHELL}
    every = "".join(map(shell_of, WITH_SHELL))
    assert [written for written in SHORTER if written not in every] == []


@pytest.mark.parametrize("page", WITH_SHELL, ids=name)
def test_commands_run_in_short(page, tmp_path):
    commands = shell_of(page)
    need_extras(commands)
    for written, short in SHORTER.items():
        commands = commands.replace(written, short)
    run(commands, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("page", WITH_SHELL, ids=name)
def test_commands_run_as_written(page, tmp_path):
    need_extras(shell_of(page))
    run(shell_of(page), tmp_path)


def test_a_command_that_fails_is_found_out(tmp_path):
    with pytest.raises(AssertionError, match="no-such-file"):
        run("polyseme verify no-such-file.safetensors\necho done\n", tmp_path)


def wrong_with(words: list[str]) -> str:
    """What the parser has against a command; nothing is run."""
    try:
        late_commands.imported(words[0]).make_context(words[0], words[1:])
    except typer.TyperException as error:
        return error.format_message()
    return ""


def test_a_command_with_an_option_that_is_none_is_found_out():
    assert wrong_with(["verify", "net.safetensors", "--inputs", "all"]) == ""
    assert wrong_with(["verify", "net.safetensors", "--input", "all"]).startswith("No such option")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_in_the_text_are_commands(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for found in _INLINE.findall(text):
        words = shlex.split(" ".join(found.split()))
        assert words[0] in late_commands.COMMANDS or words[0].startswith("--"), found
        if words[0] not in late_commands.COMMANDS or _PLACEHOLDER.search(found):
            continue
        if "--help" in words:
            continue
        # Text may leave out the file or the source.
        assert wrong_with(words).partition(" ")[0] in ("", "Missing"), found
