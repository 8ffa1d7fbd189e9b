"""Computing independent pieces of work in threads, with results in the order of the pieces.

The result of a piece never depends on the number of threads, so the whole result does not either.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")
# More threads would save little time, and each holds a piece in memory.
_MOST_THREADS = 4


def threads() -> int:
    """Return the number of threads to use: OMP_NUM_THREADS, or one per core; at most four."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked):
        return min(int(asked), _MOST_THREADS)
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(cores, _MOST_THREADS)


def in_order(
    function: Callable[[Piece], Result], pieces: Iterable[Piece], workers: int | None = None
) -> Iterator[Result]:
    """Yield the result of a function for each piece, in order, computed in threads.

    Only a few pieces are taken ahead of the result yielded last. It saves time for work in numpy,
    most of which lets other threads run meanwhile.
    """
    workers = threads() if workers is None else workers
    if workers == 1:
        yield from map(function, pieces)
        return
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for piece in pieces:
                waiting.append(pool.submit(function, piece))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
