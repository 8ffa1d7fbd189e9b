"""Docstrings: what every one begins with, and what those of public names must have."""

from __future__ import annotations

import ast
import doctest
import inspect
from pathlib import Path

import pytest

import polyseme as ps

ROOT = Path(ps.__file__).parent
QUESTIONS = ("What", "How", "Where", "Whether", "Which", "Why", "When", "Who")
PUBLIC = [
    name
    for name in ps.__all__
    if inspect.isfunction(getattr(ps, name)) or inspect.isclass(getattr(ps, name))
]
DOCUMENTED_BY_BASE = (Exception,)


def first_lines() -> list[tuple[str, str]]:
    """Every docstring of the library: where it is, and its first line."""
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                text = ast.get_docstring(node)
                name = getattr(node, "name", "module")
                if text:
                    found.append((f"{path.relative_to(ROOT)}:{name}", text.splitlines()[0]))
    return found


def test_docstrings_say_what_is_returned_or_done():
    riddles = [f"{place}: {line}" for place, line in first_lines() if line.split()[0] in QUESTIONS]
    assert not riddles, "\n".join(riddles)


@pytest.mark.parametrize("name", PUBLIC)
def test_public_docstrings_have_sections(name):
    thing = getattr(ps, name)
    text = inspect.getdoc(thing) or ""
    if inspect.isclass(thing):
        if not issubclass(thing, DOCUMENTED_BY_BASE):
            assert "Attributes:" in text or "Args:" in text, name
        return
    signature = inspect.signature(thing)
    if signature.parameters:
        assert "Args:" in text, name
        for parameter in signature.parameters:
            assert f"    {parameter}:" in text, f"{name} does not tell of {parameter}"
    if signature.return_annotation not in (None, "None"):
        assert "Returns:" in text, name
    assert "Raises:" in text, name
    assert "Example:" in text, name


# Some show what falls short or leaves the promise.
@pytest.mark.filterwarnings("ignore::polyseme.PolysemeWarning")
@pytest.mark.parametrize("name", PUBLIC)
def test_examples_of_public_names_print_what_they_say(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    finder = doctest.DocTestFinder(recurse=True)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    thing = getattr(ps, name)
    for test in finder.find(thing, name, globs={"ps": ps}):
        runner.run(test)
    assert not runner.summarize(verbose=False).failed
