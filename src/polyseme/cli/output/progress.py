"""Progress on standard error while a command works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from polyseme.cli.output.text import remark
from polyseme.common.progress import Note


@contextmanager
def steps(first: str) -> Iterator[Note]:
    """Yield a function to call with each step: a spinner on a terminal, else one line per step."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield remark
        return
    with console.status(escape(first)) as status:
        yield lambda line: status.update(escape(line))


@contextmanager
def bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function to call with (done, total): a bar on a terminal, else nothing."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(escape(title), total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
