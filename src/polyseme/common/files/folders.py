"""Writing a folder so that it appears whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from polyseme.common.files.paths import shown_path, told_of_writing
from polyseme.common.files.temporaries import PREFIX, fcntl, flush_folder
from polyseme.errors import PolysemeError

_ENDING = ".folder"


@contextmanager
def whole_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a folder beside a path, which is renamed to it at the end of the `with`.

    After an error nothing is left, and what a killed process left is swept by the next that writes
    there. Raises PolysemeError, naming the path, if something is there or nothing can be written.
    """
    check_new_folder(path)
    with told_of_writing(path):
        place = Path(os.path.abspath(path))  # noqa: PTH100
        _sweep(place.parent)
        beside = place.parent / f"{PREFIX}{token_hex(8)}{_ENDING}"
        beside.mkdir()
        # Held open and locked as long as this process lives, by which a sweep tells it from others.
        lock = os.open(beside, os.O_RDONLY)
    try:
        if fcntl is not None:
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield beside
        with told_of_writing(path):
            check_new_folder(path)
            beside.rename(place)
            flush_folder(place.parent)
    finally:
        os.close(lock)
        shutil.rmtree(beside, ignore_errors=True)


def check_new_folder(path: str | os.PathLike[str]) -> None:
    """Raise PolysemeError, naming the path, unless a folder can be made there and none is."""
    with told_of_writing(path):
        parent = Path(os.path.abspath(path)).parent  # noqa: PTH100
        there = True
        try:
            os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            there = False
        is_folder = parent.is_dir()
    if there:
        raise PolysemeError(f"{shown_path(path)}: is there already; name a folder that is not")
    if not os.fspath(path) or not is_folder:
        raise PolysemeError(
            f"{shown_path(path)}: cannot be written: there is no directory {shown_path(parent)}"
        )


def _sweep(parent: Path) -> None:
    """Remove the folders of processes that ended before they could rename them."""
    if fcntl is None:
        return
    for left in parent.glob(f"{PREFIX}*{_ENDING}"):
        with suppress(OSError):
            lock = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(lock)
