"""Encoder and readout as dense matrices, for tools that have no sparse ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.errors import PolysemeError
from polyseme.networks.network import Network
from polyseme.networks.run import readout_matrix

MAX_DENSE_BYTES = 2**32
# Far below any reading, and finite, so that no tool meets infinity minus infinity.
_NEVER = np.float32(2.0**100)


def check_dense(network: Network) -> None:
    """Raise PolysemeError when encoder or readout would exceed 4 GiB as a dense float32 matrix."""
    features, outputs = len(network.encoder.features), len(network.readout.outputs)
    neurons, dimensions = network.layers[-1].neurons, network.encoder.dimensions
    for what, rows, columns in (
        ("encoder", features, dimensions),
        ("readout", outputs, neurons),
    ):
        if 4 * rows * columns > MAX_DENSE_BYTES:
            raise PolysemeError(
                f"the {what} would be a dense matrix of {rows:,} x {columns:,} floats, "
                f"{4 * rows * columns / 2**30:.1f} GiB; at most {MAX_DENSE_BYTES / 2**30:g} GiB "
                "can be exported"
            )


def dense_encoder(network: Network) -> NDArray[np.float32]:
    """The encoder as a matrix of -1, 0 and 1, float32 (dimensions, features)."""
    return np.ascontiguousarray(network.encoder.code.matrix().T.toarray())


def dense_readout(network: Network) -> NDArray[np.float32]:
    """The readout as a matrix, float32 (outputs, neurons of the last layer)."""
    return np.ascontiguousarray(readout_matrix(network).toarray())


def finite_thresholds(network: Network) -> NDArray[np.float32]:
    """The thresholds, float32 (outputs,), with a number that no reading reaches for infinity."""
    thresholds = network.readout.thresholds
    return np.where(np.isinf(thresholds), _NEVER, thresholds)
