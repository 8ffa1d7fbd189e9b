"""Text that may be a name or stand in a message: one spelling, and nothing unseen."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyseme.common.plain_text import is_plain, normal, one_line, spelt

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@given(st.text())
def test_one_line_is_one_printable_line(text: str) -> None:
    assert one_line(text).isprintable()
    if text.isprintable() and text == " ".join(text.split()):
        assert one_line(text) == text[:2000]


@given(st.text())
def test_there_is_one_spelling(text: str) -> None:
    assert normal(text) == normal(unicodedata.normalize("NFD", text)) == normal(normal(text))
    assert spelt(text) == normal(text)


def test_what_is_no_text_has_no_spelling() -> None:
    assert spelt(3) == 3


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1))
def test_what_is_seen_is_plain(text: str) -> None:
    assert is_plain(text)


@pytest.mark.parametrize(
    "text",
    [FAMILY, SCOTLAND, "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "10\xa0km", "a\u3000b"],
)
def test_what_joins_or_parts_is_plain_between_others_only(text: str) -> None:
    assert is_plain(text)
    assert is_plain(f"{text} {text}")


@pytest.mark.parametrize(
    "text",
    [
        *("\x1b[31m", "a\nb", "a\tb", "\x7f", "\x9b", "a\u2028b", "\ud800"),
        # What turns the direction of what follows, or is not seen at all.
        *("a\u202eb", "a\u2066b", "a\u200eb", "a\u061cb", "a\ufeffb", "a\xadb", "a\u200bb"),
        # Joiners and blanks at an end; the letters of a region without a flag, and without an end.
        *("\u200da", "a\u200d", "\u200c", "\xa0a", "a\xa0", "a\U000e0067b", SCOTLAND[:-1]),
    ],
)
def test_what_steers_or_hides_is_not_plain(text: str) -> None:
    assert not is_plain(text)
