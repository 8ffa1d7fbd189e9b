"""Run torch on one thread, so that every sum is taken in the same order."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from polyseme.common.extras import import_torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread and record no gradients; restore its number of threads after."""
    library = import_torch("refining")
    threads = library.get_num_threads()
    library.set_num_threads(1)
    try:
        with library.no_grad(), warnings.catch_warnings():
            # torch warns that sparse rows are in beta. Only their products with arrays are taken.
            warnings.filterwarnings("ignore", message="Sparse CSR tensor support")
            yield
    finally:
        library.set_num_threads(threads)
