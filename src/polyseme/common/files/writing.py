"""Writing a file so that it appears whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable

from polyseme.common.files.paths import told_of_writing
from polyseme.common.files.targets import Target, target_of
from polyseme.common.files.temporaries import Piece, Temporary, write_all

_THROUGH = os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


def write_whole(path: str | os.PathLike[str], *content: Piece) -> None:
    """Write a temporary file, flush and rename it, so that the file appears whole or not at all.

    The pieces of `content` are written one after another, without being copied together. A link
    is followed, and a file that is replaced keeps its owner and permissions. A character device, a
    FIFO that someone reads and a stream of the process (/dev/stdout) are written through. Raises
    PolysemeError naming the file when it cannot be written.
    """
    target = target_of(path)
    with told_of_writing(path):
        if target.through:
            _write_through(target, content)
            return
        with Temporary(target.place.parent) as beside:
            beside.fill(content, target.replaced)
            beside.move(target.place)


def _write_through(target: Target, content: Iterable[Piece]) -> None:
    """Write to what is there; a FIFO that nobody reads is an error, not a wait."""
    if target.descriptor is not None:
        descriptor = os.dup(target.descriptor)
    else:
        descriptor = os.open(target.place, _THROUGH)
        os.set_blocking(descriptor, True)
    try:
        for piece in content:
            write_all(descriptor, piece)
    finally:
        os.close(descriptor)
