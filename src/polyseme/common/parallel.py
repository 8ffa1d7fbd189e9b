"""Both cores for work that waits for neither: pieces in threads, results in the pieces' order.

What a piece computes never depends on the number of threads, so neither does what is made of all.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")
# More would hold more pieces in memory than they save time.
_MOST_THREADS = 4


def threads() -> int:
    """How many threads to use: what OMP_NUM_THREADS says, else a core each; at most four."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked):
        return min(int(asked), _MOST_THREADS)
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(cores, _MOST_THREADS)


def in_order(
    function: Callable[[Piece], Result], pieces: Iterable[Piece], workers: int | None = None
) -> Iterator[Result]:
    """What a function makes of each piece, in order; few pieces are ahead of the one handed out.

    Worth it for work in numpy, most of which lets other threads run meanwhile.
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
