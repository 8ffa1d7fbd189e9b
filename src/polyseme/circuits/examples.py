"""Examples: small real files in the package, which a source names as `example:NAME`."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path

from polyseme.errors import SourceError

_FOLDER = Path(__file__).parent / "example_files"
# The file of every example, and a few words on it.
EXAMPLES = {
    "capitals": ("capitals.csv", "triples: capitals and continent of 194 countries"),
    "two-hop": ("two-hop.csv", "triples that go on from an object: city, country, currency"),
    "adder": ("adder.blif", "BLIF with .subckt: the sum of two numbers of four bits"),
    "alarm": ("alarm.eqn", "expressions: when does a burglar alarm ring?"),
}


def located(source: str | os.PathLike[str]) -> str:
    """Return the path of the file that `example:NAME` names, and any other source as it is.

    Raises SourceError for a name of no example; the message lists them.
    """
    text = os.fspath(source)
    name, colon, example = text.partition(":")
    if not (isinstance(source, str) and colon and name == "example"):
        return text
    if example not in EXAMPLES:
        near = get_close_matches(example, EXAMPLES, 1)
        hint = f"; did you mean example:{near[0]}?" if near else ""
        raise SourceError(
            f"example {example[:40]!r} does not exist; the examples are {', '.join(EXAMPLES)}{hint}"
        )
    return str(_FOLDER / EXAMPLES[example][0])
