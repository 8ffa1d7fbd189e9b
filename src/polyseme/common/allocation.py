"""Limits of what one operation allocates, computed for the whole of it before it starts."""

from __future__ import annotations

from collections.abc import Mapping

from polyseme.errors import CapacityError

MOST_BYTES = 2**32
_GIB = 2**30


def check_allocation(what: str, parts: Mapping[str, int], most: int = MOST_BYTES) -> None:
    """Raise CapacityError if the parts of an operation take more than `most` bytes together.

    The message has the sum, and every part by its name that is a tenth of it or more.
    """
    asked = sum(parts.values())
    if asked <= most:
        return
    large = ", ".join(
        f"{name} {_shown(size)}" for name, size in parts.items() if 10 * size >= asked
    )
    raise CapacityError(f"{what} would take {_shown(asked)} ({large}); at most {_shown(most)}")


def _shown(size: int) -> str:
    return f"{size / _GIB:,.1f} GiB" if size >= _GIB / 10 else f"{size:,} bytes"
