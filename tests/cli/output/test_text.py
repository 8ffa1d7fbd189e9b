"""Text for a terminal: one printable line, whatever it is given."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from polyseme.cli.output.text import one_line


@given(st.text())
def test_one_line_is_one_printable_line(text: str) -> None:
    assert one_line(text).isprintable()
    if text.isprintable() and text == " ".join(text.split()):
        assert one_line(text) == text[:2000]
