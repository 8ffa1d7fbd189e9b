"""Suggestions for names that nothing has: the nearest of those that there are."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

_MOST = 3
# The likeness, 0 to 1, from which on a name is worth suggesting.
_NEAR = 0.6


def did_you_mean(word: object, known: Iterable[str], near: float = _NEAR) -> str:
    """Return the end of a sentence that suggests up to three known names; empty if none is near."""
    if not isinstance(word, str):
        return ""
    names = list(known)
    folded = word.casefold()
    found = list(islice((name for name in names if name.casefold() == folded), _MOST))
    found = found or get_close_matches(word, names, _MOST, near)
    return f"; did you mean {', '.join(map(repr, found))}?" if found else ""
