"""Shell commands of the documents: they run, page by page, from an empty folder.

`make test` runs them on small problems, in this process, where no command has to start anew;
`make test-slow` runs them as they are written, in a shell.
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
from support.cli import call
from support.places import ROOT

# A changelog tells of commands as they once were.
PAGES = [
    page
    for page in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
    if page.name != "CHANGELOG.md"
]
_BLOCK = re.compile(r"^```(.*)\n((?s:.*?))^```$", re.MULTILINE)
# A block that is not marked as shell, and shows a command at the beginning of a line.
_UNMARKED = re.compile(r"^(\$ |> )?(polyseme|make|pip|python) ", re.MULTILINE)
# Words of a command that stand for others.
_PLACEHOLDER = re.compile(r"\.\.\.|…|[A-Z]{3,}|\b[NKSEJL]\b|NAME")
_INLINE = re.compile(r"`polyseme ([^`]+)`")
# What only a clone has, or only the package index.
_ELSEWHERE = re.compile(r"^(make|pip install|python tools/\S+) .*\n", re.MULTILINE)
_MAY_FALL_SHORT = ["||", "test", "$?", "=", "1"]
A_NETWORK = "polyseme compile and2:features=30,gates=30 --active 2 -o net.safetensors\n"
# What makes the commands of a page short enough for `make test`; each must be on a page.
SHORTER = {
    "features=10000,gates=10000 --construction one-bit": "features=2000,gates=2000 "
    "--construction one-bit --neurons 900",
    "features=10000,gates=10000 --refine 30": "features=100,gates=100 --refine 3",
    "features=10000,gates=10000": "features=300,gates=300",
    "features=100000,gates=100000": "features=3000,gates=3000",
    "features=1000,gates=1000 --neurons 560 --refine 50": "features=100,gates=100 --refine 5",
    "features=1000,gates=1000 --construction three-channel --neurons 400": "features=200,gates=200 "
    "--construction three-channel --neurons 170",
    "features=1000,gates=1000 --epsilon none --guarantee": "features=60,gates=60 --epsilon none "
    "--guarantee",
    "and2:features=5000,gates=5000       # the same": "and2:features=200,gates=200 # the same",
    "polyseme counting permutation:features=2000": "polyseme counting permutation:features=100",
    "features=5000,gates=5000": "features=200,gates=200",
    "permutation:features=2000": "permutation:features=200",
    "example:capitals --active 2 ": "example:capitals --active 2 --epsilon none ",
    "x3032,x4584": "x30,x45",
    "--neurons 1296": "--neurons 260",
    "layered:width=20000,depth=8,active=3 --neurons 12000": "layered:width=60,depth=3",
    "layered:width=4000,depth=8,active=2 --active 2 --carry gates --epsilon none --neurons 2300 "
    "--refine 300": "layered:width=300,depth=2,active=1 --active 1 --carry gates --epsilon none "
    "--neurons 200 --refine 5 --error 0.9",
    "layered:width=64,depth=4": "layered:width=24,depth=3",
    "uand:features=100 --active 2": "uand:features=30 --active 2",
    "polyseme learn toy intro -o": "polyseme learn toy intro --steps 5 -o",
    "polyseme learn toy ceiling -o ceiling.png": "polyseme learn toy athletes -o ceiling.png",
    "--neurons 90 --encoder learned --loss hinge -o": "--neurons 90 --encoder learned --loss hinge "
    "--steps 50 --samples 1000 --error 0.999999 -o",
    "polyseme verify trained.safetensors": "polyseme verify trained.safetensors --samples 1000 "
    "--error 0.999999",
    "--method topk-sae -o": "--method neurons -o",
    "polyseme reproduce  ": "polyseme reproduce --only reed-solomon  ",
}


def shell_of(page: Path) -> str:
    """The blocks of shell of a page, one after another, without those of a clone."""
    blocks = _BLOCK.findall(page.read_text(encoding="utf-8"))
    return _ELSEWHERE.sub("", "".join(text for language, text in blocks if language == "sh"))


def unmarked(text: str) -> list[str]:
    """Blocks that show commands under another name than sh, so that nothing would run them."""
    blocks = _BLOCK.findall(text)
    return [block for language, block in blocks if language != "sh" and _is_shell(language, block)]


def _is_shell(language: str, block: str) -> bool:
    return language in ("bash", "shell", "console", "zsh") or (
        language in ("", "text") and _UNMARKED.search(block) is not None
    )


def in_text(page: Path) -> list[str]:
    """Commands in the text of a page that are written out in full."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    found = [" ".join(found.split()) for found in _INLINE.findall(text)]
    # One word names a command, and does not ask for it.
    found = [one for one in found if " " in one and not _PLACEHOLDER.search(one)]
    return [one for one in found if not one.startswith("--") and "--help" not in one]


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


