"""Words, numbers and signs of a Verilog file, with the lines they stand on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from polyseme.circuits.readers.formulas import Token
from polyseme.circuits.readers.text import shown_text
from polyseme.errors import SourceError

_TOKEN = re.compile(
    r"""(?P<blank>[ \t\f\v]+) | (?P<line>\n) | (?P<comment>//[^\n]*|/\*.*?\*/|\(\*(?!\s*\)).*?\*\))
    | (?P<skipped>`(?:timescale|default_nettype|resetall|celldefine|endcelldefine)[^\n]*)
    | (?P<number>[0-9][0-9_]*(?:\s*'\s*[sS]?[bBoOdDhH]\s*[0-9a-fA-F_xXzZ?]+)?)
    | (?P<name>[A-Za-z_][\w$]*) | \\(?P<escaped>[^\s]+)
    | (?P<sign>~\^|\^~|&&|\|\||[~!&|^?:()\[\]{},;=.\#@<>+*%-])""",
    re.VERBOSE | re.DOTALL,
)
_SAME = {"!": "~", "&&": "&", "||": "|", "^~": "~^"}


def verilog_tokens(text: str, shown: str) -> Iterator[Token]:
    """Yield the tokens of a file; keywords are of the kind "name", like names.

    Raises SourceError that names the line of what is no token.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    line, place = 1, 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if not found:
            word = text[place : place + 200].split()[0]
            opened = word.startswith(("/*", "(*"))
            rule = "opens a comment that is never closed" if opened else "is not Verilog"
            raise SourceError(f"{shown}, line {line}: {shown_text(word)} {rule}")
        kind, piece = str(found.lastgroup), found[0]
        if kind == "escaped":
            yield Token("escaped", found["escaped"], line)
        elif kind in ("number", "name"):
            yield Token(kind, piece, line)
        elif kind == "sign":
            yield Token("sign", _SAME.get(piece, piece), line)
        line += piece.count("\n")
        place = found.end()
