"""The page of the introduction: its numbers and terms come from files, its parts are whole."""

from __future__ import annotations

import re

import pytest

from build import SOURCE, filled, measured

PAGE = (SOURCE / "index.html").read_text(encoding="utf-8")
PARTS = re.findall(r"<section id=\"\w+\">.*?</section>", PAGE, re.DOTALL)


def test_there_are_twelve_parts_each_with_machine_arithmetic_and_limits():
    assert len(PARTS) == 12
    for number, part in enumerate(PARTS, 1):
        assert f"PART {number}<" in part
        assert part.count('class="machine"') == 1
        assert "<figcaption>" in part
        assert part.count('class="arithmetic"') == 1
        assert part.count('class="limits"') == 1


def test_no_measured_number_is_typed_by_hand():
    text = re.sub(r"\{\{[^}]*\}\}", "", " ".join(PARTS))
    text = re.sub(r"<[^>]*>|\b(?:19|20)\d\d\b|GPT-\d|Llama 2|PART \d+", "", text)
    assert not re.findall(r"\d[\d.,]*\d", text)


def test_every_number_and_term_of_the_page_is_known(tmp_path):
    import json

    terms = json.loads((SOURCE / "terms.json").read_text(encoding="utf-8"))
    page = filled(PAGE, measured(), terms)
    assert "{{" not in page
    assert "[[" not in page
    for term in terms:
        assert f"|{term}]]" in PAGE, f"{term} is defined and never used"


def test_numbers_are_formatted_and_what_is_filled_in_is_escaped():
    data = {"part": {"count": 12345, "share": 0.25}}
    assert filled("{{part.count:,}} {{part.share:.0%}}", data, {}) == "12,345 25%"
    assert filled("[[a|b]]", {}, {"b": "<i>"}).count("&lt;i&gt;") == 1
    with pytest.raises(KeyError):
        filled("{{part.nothing}}", data, {})


def test_links_of_the_contents_lead_to_the_parts():
    ids = set(re.findall(r'<section id="(\w+)"', PAGE))
    assert set(re.findall(r'<a href="#(\w+)"><i>', PAGE)) == ids
    machines = set(re.findall(r'data-machine="(\w+)"', PAGE))
    assert machines == ids
    for name in ids:
        script = (SOURCE / "parts" / f"{name}.js").read_text(encoding="utf-8")
        assert re.search(rf"^export (?:async )?function {name}\(place\)", script, re.MULTILINE)
