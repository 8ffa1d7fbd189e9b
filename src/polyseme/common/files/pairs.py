"""Two files that belong together, replaced as one: the old pair or the new one, never a mixture.

Both are written and flushed under temporary names. Then the second gets the name under which it
waits, the first is renamed into its place, and the second into its own. The middle step decides:
before it the old pair is there, after it the new one, whose second file is found where it waits if
the process was killed before the last step.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from polyseme.common.files.paths import shown_path, told_of_writing
from polyseme.common.files.targets import Target, target_of
from polyseme.common.files.temporaries import (
    PREFIX,
    Piece,
    Temporary,
    flush_folder,
    locked_folder,
    sweep,
)
from polyseme.errors import PolysemeError

_WAITING = ".pair"
_DIGITS = 16


def write_pair(
    first: str | os.PathLike[str],
    first_content: Iterable[Piece],
    second: str | os.PathLike[str],
    second_content: Iterable[Piece],
    mark: str,
) -> None:
    """Write two files that belong together, so that both are replaced or none.

    `mark` is a digest of the first, by which `waiting_for` finds the second after a kill. Raises
    PolysemeError naming the file that cannot be written.
    """
    places = [_regular(first), _regular(second)]
    if places[0].place == places[1].place:
        raise PolysemeError(f"{shown_path(first)}: cannot be both files of a pair")
    with told_of_writing(second):
        beside_second = Temporary(places[1].place.parent)
    with beside_second:
        with told_of_writing(first):
            beside_first = Temporary(places[0].place.parent)
        with beside_first:
            with told_of_writing(second):
                beside_second.fill(second_content, places[1].replaced)
            with told_of_writing(first):
                beside_first.fill(first_content, places[0].replaced)
            with locked_folder(places[0].place.parent):
                _commit((beside_first, beside_second), places, mark)


def waiting_for(second: str | os.PathLike[str], mark: str) -> Path:
    """Return where the second file of a pair waits between the last two steps of writing."""
    place = Path(os.path.realpath(second))
    return place.with_name(f"{_prefix(place)}{mark[:_DIGITS]}{_WAITING}")


def _prefix(place: Path) -> str:
    return f"{PREFIX}{sha256(os.fsencode(place.name)).hexdigest()[:_DIGITS]}."


def _regular(path: str | os.PathLike[str]) -> Target:
    target = target_of(path)
    if target.through:
        raise PolysemeError(f"{shown_path(path)}: cannot be written: it is not a regular file")
    return target


def _commit(beside: tuple[Temporary, Temporary], places: list[Target], mark: str) -> None:
    first, second = beside
    unmoved = first.path
    waiting = waiting_for(places[1].place, mark)
    with told_of_writing(places[1].given):
        second.move(waiting)
    try:
        with told_of_writing(places[0].given):
            first.move(places[0].place)
    except BaseException:
        # An interrupt may come after the rename that decides.
        if unmoved.exists():
            with suppress(OSError):
                waiting.unlink()
        raise
    with told_of_writing(places[1].given):
        os.replace(waiting, places[1].place)  # noqa: PTH105
        flush_folder(places[1].place.parent)
    sweep(places[1].place.parent, _prefix(places[1].place), _WAITING)
