"""The parts of AIGER files: lines of numbers, and differences in groups of seven bits."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.readers.text import shown_text
from polyseme.common.ragged import places_in_rows
from polyseme.errors import SourceError

# A difference is below 2^31, so five groups of seven bits hold it.
_MAX_GROUPS = 5


@dataclass(frozen=True)
class Rows:
    """Lines of numbers: `values` int64 (rows, width), -1 pads, and their line numbers (rows,)."""

    values: NDArray[np.int64]
    lines: NDArray[np.int64]


class Scanner:
    """A file read from the front, line by line or, in between, as binary differences."""

    def __init__(self, data: bytes, shown: str):
        """Start before the first line; `shown` names the file in messages."""
        self.data = data
        self.shown = shown
        self.position = 0
        self.line = 0
        self._counts_lines = True
        self._begin = 0

    @property
    def left(self) -> int:
        """Number of bytes not read yet."""
        return len(self.data) - self.position

    def broken(self, rule: str) -> SourceError:
        """Return the error that the line just read breaks a rule."""
        return SourceError(f"{self.place()}{rule}")

    def place(self) -> str:
        """Return the start of a message about the line just read: the file and the line.

        After binary data, where lines cannot be counted, the byte is given and not the line.
        """
        where = f"line {self.line}" if self._counts_lines else f"byte {self._begin}"
        return f"{self.shown}, {where}: "

    def next_line(self, what: str) -> bytes:
        """Return the next line without its end.

        Raises SourceError if there is none; `what` is what the line should have been.
        """
        if not self.left:
            raise SourceError(f"{self.shown}: the file ends where {what} should follow")
        self._begin = self.position
        end = self.data.find(b"\n", self.position)
        end = len(self.data) if end < 0 else end
        self.position = min(end + 1, len(self.data))
        self.line += 1
        return self.data[self._begin : end].removesuffix(b"\r")

    def rows(self, count: int, widths: tuple[int, ...], what: str, highest: int) -> Rows:
        """Read `count` lines of whole numbers from 0 to `highest`, each of one of the `widths`.

        Raises SourceError for a line that holds anything else; `what` names such a line.
        """
        first, flat, widest = self.line + 1, array("q"), max(widths)
        for _ in range(count):
            line = self.next_line(what)
            # Checking length and characters first refuses signs, and numbers slow to convert.
            if len(line) > 80 or line.translate(None, b"0123456789 "):
                raise self.broken(f"{what} is written in whole numbers, not {_shown(line)}")
            row = list(map(int, line.split()))
            if len(row) not in widths:
                wanted = " or ".join(map(str, widths))
                raise self.broken(f"{what} is a line of {wanted} numbers, not {_shown(line)}")
            if max(row) > highest:
                raise self.broken(f"{what} reads literal {max(row)}; the highest is {highest}")
            flat.extend(row)
            if len(row) < widest:
                flat.extend([-1] * (widest - len(row)))
        values = np.array(flat, np.int64).reshape(count, widest)
        return Rows(values, np.arange(first, first + count))

    def differences(self, count: int) -> NDArray[np.int64]:
        """Read the next `count` numbers, each in groups of seven bits, the lowest first, (count,).

        All groups of a number but its last have the eighth bit set. Raises SourceError when the
        file ends too early, or a number has more than 31 bits.
        """
        self._counts_lines = False
        begin = self.position
        part = np.frombuffer(self.data[begin : begin + _MAX_GROUPS * count + 1], np.uint8)
        ends = np.flatnonzero(part < 128)[:count] + 1
        starts = np.concatenate(([0], ends[:-1])) if len(ends) else ends
        widths = ends - starts
        for number in np.flatnonzero(widths > _MAX_GROUPS)[:1]:
            raise self._too_large(int(number), begin + int(starts[number]))
        if len(ends) < count:
            # The next number does not end in this part: it is too long, or the file is too short.
            start = int(ends[-1]) if len(ends) else 0
            if len(part) - start > _MAX_GROUPS:
                raise self._too_large(len(ends), begin + start)
            raise SourceError(
                f"{self.shown}: the file ends in gate {len(ends) // 2} of {count // 2}"
            )
        if not count:
            return np.zeros(0, np.int64)
        group = places_in_rows(widths)
        values = np.add.reduceat((part[: ends[-1]] & 127).astype(np.int64) << 7 * group, starts)
        for number in np.flatnonzero(values >= 2**31)[:1]:
            raise self._too_large(int(number), begin + int(starts[number]))
        self.position += int(ends[-1])
        return values

    def _too_large(self, number: int, byte: int) -> SourceError:
        return SourceError(
            f"{self.shown}, byte {byte}: gate {number // 2} has a difference of more than 31 bits"
        )


def _shown(line: bytes) -> str:
    return shown_text(line[:80].decode("ascii", "backslashreplace"))
