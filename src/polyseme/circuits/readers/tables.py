"""Text of tables: the encoding, the delimiter between cells, and the rows.

Both are found where the file leaves no doubt. Elsewhere they are named behind the path, as in
`facts:towns.csv:encoding=latin-1,delimiter=;`, and messages say so.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from polyseme.circuits.readers.text import line_of, read_bytes, shown_text
from polyseme.common.files import shown_path
from polyseme.errors import SourceError

MAX_FILE_BYTES = 2**28
_DELIMITERS = {",": ",", ";": ";", "tab": "\t", "|": "|"}
# So many rows, and characters, tell which delimiter a file has.
_GLANCE_ROWS = 50
_GLANCE_CHARACTERS = 2**16
_OPTIONS = re.compile(r"(.*):((?:encoding|delimiter)=[^:]*)", re.DOTALL)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Python's codecs that turn bytes into text but are no encoding of files.
_NO_ENCODINGS = ("idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined", "utf-7")


@dataclass(frozen=True)
class TableFile:
    """The path of a table and what the source says of it; "" is to be found.

    `delimiter` is one character; `kind` is "facts" or "triples", the word before the path.
    """

    path: str
    kind: str = "facts"
    encoding: str = ""
    delimiter: str = ""

    @property
    def shown(self) -> str:
        """The path as messages show it."""
        return shown_path(self.path)

    def with_option(self, option: str) -> str:
        """Return how the source is written with one more option, for a message."""
        return f"{self.kind}:{self.shown}:{option}"


def table_file(text: str, kind: str = "facts") -> TableFile:
    """Return the path and options of `PATH` or `PATH:encoding=NAME,delimiter=SIGN`.

    Raises SourceError for an option that is not one of these, given twice, or of an unknown value.
    """
    found = _OPTIONS.fullmatch(text)
    if not found:
        return TableFile(text, kind)
    shown = shown_path(found[1])
    given: dict[str, str] = {}
    # A comma between delimiter= and the next option is the delimiter itself.
    for key, value in re.findall(r"(\w*)=(,|[^,]*)(?:,|$)", found[2]):
        if key not in ("encoding", "delimiter") or key in given:
            known = "given twice" if key in given else "none of encoding, delimiter"
            raise SourceError(f"{shown}: option {shown_text(key)} is {known}")
        given[key] = value
    encoding, delimiter = given.get("encoding", ""), given.get("delimiter", "")
    if "encoding" in given and not _is_encoding(encoding):
        raise SourceError(
            f"{shown}: encoding {shown_text(encoding)} is not known; write utf-8, utf-16, latin-1, "
            "cp1252 or another that Python has"
        )
    if "delimiter" in given and delimiter not in _DELIMITERS:
        raise SourceError(
            f"{shown}: delimiter {shown_text(delimiter)} must be one of {' '.join(_DELIMITERS)}"
        )
    return TableFile(found[1], kind, encoding, _DELIMITERS.get(delimiter, ""))


def _is_encoding(name: str) -> bool:
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    # Only this private flag tells text encodings from others, such as hex and zip.
    return codec._is_text_encoding and codec.name not in _NO_ENCODINGS


def read_table_text(source: TableFile, what: str = "a table") -> str:
    """Return the text of a file, without a byte order mark.

    Raises SourceError naming the file, the line and the rule; where the encoding is in doubt, with
    the way to name it.
    """
    data = read_bytes(source.path, MAX_FILE_BYTES, what)
    encoding = source.encoding
    if not encoding:
        encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = line_of(data, error.start)
        if source.encoding or encoding != "utf-8":
            raise SourceError(f"{source.shown}, line {line}: not {encoding}") from error
        likely = "utf-16-le" if b"\0" in data else "latin-1"
        raise SourceError(
            f"{source.shown}, line {line}: not UTF-8; name its encoding, such as "
            f"{source.with_option(f'encoding={likely}')}"
        ) from error
    except UnicodeError as error:
        raise SourceError(f"{source.shown}: not {encoding}") from error
    if "\0" in text:
        line = line_of(text[: text.index("\0")].encode(errors="replace"), 2**62)
        raise SourceError(
            f"{source.shown}, line {line}: holds a NUL byte; UTF-16 without a byte order mark is "
            f"named, such as {source.with_option('encoding=utf-16-le')}"
        )
    return text


def rows_of(source: TableFile) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line of each row that is not blank, and its cells without outer blanks.

    Raises SourceError as `read_table_text` does, and for rows that are no well-formed CSV.
    """
    text = read_table_text(source)
    yield from _rows(text, source.delimiter or _delimiter_of(text, source), source.shown)


def _rows(text: str, delimiter: str, shown: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise SourceError(f"{shown}, line {line}: not well-formed CSV: {error}") from error
        if row:
            yield line, [cell.strip() for cell in row]


def _delimiter_of(text: str, source: TableFile) -> str:
    """Return the delimiter that cuts the first rows into as many cells as the header.

    Where none does, it is the one that cuts the header into most cells. Raises SourceError where
    several do.
    """
    glance = text[:_GLANCE_CHARACTERS]
    if len(glance) < len(text):
        glance = glance[: max(glance.rfind("\n"), glance.rfind("\r")) + 1] or glance
    seen = {sign: _first_rows(glance, sign) for sign in _DELIMITERS.values()}
    fitting = [sign for sign, rows in seen.items() if _fits(rows, sign)]
    if len(fitting) > 1 and not (source.path.lower().endswith(".tsv") and "\t" in fitting):
        shown = " and ".join(map(repr, fitting))
        named = next(name for name, sign in _DELIMITERS.items() if sign == fitting[-1])
        raise SourceError(
            f"{source.shown}, line 1: {shown} could each separate the cells; name one, such as "
            f"{source.with_option(f'delimiter={named}')}"
        )
    if fitting:
        return fitting[-1] if len(fitting) == 1 else "\t"
    return max(seen, key=lambda sign: len(seen[sign][0]) if seen[sign] else 0)


def _first_rows(glance: str, delimiter: str) -> list[list[str]]:
    """Return the first rows; an empty one stands for what is no well-formed CSV."""
    rows: list[list[str]] = []
    try:
        for _, row in _rows(glance, delimiter, ""):
            rows.append(row)
            if len(rows) == _GLANCE_ROWS:
                break
    except SourceError:
        rows.append([])
    return rows


def _fits(rows: list[list[str]], delimiter: str) -> bool:
    """Return whether rows have as many cells as the header, two or more.

    A delimiter at the end of a cell of the header shows that this other one separates the cells.
    """
    if not rows or len(rows[0]) < 2 or any(len(row) != len(rows[0]) for row in rows):
        return False
    others = "".join(sign for sign in _DELIMITERS.values() if sign not in ("\t", delimiter))
    return not any(cell and cell.rstrip(others) != cell for cell in rows[0])
