"""Temporary files beside their place: flushed, renamed, and swept by the next run after a kill.

Each is locked as long as the process that writes it lives, so that a sweep tells what was left over
from what another process is writing now.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeAlias

try:
    import fcntl as _fcntl
except ImportError:
    _fcntl = None  # type: ignore[assignment]

Piece: TypeAlias = bytes | memoryview

# Systems without it keep what is left over.
fcntl: Any = _fcntl
PREFIX, ENDING = ".polyseme.", ".part"
# Linux writes less than 2 GiB at once.
_MOST_AT_ONCE = 2**30
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_LOOK = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)


class Temporary:
    """A file in the folder of its place, gone at the end of the `with` unless it was moved.

    Raises OSError where one cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        """Sweep what was left over in the folder; create a file there and lock it."""
        sweep(folder)
        self.path, self._descriptor = _created(folder)
        self._moved = False

    def fill(self, content: Iterable[Piece], like: os.stat_result | None = None) -> None:
        """Write all pieces and flush them to the disk, with the owner and mode of another file."""
        for piece in content:
            write_all(self._descriptor, piece)
        if like is not None:
            _own_like(self._descriptor, like)
        os.fsync(self._descriptor)

    def move(self, place: Path) -> None:
        """Rename the file, over what is there, and flush the folder."""
        os.replace(self.path, place)  # noqa: PTH105
        self._moved = True
        self.path = place
        flush_folder(place.parent)

    def __enter__(self) -> Temporary:
        """Return the file."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Close the file; remove it if it was not moved."""
        if not self._moved:
            with suppress(OSError):
                self.path.unlink()
        with suppress(OSError):
            os.close(self._descriptor)


def write_all(descriptor: int, piece: Piece) -> None:
    """Write a piece to an open file, however often the system takes only a part."""
    left = memoryview(piece).cast("B")
    while left:
        left = left[os.write(descriptor, left[:_MOST_AT_ONCE]) :]


def flush_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Keep other processes that ask for the same from the folder, where the system can."""
    descriptor = None
    try:
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            if fcntl is not None:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def sweep(folder: Path, prefix: str = PREFIX, ending: str = ENDING, but: str = "") -> None:
    """Remove the temporary files of processes that ended before they could; others stay."""
    with suppress(OSError):
        names = [name for name in os.listdir(folder) if name.startswith(prefix)]  # noqa: PTH208
        for name in names:
            if name.endswith(ending) and name != but:
                _remove_unless_locked(folder / name)


def _remove_unless_locked(path: Path) -> None:
    if fcntl is None:
        return
    with suppress(OSError):
        descriptor = os.open(path, _LOOK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(descriptor)


def _created(folder: Path) -> tuple[Path, int]:
    while True:
        # Short, and without the name of the target, which may be as long as the file system allows.
        path = folder / f"{PREFIX}{token_hex(8)}{ENDING}"
        descriptor = os.open(path, _CREATE, 0o666)
        if fcntl is not None:
            # Waits for a sweep that took the file for one left over, which then removes it. File
            # systems without locks are never swept.
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if not _is_there(path, descriptor):
                os.close(descriptor)
                continue
        return path, descriptor


def _is_there(path: Path, descriptor: int) -> bool:
    with suppress(OSError):
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    return False


def _own_like(descriptor: int, like: os.stat_result) -> None:
    ours = os.fstat(descriptor)
    if (ours.st_uid, ours.st_gid) != (like.st_uid, like.st_gid):
        os.fchown(descriptor, like.st_uid, like.st_gid)
    if ours.st_mode != like.st_mode:
        os.fchmod(descriptor, like.st_mode & 0o7777)
