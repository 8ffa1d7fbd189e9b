"""Features named by options of the command line."""

from __future__ import annotations

import csv
from collections.abc import Sequence

from polyseme.circuits.names import Names
from polyseme.errors import OptionError


def named_features(names: Names, given: Sequence[str], option: str) -> list[str]:
    """Return every feature that an option names, once; a text that is no name is a line of CSV."""
    pieces = (
        piece
        for text in given
        for piece in (_separated(text, option) if names.find(text) is None else [text])
    )
    found = {names[names.position(piece.strip())]: None for piece in pieces}
    return list(found)


def _separated(text: str, option: str) -> list[str]:
    """Return the fields of a line of CSV; blanks before one do not count."""
    try:
        (fields,) = csv.reader([text], skipinitialspace=True, strict=True)
    except (csv.Error, ValueError):
        raise OptionError(
            f"{option} {text[:40]!r}: a quote begins a quoted name, which ends with a quote "
            "before a comma or the end; a quote inside is doubled"
        ) from None
    return fields or [text]
