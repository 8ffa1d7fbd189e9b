"""Reading a file as bytes, as text or line by line, and showing a piece of it in a message."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from polyseme.circuits.names import check_name
from polyseme.common.files import shown_path
from polyseme.common.files.reading import read_whole
from polyseme.common.plain_text import normal
from polyseme.errors import PolysemeError, SourceError

MAX_LOGIC_BYTES = 2**26
MAX_LINE_LENGTH = 2**24
MAX_CLAIM = 10**7
# A header may claim sizes up to this, however short its file is.
FREE_CLAIM = 1000
_UNDECODED = re.compile("[\udc80-\udcff]")


def shown_text(text: str) -> str:
    """Return a piece of a file in quotes, cut and escaped so that it fits a one-line message."""
    return repr(text if len(text) <= 40 else text[:37] + "...")


def read_bytes(path: str | os.PathLike[str], limit: int, what: str) -> bytes:
    """Return the bytes of a regular file.

    Raises SourceError if there is no such file, or it has more than `limit` bytes; then it is not
    read. `what` names the kind of file in the message ("a table").
    """
    try:
        return read_whole(path, limit, what)
    except PolysemeError as error:
        raise SourceError(f"{shown_path(path)}: {error}") from None


def read_text(path: str | os.PathLike[str], limit: int, what: str) -> str:
    """Return the text of a UTF-8 file, without a byte order mark and in the spelling of names.

    Raises SourceError as `read_bytes` does, and for a byte that is not UTF-8 or is NUL, with its
    line.
    """
    data = read_bytes(path, limit, what)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = line_of(data, error.start)
        raise SourceError(f"{shown_path(path)}, line {line}: not UTF-8") from error
    _refuse_nul(data, path)
    return normal(text)


def read_logic(path: str | os.PathLike[str]) -> str:
    """Return the text of a file of logic, of any encoding that extends ASCII.

    Old files have comments in Latin-1. Bytes that are not UTF-8 become lone surrogates. No keyword
    contains these and `check_signal` refuses them in names, so only comments can have them. Raises
    SourceError as `read_text` does for all other faults.
    """
    data = read_bytes(path, MAX_LOGIC_BYTES, "a file of logic")
    _refuse_nul(data, path)
    return normal(data.decode("utf-8-sig", errors="surrogateescape"))


def lines_of(text: str, shown: str) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of every line; lines end with LF, CR LF or CR.

    Raises SourceError for a line of more than MAX_LINE_LENGTH characters, because splitting a line
    into words takes many times its memory.
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
    """Return the number of the line that holds a byte."""
    before = data[:position].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return before.count(b"\n") + 1


def whole_number(text: str, lowest: int, highest: int, what: str) -> int:
    """Read a decimal whole number; raise SourceError, opened by `what`, if it is not one in range.

    The range is `lowest` to `highest`.
    """
    plain = text.isascii() and text.isdigit()
    # Lengths are compared first: Python is slow to convert many digits, or refuses.
    if plain and len(text) <= 20 and lowest <= int(text) <= highest:
        return int(text)
    raise SourceError(
        f"{what} {shown_text(text)} must be a whole number from {lowest} to {highest}"
    )


def claimed_size(text: str, lowest: int, length: int, what: str) -> int:
    """Read a number of things that a file of `length` characters claims to have.

    Raises SourceError, opened by `what`, unless the number is at most MAX_CLAIM and, above
    FREE_CLAIM, at most `length`. So no memory is taken out of proportion to the file.
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
