"""Encoder and readout as dense matrices, for tools that have no sparse ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.errors import CapacityError
from polyseme.networks.network import Network
from polyseme.networks.run import readout_matrix

MAX_DENSE_BYTES = 2**32
# Far below any reading, and finite, so that no tool meets infinity minus infinity.
_NEVER = np.float32(2.0**100)


def check_dense(network: Network) -> None:
    """Raise CapacityError if a part would exceed 4 GiB as dense float32 matrices.

    A part is the encoder, the readout, or all sparse layers together.
    """
    features, outputs = len(network.encoder.features), len(network.readout.outputs)
    width, dimensions = network.layers[-1].width, network.encoder.dimensions
    for what, rows, columns in (
        ("encoder", features, dimensions),
        ("readout", outputs, width),
    ):
        if 4 * rows * columns > MAX_DENSE_BYTES:
            raise CapacityError(
                f"the {what} would be a dense matrix of {rows:,} x {columns:,} floats, "
                f"{4 * rows * columns / 2**30:.1f} GiB; at most {MAX_DENSE_BYTES / 2**30:g} GiB "
                "can be exported"
            )
    entries = sum(layer.units * layer.inputs for layer in network.layers if layer.is_sparse)
    if 4 * entries > MAX_DENSE_BYTES:
        raise CapacityError(
            f"the sparse layers would be dense matrices of {entries:,} floats, "
            f"{4 * entries / 2**30:.1f} GiB; at most {MAX_DENSE_BYTES / 2**30:g} GiB can be "
            "exported"
        )


def dense_encoder(network: Network) -> NDArray[np.float32]:
    """Return the encoder as a matrix of -1, 0 and 1, float32 (dimensions, features)."""
    return np.ascontiguousarray(network.encoder.code.matrix().T.toarray())


def dense_readout(network: Network) -> NDArray[np.float32]:
    """Return the readout as a matrix, float32 (outputs, width of the last layer)."""
    return np.ascontiguousarray(readout_matrix(network).toarray())


def finite_thresholds(network: Network) -> NDArray[np.float32]:
    """Return the thresholds, float32 (outputs,), infinity made a number above any reading."""
    thresholds = network.readout.thresholds
    return np.where(np.isinf(thresholds), _NEVER, thresholds)
