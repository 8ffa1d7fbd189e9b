"""Reading a file as bytes, as text or line by line, and showing what is in it in a message."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from polyseme.circuits.names import check_name
from polyseme.common.files import shown_path
from polyseme.errors import SourceError

MAX_LOGIC_BYTES = 2**26
MAX_LINE_LENGTH = 2**24
MAX_CLAIM = 10**7
# A header may claim this many of anything, however short its file is.
FREE_CLAIM = 1000
_UNDECODED = re.compile("[\udc80-\udcff]")


def shown_text(text: str) -> str:
    """A piece of a file in quotes, shortened and escaped so that it fits a one-line message."""
    return repr(text if len(text) <= 40 else text[:37] + "...")


def read_bytes(path: str | os.PathLike[str], limit: int, what: str) -> bytes:
    """The bytes of a regular file.

    Raises SourceError if there is none, and unread if it has more than `limit` bytes; `what` is
    what the message says may have so many ("a table").
    """
    shown = shown_path(path)
    try:
        if not Path(path).exists():
            raise SourceError(f"{shown}: no such file")
        if not Path(path).is_file():
            raise SourceError(f"{shown}: not a regular file")
        if Path(path).stat().st_size > limit:
            raise SourceError(f"{shown}: {what} may have at most {limit} bytes")
        return Path(path).read_bytes()
    except OSError as error:
        raise SourceError(f"{shown}: cannot be read: {error.strerror}") from error


def read_text(path: str | os.PathLike[str], limit: int, what: str) -> str:
    """The text of a UTF-8 file, without a byte order mark.

    Raises SourceError as `read_bytes` does, and with the line of a byte that is not UTF-8 or NUL.
    """
    data = read_bytes(path, limit, what)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = line_of(data, error.start)
        raise SourceError(f"{shown_path(path)}, line {line}: not UTF-8") from error
    _refuse_nul(data, path)
    return text


def read_logic(path: str | os.PathLike[str]) -> str:
    """The text of a file of logic, of any encoding that extends ASCII.

    Old files have comments in Latin-1. Bytes that are not UTF-8 become lone surrogates, which
    `check_signal` refuses in names and no keyword contains; so they may stand in comments only.
    Raises SourceError as `read_text` does for all else.
    """
    data = read_bytes(path, MAX_LOGIC_BYTES, "a file of logic")
    _refuse_nul(data, path)
    return data.decode("utf-8-sig", errors="surrogateescape")


def lines_of(text: str, shown: str) -> Iterator[tuple[int, str]]:
    """Number and text of every line, one at a time, ended by LF, CR LF or CR.

    Raises SourceError for a line of more than MAX_LINE_LENGTH characters, as splitting one into
    words takes many times its memory.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    number, begin = 0, 0
    while begin < len(text):
        number += 1
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        if end - begin > MAX_LINE_LENGTH:
            raise SourceError(
                f"{shown}, line {number}: a line may have at most {MAX_LINE_LENGTH} characters"
            )
        yield number, text[begin:end]
        begin = end + 1


def line_of(data: bytes, position: int) -> int:
    """The number of the line that holds a byte."""
    before = data[:position].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return before.count(b"\n") + 1


def whole_number(text: str, lowest: int, highest: int, what: str) -> int:
    """Read a whole number in decimal; `what` opens the message of the SourceError otherwise."""
    plain = text.isascii() and text.isdigit()
    # Compare lengths first: converting a number of many digits is slow or refused.
    if plain and len(text) <= 20 and lowest <= int(text) <= highest:
        return int(text)
    raise SourceError(
        f"{what} {shown_text(text)} must be a whole number from {lowest} to {highest}"
    )


def claimed_size(text: str, lowest: int, length: int, what: str) -> int:
    """Read how many of something a file of `length` characters claims to have.

    Raises SourceError, opened by `what`, unless that is at most MAX_CLAIM and, past FREE_CLAIM, at
    most `length`; so nothing is made that is out of all proportion to the file.
    """
    size = whole_number(text, lowest, MAX_CLAIM, what)
    if size > max(length, FREE_CLAIM):
        raise SourceError(f"{what} {size} is more than a file of {length} characters can hold")
    return size


def check_signal(name: str, place: str) -> None:
    """Raise SourceError unless a name read by `read_logic` is UTF-8 and fit for a message."""
    if _UNDECODED.search(name):
        raise SourceError(f"{place}name {shown_text(name)} is not UTF-8")
    check_name(name, place)


def _refuse_nul(data: bytes, path: str | os.PathLike[str]) -> None:
    if b"\0" in data:
        line = line_of(data, data.index(0))
        raise SourceError(f"{shown_path(path)}, line {line}: holds a NUL byte")
