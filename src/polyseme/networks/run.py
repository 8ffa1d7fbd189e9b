"""Running a network on lists of active features, dense or sparse, in batches.

Both ways give the same numbers exactly: everything is an integer times a power of two below 2^24,
which float32 holds without rounding.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.evaluate import active_matrix
from polyseme.networks.network import Layer, Network

# Below this share of non-zero activations the readout multiplies sparse by sparse.
_SPARSE_SHARE = 0.12


def encode(network: Network, active: NDArray[np.int32]) -> sp.csr_array:
    """Encoded inputs, float32 (samples, dimensions), for lists of active features (-1 pads)."""
    on = active_matrix(active, len(network.encoder.features))
    return (on.astype(np.float32) @ network.encoder.code.matrix()).tocsr()


def hidden_activity(
    network: Network, active: NDArray[np.int32], sparse: bool = True
) -> NDArray[np.float32]:
    """Activations of the last hidden layer, float32 (samples, neurons).

    With `sparse` only the columns of active inputs are read, at a cost of samples x active x code
    weight x neurons; without it the product is dense. The numbers are the same.
    """
    return LayerRunner(network).hidden(encode(network, active), sparse)


def outputs_on(network: Network, active: NDArray[np.int32], sparse: bool = True) -> sp.csr_array:
    """Which outputs are on, Boolean (samples, outputs) in sparse rows."""
    return LayerRunner(network).outputs(active, sparse)


class LayerRunner:
    """A network's matrices in float32, made once and used for many batches."""

    def __init__(self, network: Network):
        """Convert weights and readout."""
        self.network = network
        self._code = network.encoder.code.matrix()
        self._weights = [np.ascontiguousarray(x.weights.T, np.float32) for x in network.layers]
        self._readout = readout_matrix(network)

    def outputs(self, active: NDArray[np.int32], sparse: bool = True) -> sp.csr_array:
        """Which outputs are on, Boolean (samples, outputs) in sparse rows."""
        on = active_matrix(active, len(self.network.encoder.features))
        encoded = (on.astype(np.float32) @ self._code).tocsr()
        return self.decide(self.hidden(encoded, sparse))

    def hidden(self, encoded: sp.csr_array, sparse: bool) -> NDArray[np.float32]:
        """Activations of the last hidden layer for encoded inputs."""
        values: sp.csr_array | NDArray[np.float32] = encoded if sparse else encoded.toarray()
        for layer, weights in zip(self.network.layers, self._weights, strict=True):
            values = _relu(layer, np.asarray(values @ weights))
        return np.asarray(values)

    def decide(self, hidden: NDArray[np.float32]) -> sp.csr_array:
        """Apply the readout to activations (samples, neurons)."""
        readings = self.readings(hidden)
        over = readings >= self.network.readout.thresholds[:, None]
        return sp.csr_array(over.T)

    def readings(self, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        """Readout sums before the threshold, float32 (outputs, samples)."""
        if np.count_nonzero(hidden) < _SPARSE_SHARE * hidden.size:
            return np.asarray((self._readout @ sp.csr_array(hidden).T.tocsr()).toarray())
        return np.asarray(self._readout @ np.ascontiguousarray(hidden.T))


def readout_matrix(network: Network) -> sp.csr_array:
    """The readout as a float32 matrix (outputs, neurons of the last layer)."""
    readout = network.readout
    shape = (len(readout.outputs), network.layers[-1].neurons)
    entries = (readout.weights.astype(np.float32), readout.neurons, readout.offsets)
    return sp.csr_array(entries, shape=shape)


def _relu(layer: Layer, sums: NDArray[np.float32]) -> NDArray[np.float32]:
    sums += layer.bias.astype(np.float32)
    np.maximum(sums, 0, out=sums)
    sums *= np.float32(layer.scale)
    return sums
