"""Reading regular files whole: never mapped, never a device or a FIFO, of a size known before.

What fails raises PolysemeError with the reason alone; the caller names the file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO

from polyseme.common.files.paths import reason_of
from polyseme.common.files.targets import kind_of
from polyseme.errors import PolysemeError

# A FIFO or device put there between the two looks is opened without waiting, and then refused.
_OPEN = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)


@dataclass(frozen=True)
class RegularFile:
    """A regular file that is open, and the number of its bytes."""

    descriptor: int
    size: int

    def read(self, count: int) -> bytearray:
        """Return the next `count` bytes.

        Raises PolysemeError if the file has become shorter, or they do not fit into memory.
        """
        try:
            found = bytearray(count)
        except MemoryError:
            raise PolysemeError(f"{count:,} bytes of it do not fit into memory") from None
        self.fill(memoryview(found))
        return found

    def fill(self, left: memoryview) -> None:
        """Read the next bytes into all of a buffer. Raises PolysemeError as `read` does."""
        try:
            with FileIO(self.descriptor, closefd=False) as file:
                while left and (got := file.readinto(left)):
                    left = left[got:]
        except OSError as error:
            raise PolysemeError(f"cannot be read: {reason_of(error)}") from None
        if left:
            raise PolysemeError("was cut short while it was read")


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[RegularFile]:
    """Open a regular file. Raises PolysemeError if there is none, or it cannot be read."""
    descriptor = _opened(path)
    try:
        found = os.fstat(descriptor)
        _check_regular(found.st_mode)
        yield RegularFile(descriptor, found.st_size)
        after = os.fstat(descriptor)
        if (found.st_size, found.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise PolysemeError("was changed while it was read")
    finally:
        os.close(descriptor)


def _opened(path: str | os.PathLike[str]) -> int:
    try:
        _check_regular(os.stat(path).st_mode)  # noqa: PTH116
        return os.open(path, _OPEN)
    except (FileNotFoundError, ValueError):
        # No file has a name with a NUL, which is a ValueError.
        raise PolysemeError("no such file") from None
    except OSError as error:
        raise PolysemeError(f"cannot be read: {reason_of(error)}") from None


def read_whole(path: str | os.PathLike[str], limit: int, what: str) -> bytes:
    """Return the bytes of a regular file.

    Raises PolysemeError if there is no such file, or it has more than `limit` bytes; then it is not
    read. `what` names the kind of file in the message ("a table").
    """
    with opened(path) as file:
        if file.size > limit:
            raise PolysemeError(f"{what} may have at most {limit} bytes")
        return bytes(file.read(file.size))


def _check_regular(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise PolysemeError(f"is {kind_of(mode)}, not a regular file")
