"""One thread for torch, so that every sum is taken in the same order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from polyseme.common.extras import import_torch


@contextmanager
def one_thread(what: str) -> Iterator[None]:
    """Let torch use one thread inside, and its own number of threads after.

    Args:
        what: What needs torch, for the error if it is not installed.

    Raises:
        MissingExtraError: torch is not installed.
    """
    library = import_torch(what)
    threads = library.get_num_threads()
    library.set_num_threads(1)
    try:
        yield
    finally:
        library.set_num_threads(threads)
