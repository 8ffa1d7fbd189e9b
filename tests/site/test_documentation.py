"""The documentation site: links lead somewhere, guides run, nothing is fetched from elsewhere."""

from __future__ import annotations

import json
import re

import pytest

import polyseme as ps
from documentation import (
    NAVIGATION,
    as_markdown,
    build_documentation,
    constructions,
    inside,
    plain,
    reference,
)
from measure.shared import ROOT
from notebooks import page_of
from support.browser import Watched, browser

GUIDES = (ROOT / "site" / "pages" / "guides.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("[a](b.md)", "[a](b.md)"),
        ("[a](b.md#part)", "[a](b.md#part)"),
        ("[a](folder/c.md)", "[a](folder/c.md)"),
        ("[a](../examples/x.py)", "a"),
        ("[a](nothing.md)", "a"),
        ("[a](https://example.org)", "[a](https://example.org)"),
        ("[a](#part)", "[a](#part)"),
        ("![a](b.png)", "![a](b.png)"),
    ],
)
def test_links_out_of_the_site_become_their_words(link, expected):
    assert inside(link, "page.md", {"b.md", "folder/c.md", "b.png"}) == expected


def test_links_of_pages_in_folders_are_theirs():
    assert inside("[a](../b.md)", "folder/c.md", {"b.md"}) == "[a](../b.md)"
    assert inside("[a](b.md)", "folder/c.md", {"b.md"}) == "a"


def test_signs_of_markdown_in_docstrings_are_taken_for_themselves():
    assert plain("a_b * `c_d`") == r"a\_b \* `c_d`"
    assert as_markdown("up_to 1\n\n    up to (1") == "up\\_to 1\n\n    up to (1"


def test_every_construction_and_every_public_name_has_its_place():
    page = constructions()
    for record in ps.constructions():
        assert f"\n## {record.name}\n" in page
    assert "Theorem" in page
    assert "::: polyseme.compiler.compile.compile\n" in reference()
    assert reference().count(":::") > 40


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::polyseme.PolysemeWarning")
def test_blocks_of_the_guides_run(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", GUIDES, re.DOTALL)
    assert len(blocks) > 9
    for block in blocks:
        exec(block, names)
    for file in ("alarm.html", "certificate.json", "results"):
        assert (tmp_path / file).exists()


def test_a_notebook_becomes_a_page_with_what_its_cells_show(tmp_path):
    cells = [
        ("markdown", ["# Title\n", "Text."]),
        ("code", ["import warnings\n", "x = 2"]),
        ("code", ["warnings.warn('beware')\n", "print('said')\n", "x + 1"]),
    ]
    path = tmp_path / "one.ipynb"
    made = {"cells": [{"cell_type": kind, "source": source} for kind, source in cells]}
    path.write_text(json.dumps(made), encoding="utf-8")
    page = page_of(path)
    assert page.startswith(
        "# Title\nText.\n\n```python\nimport warnings\nx = 2\n```\n\n```python\n"
    )
    assert page.endswith("```text\nUserWarning: beware\nsaid\n3\n```\n")


def test_every_notebook_is_in_the_navigation():
    for path in (ROOT / "examples").glob("*.ipynb"):
        assert f"{path.stem.replace('_', '-')}.md" in NAVIGATION


def test_every_page_is_in_the_navigation():
    for path in [*(ROOT / "docs").glob("*.md"), *(ROOT / "site" / "pages").glob("*.md")]:
        assert f": {path.name}\n" in NAVIGATION


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The whole documentation, built once."""
    pytest.importorskip("mkdocs")
    folder = tmp_path_factory.mktemp("documentation") / "site"
    build_documentation(folder)
    return folder


@pytest.mark.slow
def test_the_site_is_made_strictly_and_fetches_nothing(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r"<(?:script|img|iframe)[^>]*src=\"(?:https?:)?//[^\"]*\"", text)
        assert not re.findall(r"<link[^>]*rel=\"stylesheet\"[^>]*href=\"(?:https?:)?//", text)


@pytest.mark.slow
def test_the_site_is_searched_from_a_folder_and_its_formulas_are_typeset(site):
    with browser() as opened:
        watched = Watched(opened.new_page())
        page = watched.page
        page.goto((site / "index.html").as_uri())
        page.get_by_role("textbox", name="Search").fill("tight frames")
        page.locator(".md-search-result__item").first.wait_for(state="attached")
        page.goto((site / "constructions.html").as_uri())
        assert page.locator("math").count() > 300
        fraction = page.locator(".formula mfrac").first.bounding_box()
        assert fraction["height"] > 1.2 * page.locator("p math mi").first.bounding_box()["height"]
        watched.check()
