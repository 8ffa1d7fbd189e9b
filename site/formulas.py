"""Formulas in the text of pages, `n = z sqrt(k m')`, as MathML, which browsers typeset.

In the text of a page those runs are formulas that `formula_reader` can read and that have a
variable in them; all else stays text. `latex2mathml` makes MathML of what the reader returns.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from latex2mathml.converter import convert

from formula_reader import NoFormula, Reader, tokens

# What stays as it is in the text of a page: code, links, emphasis, words with hyphens.
_KEPT = re.compile(
    r"`[^`]*`|!?\[[^\]]*\]\([^)]*\)|\*\*?\w[^*\n]*\*\*?(?!\w)|https?://\S+"
    r"|\b\w+-[A-Za-z]{2,}[\w-]*|\b[A-Za-z]{2,}-\w+[\w-]*"
)
_PRIMED = re.compile(r"<msup>(<mi>\w</mi>)<mi>&#x02032;</mi></msup>")
_VARIABLE = re.compile(r"[A-Za-z^]")
# Paragraphs and items of lists: no formula goes on from one into the next.
_PIECES = re.compile(
    r"(\n\s*\n|\n\s*(?:[-#>]|\d+\.)\s+|^\s*[-#>]+\s+|(?<=\s)\|(?=\s)|^\||\|$)", re.MULTILINE
)


def display_latex(text: str) -> str | None:
    """Return the LaTeX of a formula that stands by itself, or None if it is none."""
    parts = [display_part(part.strip()) for part in re.split(r" {3,}", text.strip())]
    return None if None in parts else r"\qquad ".join(part for part in parts if part)


def display_part(text: str) -> str | None:
    """Return the LaTeX of one formula, with the comma or full stop behind it."""
    ending = text[-1:] if text[-1:] in (",", ".") else ""
    body = text.removesuffix(ending)
    reader = Reader(tokens(body), words=True, display=True)
    try:
        found = reader.relation()
    except NoFormula:
        return None
    if reader.at < len(reader.tokens) or reader.tokens[-1].end < len(body):
        return None
    return found + (rf"\text{{{ending}}}" if ending else "")


def displayed(lines: list[str]) -> str | None:
    """Return indented lines as MathML, a formula a line, or None if one of them is no formula."""
    found = [display_latex(line) for line in lines]
    if not lines or None in found:
        return None
    return "\n".join(f'<div class="formula">{mathml(one or "", "block")}</div>' for one in found)


def typeset(text: str, escaped: Callable[[str], str] = str) -> str:
    """Return the text of a page with its formulas as MathML; `escaped` is done to all else.

    Code, links, emphasis and words with hyphens stay as they are.
    """
    found, at = [], 0
    for kept in _KEPT.finditer(text):
        found += [
            run for piece in _PIECES.split(text[at : kept.start()]) for run in runs(piece, escaped)
        ]
        found.append(kept[0])
        at = kept.end()
    found += [run for piece in _PIECES.split(text[at:]) for run in runs(piece, escaped)]
    return "".join(found)


def runs(piece: str, escaped: Callable[[str], str]) -> list[str]:
    """Return a piece of text in which every formula is MathML."""
    found, done = [], 0
    for start in re.finditer(r"(?<![\w.)\]/'_^*-])[-\w(|.]", piece):
        if start.start() < done:
            continue
        # In the middle of a sentence an A is no article.
        article = not re.search(r"\w\s$", piece[: start.start()])
        match = formula_at(piece[start.start() :], article)
        if match is not None:
            latex, length = match
            found += [
                escaped(piece[done : start.start()]),
                f"<span>{mathml(latex, 'inline')}</span>",
            ]
            done = start.start() + length
    return [*found, escaped(piece[done:])]


def formula_at(text: str, article: bool) -> tuple[str, int] | None:
    """Return the LaTeX and the length of the formula that a text begins with, if it does.

    `article` says whether an A at the beginning may be one.
    """
    # A long paragraph has no long formula.
    reader = Reader(tokens(text[:400]))
    first, *after = reader.tokens or [None]
    if first is None or (first.text == "-" and (not after or first.end < after[0].start)):
        return None
    if (first.text in ("a", "I") or (first.text == "A" and article)) and not reader.operated():
        return None
    if first.text == "x" and after and after[0].kind != "sign":
        return None
    try:
        latex = reader.relation()
    except NoFormula:
        return None
    end = reader.tokens[reader.at - 1].end
    whole = re.match(r"[\s.,;:)\]?]|$", text[end:]) is not None and not text[end:].startswith(".5")
    telling = _VARIABLE.search(re.sub(r"\\(?:left|right|text\{[^}]*\}|times|cdot)", "", latex))
    return (latex, end) if whole and telling else None


@cache
def mathml(latex: str, display: str) -> str:
    """Return LaTeX as MathML."""
    latex = spaced(latex)
    if display == "inline":
        # Brackets that grow would push the lines of a paragraph apart.
        latex = re.sub(r"\\(?:left|right)(?=[()\[\]])", "", latex)
    # A prime is raised by itself; as an exponent it would be too small to be seen.
    return _PRIMED.sub(
        r'<mrow>\1<mo lspace="0" rspace="0">&#x02032;</mo></mrow>', convert(latex, display=display)
    )


def spaced(latex: str) -> str:
    """Return LaTeX with a full space between words, and between words and what is beside them."""
    latex = re.sub(r"\\,(?=\\text\{)", r"\\ ", latex)
    latex = re.sub(r"(\\text\{\w+\})\\,", r"\1\\ ", latex)
    return re.sub(r"(?<=\w)\}\\ \\text\{(?=\w)", " ", latex)
