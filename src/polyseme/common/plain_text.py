"""Text that may be a name or stand in a message: one spelling, and nothing that cannot be seen.

A letter with an accent has two spellings in Unicode, one character or two, which look alike. Names
are in the shorter one, NFC, wherever they come from. Characters that steer a terminal or turn the
direction of what follows (control, escape and bidirectional ones) are in no name, and escaped in
messages.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

# Between letters, as Persian and emoji need them, they change what is seen: ZWNJ and ZWJ.
_JOINERS = "\u200c\u200d"
# A black flag and the letters of a region, as in that of Scotland.
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")
_LONGEST_LINE = 2000


def normal(text: str) -> str:
    """Return text in the one spelling that names have, NFC."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def spelt(given: Any) -> Any:
    """Return text in the spelling of names, and all else as it is, for others to refuse."""
    return normal(given) if isinstance(given, str) else given


def is_plain(text: str) -> bool:
    """Return whether every character of a text can be seen, or joins or parts two that can.

    Between others, blanks of any width and joiners may stand.
    """
    if text.isprintable():
        return True
    bare = _FLAG.sub("-", text)
    return (
        all(sign.isprintable() or _between(sign) for sign in bare)
        and not _between(bare[0])
        and not _between(bare[-1])
    )


def one_line(text: str) -> str:
    """Return text with line ends made blanks and all else unprintable escaped."""
    joined = " ".join(text.split())[:_LONGEST_LINE]
    if joined.isprintable():
        return joined
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape", "surrogatepass").decode()
        for sign in joined
    )


def _between(sign: str) -> bool:
    return sign in _JOINERS or (sign != " " and unicodedata.category(sign) == "Zs")
