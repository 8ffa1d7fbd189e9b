"""Progress of a long computation: its phases, the share of each that is done, and the time left.

Any function may open a phase (`with phase("reading") as step`) and count what it has done in it. If
somebody watches, he is told the `Headway` at every step; otherwise nothing happens. Who watches is
kept beside the call, in a context variable, so that functions between need not hand him on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeAlias

# A function called with a line about each step.
Note: TypeAlias = Callable[[str], None]
# A function called with the number of things done, and the number of all things to do.
Progress: TypeAlias = Callable[[int, int], None]


def silent(line: str) -> None:
    """Take a line and do nothing, for callers that want no notes."""


@dataclass(frozen=True)
class Headway:
    """The phase that a long computation is in, and what is done of that phase.

    A phase may consist of others: its name is then followed by a colon and theirs, and what is done
    is of the last that is named. Nothing is said of the phases to come, whose number may depend on
    what is found.

    Args:
        phase: The name of the phase.
        done: The number of things done in it, 0 if they are not counted.
        total: The number of all things to do in it, 0 if they are not counted.
        seconds: The time since it began.

    Example:
        >>> import polyseme as ps
        >>> headway = ps.Headway("reading", done=30, total=120, seconds=4.0)
        >>> print(headway)
        reading: 25 % done, 12 s left
        >>> headway.share, headway.seconds_left
        (0.25, 12.0)
    """

    phase: str
    done: int
    total: int
    seconds: float

    @property
    def share(self) -> float | None:
        """The share of the phase that is done, 0 to 1; None if nothing is counted."""
        return self.done / self.total if self.total else None

    @property
    def seconds_left(self) -> float | None:
        """Time until the phase ends at the speed so far; None if nothing is done or counted."""
        if not self.done or not self.total:
            return None
        return self.seconds * (self.total - self.done) / self.done

    def __str__(self) -> str:
        """Return the headway in one line, without its end."""
        if self.share is None:
            return f"{self.phase}: {in_words(self.seconds)} so far"
        left = "" if self.seconds_left is None else f", {in_words(self.seconds_left)} left"
        # Rounded down: 100 % is said of nothing that goes on.
        return f"{self.phase}: {int(100 * self.share)} % done{left}"


def in_words(seconds: float) -> str:
    """Return a time in seconds, minutes or hours."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


@dataclass
class _Open:
    """A phase that has begun and not ended."""

    name: str
    begun: float
    done: int = 0
    total: int = 0


class _Watch:
    """Somebody who is told of headway, and the phases that are open, outermost first."""

    def __init__(self, tell: Callable[[Headway], None]) -> None:
        self._tell = tell
        self.open: list[_Open] = []

    def report(self) -> None:
        """Tell the headway of the innermost phase."""
        if self.open:
            last = self.open[-1]
            names = ": ".join(one.name for one in self.open)
            self._tell(Headway(names, last.done, last.total, time.monotonic() - last.begun))


_WATCH: ContextVar[_Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watching(tell: Callable[[Headway], None]) -> Iterator[None]:
    """Have a function called with the headway at every step inside, instead of who watches outside.

    It is called in the thread that computes.
    """
    token = _WATCH.set(_Watch(tell))
    try:
        yield
    finally:
        _WATCH.reset(token)


@contextmanager
def phase(name: str) -> Iterator[Progress]:
    """Be in a phase; yield a function to call with what is done of it and what is to do in all."""
    watch, one = _WATCH.get(), _Open(name, time.monotonic())
    if watch is None:
        yield _uncounted
        return

    def step(done: int, total: int) -> None:
        one.done, one.total = done, total
        watch.report()

    watch.open.append(one)
    watch.report()
    try:
        yield step
    finally:
        watch.open.remove(one)
        # The phase around this one goes on.
        watch.report()


def _uncounted(done: int, total: int) -> None:
    """Take counts that nobody watches."""
