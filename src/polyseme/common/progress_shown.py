"""Progress shown on standard error: a bar on a terminal, else a line now and then.

Nothing is shown of what takes less than two seconds. A thread of its own shows, so that a step
that takes long is seen to go on.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TextIO, TypeAlias

from polyseme.common.arguments import function
from polyseme.common.plain_text import one_line
from polyseme.common.progress import Headway, watching

# What `progress=` takes: True to show it, a function to be told, None or False for neither.
Watcher: TypeAlias = bool | Callable[[Headway], None] | None
# Seconds of silence at first, and between looks; between lines about one phase, and about two.
QUIET, _TICK, _EVERY, _SOONEST = 2.0, 0.25, 5.0, 1.0


@contextmanager
def watched(progress: Watcher) -> Iterator[None]:
    """Tell of headway inside as `progress` asks; None and False leave it to who watches outside.

    Raises OptionError if `progress` is something else.
    """
    if progress is None or progress is False:
        yield
    elif progress is True:
        with _Display(sys.stderr).shown():
            yield
    else:
        function("progress", progress, "a Headway, or True to show it")
        with watching(progress):
            yield


class _Display:
    """The last headway that was told, and the thread that shows it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._ended = threading.Event()
        self._headway: tuple[Headway, float] | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show headway inside, and leave nothing behind on a terminal."""
        thread = threading.Thread(target=self._show, name="polyseme progress", daemon=True)
        thread.start()
        try:
            with watching(self._take):
                yield
        finally:
            self._ended.set()
            thread.join()

    def _take(self, headway: Headway) -> None:
        self._headway = headway, time.monotonic()

    def _now(self) -> Headway | None:
        """Return the last headway, with the time that has passed since."""
        if self._headway is None:
            return None
        headway, told = self._headway
        return replace(headway, seconds=headway.seconds + time.monotonic() - told)

    def _show(self) -> None:
        if self._ended.wait(QUIET):
            return
        # A stream that cannot be written ends the show, not the computation.
        with ExitStack() as stack:
            try:
                show = stack.enter_context(_bar(self._stream)) if _live(self._stream) else None
                show = show or _Lines(self._stream).show
                while True:
                    headway = self._now()
                    if headway is not None:
                        show(headway)
                    if self._ended.wait(_TICK):
                        return
            except (OSError, ValueError):
                return


class _Lines:
    """One line when a phase begins, and one every few seconds while it lasts."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._phase, self._written = "", -_EVERY

    def show(self, headway: Headway) -> None:
        """Write a line if one is due."""
        now = time.monotonic()
        pause = _EVERY if headway.phase == self._phase else _SOONEST
        if now < self._written + pause:
            return
        self._phase, self._written = headway.phase, now
        print(one_line(f"progress: {headway}"), file=self._stream, flush=True)


def _live(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that can draw over what it has drawn."""
    if not stream.isatty():
        return False
    from rich.console import Console

    return not Console(file=stream).is_dumb_terminal


@contextmanager
def _bar(stream: TextIO) -> Iterator[Callable[[Headway], None]]:
    """Yield a function that draws headway over what was drawn before."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), BarColumn(20), TextColumn("{task.description}"))
    console = Console(file=stream)
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)

        def show(headway: Headway) -> None:
            progress.update(
                task,
                description=escape(one_line(str(headway))),
                completed=headway.done,
                total=headway.total or None,
            )

        yield show
