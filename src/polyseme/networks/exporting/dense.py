"""Encoder and readout as dense matrices, for tools that have no sparse ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.common.allocation import check_allocation
from polyseme.networks.network import Network
from polyseme.networks.run import readout_matrix

MAX_DENSE_BYTES = 2**32
_FLOAT_BYTES = 4
# Far below any reading, and finite, so that no tool meets infinity minus infinity.
_NEVER = np.float32(2.0**100)


def check_dense(network: Network) -> None:
    """Raise CapacityError if encoder, layers and readout exceed 4 GiB as float32 matrices."""
    features, outputs = len(network.encoder.features), len(network.readout.outputs)
    numbers = {
        "the encoder": features * network.encoder.dimensions,
        "layers": sum(layer.units * layer.inputs for layer in network.layers),
        "the readout": outputs * network.layers[-1].width,
    }
    check_allocation(
        "the network as dense matrices",
        {name: _FLOAT_BYTES * count for name, count in numbers.items()},
        MAX_DENSE_BYTES,
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
