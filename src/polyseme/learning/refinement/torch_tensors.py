"""Sparse matrices as tensors of torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from polyseme.common.extras import import_torch

if TYPE_CHECKING:
    import torch


def sparse_tensor(matrix: sp.csr_array) -> torch.Tensor:
    """Return a scipy matrix in sparse rows as a float32 tensor of torch."""
    library = import_torch("refining")
    found: torch.Tensor = library.sparse_csr_tensor(
        library.from_numpy(matrix.indptr.astype(np.int64)),
        library.from_numpy(matrix.indices.astype(np.int64)),
        library.from_numpy(matrix.data.astype(np.float32)),
        matrix.shape,
        check_invariants=False,
    )
    return found
