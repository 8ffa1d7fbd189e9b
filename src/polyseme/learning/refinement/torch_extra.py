"""torch on one thread, so that sums keep their order, and matrices as its tensors."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from polyseme.common.extras import import_torch

if TYPE_CHECKING:
    import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread, without gradients of its own, and restore its threads after."""
    library = import_torch("refining")
    threads = library.get_num_threads()
    library.set_num_threads(1)
    try:
        with library.no_grad(), warnings.catch_warnings():
            # Compressed rows are marked as beta; products of them with arrays are all we take.
            warnings.filterwarnings("ignore", message="Sparse CSR tensor support")
            yield
    finally:
        library.set_num_threads(threads)


def sparse_tensor(matrix: sp.csr_array) -> torch.Tensor:
    """A scipy matrix in compressed rows as a float32 tensor of torch."""
    library = import_torch("refining")
    found: torch.Tensor = library.sparse_csr_tensor(
        library.from_numpy(matrix.indptr.astype(np.int64)),
        library.from_numpy(matrix.indices.astype(np.int64)),
        library.from_numpy(matrix.data.astype(np.float32)),
        matrix.shape,
        check_invariants=False,
    )
    return found
