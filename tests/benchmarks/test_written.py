"""The results and pages that are kept in the repository."""

from __future__ import annotations

import ast
import re

import pytest

import run
from harness.part import Part
from harness.results import read_results
from support.places import ROOT

EVERY = (*run.PARTS, *run.STUDIES)
BENCHMARKS = ROOT / "benchmarks"
# The files that may use what polyseme keeps to itself.
INSIDE = {"harness/compiling.py", "harness/written.py", "studies/ablation/internals.py"}
INSIDE |= {"studies/proofs_of_logic.py", "studies/room.py", "studies/certified.py"}
INSIDE |= {"studies/decompiler.py", "studies/edits.py", "studies/synthetic_features.py"}
INSIDE |= {"studies/toy_decompositions/decomposed.py", "studies/target_l0/trained.py"}
INSIDE |= {"studies/loads/fitted.py", "studies/spd_loads/decomposed.py"}


@pytest.mark.parametrize("part", EVERY, ids=lambda part: part.name)
def test_pages_are_those_of_the_results(part: Part) -> None:
    results = read_results(BENCHMARKS / "results", EVERY)
    page = (ROOT / "docs" / "benchmarks" / f"{part.name}.md").read_text()
    assert page.startswith(f"# {part.title}\n\nWritten by `python benchmarks/run.py {part.name}`")
    assert "\n".join(part.section(results)).rstrip() in page
    assert part.finding(results) in (ROOT / "docs" / "benchmarks.md").read_text()


def test_pictures_that_pages_show_are_there() -> None:
    folder = ROOT / "docs" / "benchmarks"
    shown = {
        name
        for page in folder.glob("*.md")
        for name in re.findall(r"\]\(([^/)]+\.png)\)", page.read_text())
    }
    assert shown == {path.name for path in folder.glob("*.png")}


def test_few_files_reach_inside_the_library() -> None:
    reaching = {
        path.relative_to(BENCHMARKS).as_posix()
        for path in BENCHMARKS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("polyseme.")
    }
    assert reaching == INSIDE
