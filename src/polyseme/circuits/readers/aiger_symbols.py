"""The names in an AIGER file: its symbol table, and default names for all without a symbol."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from polyseme.circuits.names import MAX_NAME_LENGTH, Names, check_name
from polyseme.circuits.readers.aiger_lines import Scanner
from polyseme.common.plain_text import normal

# Names are cut to so many characters before a suffix is appended, so that they do not become too
# long.
STEM = MAX_NAME_LENGTH - 20
_SYMBOL = re.compile(rb"([a-z])([0-9]{1,10}) (.*)")
# The letter of a section, and the names of the positions in it that have one.
Symbols = Mapping[str, Mapping[int, str]]


def read_symbols(scanner: Scanner, counts: Mapping[str, int]) -> Symbols:
    """Read the lines up to the comment or the end; `counts` are the positions of each letter.

    Raises SourceError for a line that is no symbol, names a position that does not exist or already
    has a name, or breaks the rule of names.
    """
    symbols: dict[str, dict[int, str]] = {letter: {} for letter in counts}
    while scanner.left:
        line = scanner.next_line("a symbol")
        if line == b"c" or line.startswith(b"c "):
            break
        found = _SYMBOL.fullmatch(line)
        if found is None:
            if not line and not scanner.data[scanner.position :].strip():
                break
            raise scanner.broken("is neither a symbol nor the 'c' that opens the comment")
        letter, number = found[1].decode(), int(found[2])
        if number >= counts.get(letter, 0):
            raise scanner.broken(
                f"names {letter}{number}, but the header has {counts.get(letter, 0)} of them"
            )
        if number in symbols[letter]:
            raise scanner.broken(f"{letter}{number} is named twice")
        try:
            name = normal(found[3].decode())
        except UnicodeDecodeError:
            raise scanner.broken(f"the name of {letter}{number} is not UTF-8") from None
        check_name(name, scanner.place())
        symbols[letter][number] = name
    return symbols


def names_of(symbols: Symbols, sections: Iterable[tuple[str, int]]) -> Names:
    """Return distinct names for the positions of all sections (letter, count), in order."""
    sections = [section for section in sections if section[1]]
    if len(sections) == 1 and not symbols[sections[0][0]]:
        return Names(prefix=sections[0][0], count=sections[0][1])
    given = [symbols[letter].get(at) for letter, count in sections for at in range(count)]
    plain = [f"{letter}{at}" for letter, count in sections for at in range(count)]
    return Names(distinct(given, plain))


def distinct(given: list[str | None], otherwise: list[str]) -> list[str]:
    """Return distinct names: those given, and those of `otherwise` where None is given.

    The first of several equal names is kept, given ones before others, and the rest get _2, _3, ...
    appended.
    """
    given_first = sorted(range(len(given)), key=lambda place: given[place] is None)
    names = [other if name is None else name for name, other in zip(given, otherwise, strict=True)]
    taken = set(names)
    met: set[str] = set()
    tried: dict[str, int] = {}
    for place in given_first:
        name = names[place]
        if name in met:
            # Counting continues from the stem's last number, so many equal names take linear time.
            stem = name[:STEM]
            number = tried.get(stem, 1) + 1
            while f"{stem}_{number}" in taken:
                number += 1
            tried[stem] = number
            names[place] = f"{stem}_{number}"
            taken.add(names[place])
        met.add(name)
    return names
