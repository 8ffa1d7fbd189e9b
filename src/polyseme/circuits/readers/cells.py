"""Cells of tables from Python and JSON: text, numbers, nothing, or a list of several objects."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from polyseme.errors import SourceError


def objects_in(cell: Any, place: str) -> list[str]:
    """Return the objects that a cell holds, as text without outer blanks; none if it is empty.

    Raises SourceError, opened by `place`, for a cell that is neither text, number nor a list.
    """
    if isinstance(cell, Mapping | bytes):
        raise SourceError(f"{place}object {repr(cell)[:40]} must be text, a number or a list")
    if isinstance(cell, str) or not isinstance(cell, Iterable):
        text = _text_of(cell)
        return [text] if text else []
    return [text for one in cell for text in [_text_of(one)] if text]


def text_in(cell: Any, what: str, place: str) -> str:
    """Return the one text of a cell that must hold one, "" if it is empty."""
    found = objects_in(cell, place)
    if len(found) > 1:
        raise SourceError(f"{place}{what[:40]!r} is a list; it must be one text")
    return found[0] if found else ""


def _text_of(value: Any) -> str:
    """Return one value as text: "" for what stands for nothing, whole numbers without a point."""
    if value is None or _is_missing(value):
        return ""
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        # A column of whole numbers in which one is missing holds fractions.
        return str(int(value))
    return str(value).strip()


def _is_missing(value: Any) -> bool:
    """Return whether a value is not equal to itself, as NaN and the like of pandas are."""
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        # pandas' NA has no truth.
        return True
