"""Names of features and outputs, either listed one by one or numbered.

Numbered names are made when they are asked for, so a million of them take no memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import overload

from polyseme.common.arguments import instance, shown_value, text, whole_number
from polyseme.common.plain_text import is_plain, normal, spelt
from polyseme.common.suggestions import did_you_mean
from polyseme.errors import OptionError, SourceError

MAX_NAME_LENGTH = 1000
# Positions are int32.
MAX_NAMES = 2**31 - 1


def check_name(name: str, place: str = "") -> None:
    """Raise SourceError unless a name can be seen, is not empty and not too long for a message.

    `place` (such as "facts.csv, line 3: ") opens the message.
    """
    if not isinstance(name, str):
        raise OptionError(f"{place}name is {shown_value(name)}; it must be text")
    if not name or len(name) > MAX_NAME_LENGTH or not is_plain(name):
        raise SourceError(
            f"{place}name {name[:40]!r} must be 1 to {MAX_NAME_LENGTH} printable characters"
        )


class Names(Sequence[str]):
    """An immutable sequence of distinct names, listed or numbered.

    Names are in Unicode's normal form NFC, and found in any spelling.

    Either `listed` holds every name, or the names are `prefix` followed by a number from 0 on.

    Attributes:
        listed: All names, in order; None if they are numbered.
        prefix: The text before the number, where names are numbered.

    Example:
        >>> import polyseme as ps
        >>> list(ps.Names(["cat", "dog"]))
        ['cat', 'dog']
        >>> ps.Names(prefix="x", count=1_000_000)[999]
        'x999'
        >>> ps.Names(prefix="x", count=1_000_000).position("x999")
        999
    """

    def __init__(self, listed: Sequence[str] | None = None, *, prefix: str = "", count: int = 0):
        """Take the names as listed, or `count` numbered ones.

        Args:
            listed: All names, in order. If given, `prefix` and `count` are not used.
            prefix: Text before the number of numbered names.
            count: Number of numbered names.

        Raises:
            SourceError: A name repeats, is empty, has more than 1000 characters or one that cannot
                be printed.
            OptionError: An argument is of a wrong type, or `count` is not from 0 to 2^31 - 1.
        """
        if listed is not None:
            instance("names", listed, Iterable, "a sequence of text")
        named: tuple[str, ...] | None = None if listed is None else tuple(map(spelt, listed))
        self.listed = named
        self.prefix = normal(text("prefix", prefix))
        counted = whole_number("count", count, 0, MAX_NAMES)
        self._count = counted if self.listed is None else len(self.listed)
        if self.listed is not None:
            self._check(self.listed)
        elif counted > 0:
            check_name(self._numbered(counted - 1))

    @staticmethod
    def _check(listed: tuple[str, ...]) -> None:
        seen: set[str] = set()
        for name in listed:
            check_name(name)
            if name in seen:
                raise SourceError(f"name {name[:40]!r} is used twice; names must be distinct")
            seen.add(name)

    def __len__(self) -> int:
        """Return the number of names."""
        return self._count

    @overload
    def __getitem__(self, position: int) -> str: ...

    @overload
    def __getitem__(self, position: slice) -> list[str]: ...

    def __getitem__(self, position: int | slice) -> str | list[str]:
        """Return the name at a position, or a list of names for a slice."""
        if isinstance(position, slice):
            return [self[i] for i in range(*position.indices(self._count))]
        if self.listed is not None:
            return self.listed[position]
        if not -self._count <= position < self._count:
            raise IndexError(position)
        return self._numbered(int(position) % self._count)

    def __contains__(self, name: object) -> bool:
        """Return True if it is one of the names."""
        return isinstance(name, str) and self.find(name) is not None

    def __iter__(self) -> Iterator[str]:
        """Yield the names in order."""
        return (
            iter(self.listed) if self.listed is not None else map(self._numbered, range(len(self)))
        )

    def _numbered(self, number: int) -> str:
        return f"{self.prefix}{number}"

    def __eq__(self, other: object) -> bool:
        """Return True if both sequences hold the same names in the same order."""
        if not isinstance(other, Names):
            return NotImplemented
        if self.listed is None and other.listed is None:
            return len(self) == len(other) and (self.prefix == other.prefix or not len(self))
        return list(self) == list(other)

    def __hash__(self) -> int:
        """Return a hash that is the same for equal sequences."""
        return hash((len(self), self[0] if len(self) else ""))

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {name: position for position, name in enumerate(self)}

    def position(self, name: str) -> int:
        """Return the position of a name, from 0 on.

        Args:
            name: One of the names.

        Returns:
            The position, such that `names[position]` is the name.

        Raises:
            SourceError: There is no such name; the message gives similar ones.
            OptionError: `name` is not text.
        """
        text("name", name)
        found = self.find(name)
        if found is not None:
            return found
        raise SourceError(f"feature {name[:40]!r} is not defined{self._suggested(name)}")

    def find(self, name: str) -> int | None:
        """Return the position of a name; None if there is no such name."""
        name = normal(name)
        return self._find_numbered(name) if self.listed is None else self._positions.get(name)

    def _suggested(self, name: str) -> str:
        """Return the end of a message that suggests names like one that is not here."""
        if self.listed is not None:
            return did_you_mean(name, self.listed, 0.75)
        # Of numbered names, of which there may be millions, only that with the same number.
        number = "".join(character for character in name if character.isdecimal())
        near = f"{self.prefix}{number}"
        if self._find_numbered(near) is not None:
            return f"; did you mean {near!r}?"
        last = self._numbered(self._count - 1) if self._count else ""
        return f"; they are {self._numbered(0)} to {last}" if self._count else ""

    def _find_numbered(self, name: str) -> int | None:
        # Reading the number avoids a dictionary of all names, of which there may be millions.
        digits = name[len(self.prefix) :]
        if not (digits.isdecimal() and len(digits) <= len(str(self._count))):
            return None
        number = int(digits)
        return number if number < self._count and self._numbered(number) == name else None
