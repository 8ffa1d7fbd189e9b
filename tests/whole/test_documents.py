"""The documents: their links lead somewhere, and what the README shows is what happens."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")
MOST_README_WORDS = 1200

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_WORD = re.compile(r"^\*\*([^*]+?)\.?\*\*", re.MULTILINE)
# Any number, for outputs that are alike but for those; and what makes the example of Python small.
_NUMBER = re.compile(r"[\d.,]*\d")
SMALLER = {"10_000": "1_000", "2_600": "700", "20_000": "2_000"}


def text_of(page: Path) -> str:
    """The text of a page without its blocks of code."""
    return _BLOCK.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The names by which headings of a page are linked to, as GitHub makes them."""
    headings = _HEADING.findall(text_of(page))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def blocks(language: str) -> list[str]:
    """The README's blocks of code in a language."""
    return [code for named, code in _BLOCK.findall(README) if named == language]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_pages_and_headings_that_exist(page):
    for link in _LINK.findall(text_of(page)):
        if link.startswith(("http:", "https:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_readme_is_short():
    assert len(README.split()) <= MOST_README_WORDS


def test_the_glossary_defines_each_word_once():
    words = _WORD.findall((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))
    assert len(words) > 50
    assert len(words) == len(set(words))


def readme_example() -> tuple[str, str]:
    """The README's example, and what is shown as its output."""
    example, _ = blocks("python")
    return example, README.split(example)[1].split("```")[2].lstrip("\n")


def test_the_readmes_method_is_scored_as_it_shows(tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    _, method = blocks("python")
    shown = README.split(method)[1].split("```")[2].lstrip("\n")
    assert run([sys.executable, "-W", "ignore", "-c", method], tmp_path).stdout == shown


@pytest.mark.slow
def test_the_readmes_example_prints_what_it_shows(tmp_path):
    example, shown = readme_example()
    done = run([sys.executable, "-c", example], tmp_path)
    assert done.stdout == shown


def test_the_readmes_example_prints_such_lines_of_a_small_problem(capsys):
    example, shown = readme_example()
    for written, short in SMALLER.items():
        assert written in example
        example = example.replace(written, short)
    exec(compile(example, "README.md", "exec"), {})
    assert _NUMBER.sub("n", capsys.readouterr().out) == _NUMBER.sub("n", shown)


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, which must succeed; the library is the one under test."""
    path = os.pathsep.join([str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done
