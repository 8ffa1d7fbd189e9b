"""Places to write to: what stands there, and whether it may be replaced or written through.

A regular file is replaced, and a link is followed: its target is what is replaced. A character
device, such as /dev/null, a FIFO that someone reads and the streams of the process are written
through. Nothing else is written.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from polyseme.common.files.paths import shown_path, told_of_writing
from polyseme.common.files.temporaries import Temporary
from polyseme.errors import PolysemeError

_STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}
_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/([0-9]{1,6})")
_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFBLK: "a block device",
    stat.S_IFCHR: "a character device",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
}
_WRITTEN_THROUGH = (stat.S_IFCHR, stat.S_IFIFO)


def kind_of(mode: int) -> str:
    """Return what a file is that is no regular one, by its mode."""
    return _KINDS.get(stat.S_IFMT(mode), "no file")


@dataclass(frozen=True)
class Target:
    """A place to write to.

    `place` is where the file stands or will stand, all links followed, and `replaced` what is known
    of a regular file there. `descriptor` is a stream of the process that is meant instead, and
    `through` says that what is there is written to and not replaced.
    """

    given: str
    place: Path
    replaced: os.stat_result | None = None
    descriptor: int | None = None
    through: bool = False


def stream_of(path: str | os.PathLike[str]) -> int | None:
    """Return the number of the stream of this process that a path names; None for other paths."""
    text = os.fspath(path)
    found = _DESCRIPTOR.fullmatch(text)
    return int(found[1]) if found else _STREAMS.get(text)


def target_of(path: str | os.PathLike[str]) -> Target:
    """Return what may be written at a path.

    Raises PolysemeError, naming the path, for what can be neither replaced nor written through: a
    directory, a block device, a socket, a file that is read-only or that others own.
    """
    given, shown = os.fspath(path), shown_path(path)
    descriptor = stream_of(path)
    with told_of_writing(path):
        if descriptor is not None:
            os.fstat(descriptor)
            return Target(given, Path(given), descriptor=descriptor, through=True)
        # The root and "." have no name; ".." and a name before a slash can only be a directory's.
        if Path(given).name in ("", "..") or given.endswith(("/", os.sep)):
            raise PolysemeError(f"{shown}: cannot be written: it is not the name of a file")
        try:
            found = os.stat(path)  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            found = None
        place = Path(os.path.realpath(path))
    if found is None:
        return Target(given, place)
    if not stat.S_ISREG(found.st_mode):
        if stat.S_IFMT(found.st_mode) not in _WRITTEN_THROUGH:
            raise PolysemeError(f"{shown}: cannot be written: it is {kind_of(found.st_mode)}")
        return Target(given, place, through=True)
    # The superuser may write what nobody may; it says read-only all the same.
    if not found.st_mode & 0o222:
        raise PolysemeError(f"{shown}: cannot be written: it is read-only")
    if not os.access(place, os.W_OK):
        raise PolysemeError(f"{shown}: cannot be written: Permission denied")
    return Target(given, place, replaced=found)


def check_output(
    path: str, inputs: Iterable[str | os.PathLike[str]], *, streams: bool = True
) -> None:
    """Raise PolysemeError unless a file can be written at `path` and is none of the `inputs`.

    An input that is no file, such as a problem, is skipped. Without `streams` only a regular file
    will do, because what is written is several files.
    """
    target = target_of(path)
    if target.through:
        if not streams:
            raise PolysemeError(
                f"{shown_path(path)}: is no regular file, and what is saved is two: a network and "
                "its answer key"
            )
        return
    _check_folder(target)
    for given in inputs:
        if target.replaced and os.path.exists(given) and target.place.samefile(given):  # noqa: PTH110
            raise PolysemeError(
                f"{shown_path(path)}: is an input and would be overwritten; name another file"
            )


def _check_folder(target: Target) -> None:
    folder = target.place.parent
    if not folder.is_dir():
        raise PolysemeError(
            f"{shown_path(target.given)}: cannot be written: there is no directory "
            f"{shown_path(folder if os.path.islink(target.given) else Path(target.given).parent)}"  # noqa: PTH114
        )
    # Permissions do not tell of a file system mounted read-only, so a file is written.
    with told_of_writing(target.given), Temporary(folder):
        pass
