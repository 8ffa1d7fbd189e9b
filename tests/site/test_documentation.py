"""The documentation site: links lead somewhere, guides run, nothing is fetched from elsewhere."""

from __future__ import annotations

import re

import pytest

import polyseme as ps
from documentation import as_markdown, build_documentation, constructions, inside, plain, reference
from measure.shared import ROOT

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


@pytest.mark.filterwarnings("ignore::polyseme.PolysemeWarning")
def test_blocks_of_the_guides_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", GUIDES, re.DOTALL)
    assert len(blocks) > 4
    for block in blocks:
        exec(block, names)
    assert (tmp_path / "alarm.html").exists()


@pytest.mark.slow
def test_the_site_is_made_strictly_and_fetches_nothing(tmp_path):
    pytest.importorskip("mkdocs")
    build_documentation(tmp_path / "site")
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r"<(?:script|img|iframe)[^>]*src=\"(?:https?:)?//[^\"]*\"", text)
        assert not re.findall(r"<link[^>]*rel=\"stylesheet\"[^>]*href=\"(?:https?:)?//", text)