def run_here(commands: str) -> None:
    """Run commands in this process, each of which must succeed, and lines of others in a shell."""
    for line in commands.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words and words[0] == "polyseme":
            # A command may be followed by `|| test $? = 1`.
            alone, may_fall_short = (words[1:-5], True) if "||" in words else (words[1:], False)
            assert words[len(alone) + 1 :] == _MAY_FALL_SHORT * may_fall_short, line
            outcome = call(*alone)
            assert outcome.status <= may_fall_short, outcome.stderr
        elif words:
            run(line, Path())


def wrong_with(words: list[str]) -> str:
    """What the parser has against a command; nothing is run."""
    try:
        late_commands.imported(words[0]).make_context(words[0], words[1:])
    except typer.TyperException as error:
        return error.format_message()
    return ""


def commands_of(page: Path) -> str:
    """All that a page says to run: its blocks, and the commands of its text that lack nothing."""
    blocks = shell_of(page)
    # What the text is about may be that a network falls short, of which status 1 tells.
    text = [
        f"polyseme {one} || test $? = 1\n"
        for one in in_text(page)
        if not wrong_with(shlex.split(one))
    ]
    commands = blocks + "".join(text)
    # A page may take a network for granted.
    needed = "net.safetensors" in commands and "-o net.safetensors" not in commands
    return A_NETWORK * needed + commands


WITH_COMMANDS = [page for page in PAGES if "polyseme " in commands_of(page)]


def need_extras(commands: str) -> None:
    if "--to onnx" in commands:
        pytest.importorskip("onnx")
    if "learn toy" in commands:
        pytest.importorskip("matplotlib")
    if "--to torch" in commands or "polyseme learn" in commands:
        pytest.importorskip("torch")


def test_pages_have_commands_and_short_forms_are_of_them():
    every_page = {"README.md", "docs/circuits.md", "docs/deep.md", "docs/limits.md"}
    assert every_page <= {name(page) for page in WITH_COMMANDS}
    every = "".join(map(commands_of, WITH_COMMANDS))
    assert [written for written in SHORTER if written not in every] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_blocks_of_commands_are_marked_so_that_they_are_run(page):
    assert unmarked(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("block", "found"),
    [
        ("```\npolyseme run net.safetensors\n```\n", 1),
        ("```console\n$ ls\n```\n", 1),
        ("text\n\n```\n$ polyseme bounds and2:features=9\n2 ReLUs\n```\n", 1),
        ("```sh\npolyseme run net.safetensors\n```\n", 0),
        ("```\n2599 ReLUs\n```\n\n```python\npolyseme = 1\n```\n", 0),
    ],
)
def test_a_new_page_with_a_command_that_would_not_run_is_found_out(block, found):
    assert len(unmarked(block)) == found


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name)
def test_commands_run_in_short(page, tmp_path, monkeypatch):
    commands = commands_of(page)
    need_extras(commands)
    for written, short in SHORTER.items():
        commands = commands.replace(written, short)
    monkeypatch.chdir(tmp_path)
    run_here(commands)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name)
def test_commands_run_as_written(page, tmp_path):
    need_extras(commands_of(page))
    run(commands_of(page), tmp_path)


def test_a_command_that_fails_is_found_out(tmp_path):
    with pytest.raises(AssertionError, match="no-such-file"):
        run("polyseme verify no-such-file.safetensors\necho done\n", tmp_path)


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
