"""Formulas of docstrings as MathML: each form, and the text beside it that is none."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("latex2mathml")
from documentation import constructions, with_formulas
from formulas import display_latex, displayed, formula_at, typeset


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("n = z sqrt(k m') neurons", r"n = z\,\sqrt{k\,m'}"),
        ("k m' w / n literals", r"k\,m'\,w / n"),
        ("2 T^(1/4), if", r"2\,{T}^{1 / 4}"),
        ("log2 m' for", r"\log_2\,m'"),
        ("n x d weights", r"n \times d"),
        ("c_r <= s f / r.", r"c_{r} \le s\,f / r"),
        ("O~(m^(2/3)) neurons", r"\tilde{O}\left( {m}^{2 / 3} \right)"),
        ("1e-3 / n, all", r"10^{-3} / n"),
        ("|u_k - y_k| that", r"\left| u_{k} - y_{k} \right|"),
        ("r11 - r10 of", r"r_{11} - r_{10}"),
        ("s features", "s"),
        ("ceil(log2 k) layers", r"\lceil \log_2\,k\rceil"),
        ("max over p of p^k f", r"\max_{p} \,{p}^{k}\,f"),
    ],
)
def test_formulas_are_found_in_text(text, latex):
    found, length = formula_at(text, article=True)
    assert found == latex
    assert re.match(r"[ ,.]|$", text[length:])


@pytest.mark.parametrize(
    "text",
    ["3 features", "1/4 of", "A gate", "a unit", "and so", "sqrt(m", "relu of", "- item", "x add"],
)
def test_text_that_is_no_formula_stays(text):
    assert formula_at(text, article=True) is None


def test_what_stands_by_itself_has_fractions_limits_and_words():
    assert display_latex("v = 1.15 x / (1 - x).") == r"v = \frac{1.15\,x}{1 - x}\text{.}"
    assert display_latex("sum over r < k of c_r").startswith(r"\sum_{r < k}")
    assert r"\text{about}\,\frac{k}{n}" in display_latex("V = s, about k / n")
    assert display_latex("n = (k + 1") is None
    assert displayed(["n = m", "n = (m"]) is None


def test_code_links_emphasis_and_hyphens_are_kept():
    for kept in ("`n = m`", "[n = m](a.md)", "*owner*", "k-fold", "https://a.b/n"):
        assert typeset(f"of {kept} it") == f"of {kept} it"
    assert typeset("x_1 of a_b", lambda words: words.upper()).count("<math") == 2


def test_code_and_headings_of_pages_are_kept():
    page = "# n = m\n\n```sh\nn = m\n```\n\nn = m\n\n    n = m\n"
    assert with_formulas(page).count("<math") == 2
    assert with_formulas(page).startswith("# n = m\n\n```sh\nn = m\n```\n\n<span><math")


def test_every_indented_block_of_the_constructions_is_a_formula():
    page = constructions()
    assert not re.findall(r"^    .*", page, re.MULTILINE)
    assert page.count('class="formula"') > 20
    left = re.sub(r"<math.*?</math>|`[^`]*`", "", page, flags=re.DOTALL)
    assert "sqrt(" not in left
