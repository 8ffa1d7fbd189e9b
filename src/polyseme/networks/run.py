"""Running a network on lists of active features, dense or sparse, in batches.

In a network of one hidden layer both ways give the same numbers exactly: everything is an integer
times a power of two below 2^24, which float32 holds without rounding. Deeper networks may round,
and then the order of summation shows in the last bits. Where a sum may have parts of 2^24 or more,
it is made in float64, and refused if it is itself so large (`wide_sums.py`).

An output *differs from rest* when its value is not the one it has with no feature on. If no output
is on at rest, the outputs that differ from rest are those that are *on*.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.evaluate import active_matrix
from polyseme.networks.checks import EXACT
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network
from polyseme.networks.shared_readout import Block, SharedReadout, read_blocks, shared_readout
from polyseme.networks.wide_sums import check_sums, largest, may_exceed, wide_product

# Below this share of non-zero activations sparse layers multiply sparse by sparse, and readouts.
_SPARSE_SHARE = 0.12
_SPARSE_SHARE_READOUT = 0.015
# Below this share dense layers read only the columns of active inputs; above it BLAS is faster.
_SPARSE_SHARE_DENSE = 0.03
# Beyond this many dense weights (4 GB as float32), layers are widened to float32 at each use.
_KEPT_WEIGHTS = 1_000_000_000
_TURNED_ROWS = 256
# Numbers in the product of encoder and first layer, at most (400 MB).
_FOLDED = 100_000_000
# Float32, an array or a csr_array. scipy comes without types to tell the two apart by.
Values: TypeAlias = Any


def encode(network: Network, active: NDArray[np.int32]) -> sp.csr_array:
    """Encode lists of active features (-1 pads); return float32 (samples, dimensions)."""
    on = active_matrix(active, len(network.encoder.features))
    return (on.astype(np.float32) @ network.encoder.code.matrix()).tocsr()


def hidden_activity(
    network: Network, active: NDArray[np.int32], sparse: bool = True
) -> NDArray[np.float32]:
    """Return activations of the last hidden layer, float32 (samples, units).

    With `sparse`, layers with few active inputs read only the columns of those. Without it,
    products with dense weights are dense.
    """
    return LayerRunner(network).hidden(encode(network, active), sparse)


def outputs_on(network: Network, active: NDArray[np.int32], sparse: bool = True) -> sp.csr_array:
    """Return which outputs are on, Boolean (samples, outputs) in sparse rows."""
    runner = LayerRunner(network)
    hidden = runner.hidden(encode(network, active), sparse)
    return runner.on(hidden)


class LayerRunner:
    """Matrices of a network in float32, made once and used for many batches.

    In a network with more than 10^9 dense weights, weights are widened to float32 layer by layer in
    every batch instead, so its batches should have a thousand samples or more.

    For about as many samples as there are features or more, `folded` runs are several times faster:
    the encoder is multiplied into the first layer, once, where that table has at most 10^8 numbers
    and no number of the encoder is carried past the layer. Then `encode` returns the features that
    are on, and not the encoder's numbers. The sums are the same to the last bit.
    """

    def __init__(self, network: Network, folded: bool = False):
        """Convert weights and readout."""
        self.network = network
        self._code: Values = network.encoder.code.matrix()
        dense = sum(layer.weights.size for layer in network.layers if not layer.is_sparse)
        self._kept: list[Values] = []
        if dense <= _KEPT_WEIGHTS:
            self._kept = [_transposed(layer) for layer in network.layers]
        if folded and self._kept and _is_foldable(network):
            self._kept[0] = np.asarray(self._code @ self._kept[0])
            self._code = None

    @cached_property
    def resting(self) -> NDArray[np.bool_]:
        """Outputs that are on when no feature is, Boolean (outputs,)."""
        nothing = np.empty((1, 0), np.int32)
        return self.over_threshold(self.hidden(self.encode(nothing), sparse=True))[:, 0]

    def outputs(self, active: NDArray[np.int32], sparse: bool = True) -> sp.csr_array:
        """Return which outputs differ from rest, Boolean (samples, outputs) in sparse rows.

        `evaluate_sparse` returns the same of a circuit, and `outputs_on` the outputs that are on.
        """
        return self.decide(self.hidden(self.encode(active), sparse))

    def activations(self, active: NDArray[np.int32]) -> list[NDArray[np.float32]]:
        """Return the numbers that every hidden layer writes, float32 (samples, width) each."""
        values: Values = self.encode(active)
        layers = []
        for number in range(len(self.network.layers)):
            values = self._layer(number, values, sparse=True)
            layers.append(values)
        return layers

    def write(self, number: int, values: Values) -> NDArray[np.float32]:
        """Return what one layer writes, float32 (samples, width), for what it reads."""
        return self._layer(number, values, sparse=True)

    def hidden(self, encoded: sp.csr_array, sparse: bool) -> NDArray[np.float32]:
        """Return activations of the last hidden layer, float32 (samples, units)."""
        values: Values = encoded
        for number in range(len(self.network.layers)):
            values = self._layer(number, values, sparse)
        return np.asarray(values)

    def decide(self, hidden: NDArray[np.float32]) -> sp.csr_array:
        """Return which outputs differ from rest, from activations, Boolean in sparse rows."""
        return self._decided(hidden, self.resting)

    def on(self, hidden: NDArray[np.float32]) -> sp.csr_array:
        """Return which outputs are on, for activations (samples, units), Boolean in sparse rows."""
        return self._decided(hidden, np.zeros(len(self.network.readout.outputs), bool))

    def over_threshold(self, hidden: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return which outputs are on, Boolean (outputs, samples), for activations of units."""
        return np.asarray(self.readings(hidden) >= self.network.readout.thresholds[:, None])

    def readings(self, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return readout sums before the threshold, float32 (outputs, samples)."""
        if not self._shared:
            wide = self._wide_readings(hidden)
            return self._readings(hidden) if wide is None else wide
        readings = np.empty((len(self.network.readout.outputs), len(hidden)), np.float32)
        for block in self.blocks(hidden):
            readings[block.outputs, block.samples] = block.sums
        return readings

    def blocks(self, hidden: NDArray[np.float32]) -> Iterator[Block]:
        """Yield the readout sums in blocks; each output and sample is in one of them."""
        wide = self._wide_readings(hidden)
        if wide is None and self._shared:
            yield from read_blocks(self._shared, hidden)
        else:
            outputs = np.arange(len(self.network.readout.outputs))
            sums = self._readings(hidden) if wide is None else wide
            yield Block(slice(0, len(hidden)), outputs, sums)

    @cached_property
    def reads_in_blocks(self) -> bool:
        """True if blocks are small, however many outputs and samples there are."""
        return bool(self._shared)

    @cached_property
    def _shared(self) -> list[SharedReadout]:
        return shared_readout(self.network)

    @cached_property
    def _readout(self) -> sp.csr_array:
        return readout_matrix(self.network)

    def _readings(self, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        if _share(hidden) < _SPARSE_SHARE_READOUT:
            return np.asarray((self._readout @ sp.csr_array(hidden).T.tocsr()).toarray())
        return np.asarray(self._readout @ np.ascontiguousarray(hidden.T))

    def _decided(self, hidden: NDArray[np.float32], but: NDArray[np.bool_]) -> sp.csr_array:
        """Return which outputs are on and not in `but`, or off and in it: Boolean, sparse rows."""
        rows, columns = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        thresholds = self.network.readout.thresholds
        for block in self.blocks(hidden):
            on = block.sums >= thresholds[block.outputs, None]
            if but.any():
                on ^= but[block.outputs, None]
            output, sample = np.divmod(np.flatnonzero(on), on.shape[1])
            rows.append(block.samples.start + sample)
            columns.append(block.outputs[output])
        row, column = np.concatenate(rows), np.concatenate(columns)
        shape = (len(hidden), len(thresholds))
        decided = sp.csr_array((np.ones(len(row), bool), (row, column)), shape=shape)
        decided.sort_indices()
        return decided

    def encode(self, active: NDArray[np.int32]) -> sp.csr_array:
        """Encode lists of active features (-1 pads); return float32 (samples, dimensions)."""
        on = active_matrix(active, len(self.network.encoder.features)).astype(np.float32)
        return on if self._code is None else (on @ self._code).tocsr()

    def _layer(self, number: int, values: Values, sparse: bool) -> NDArray[np.float32]:
        layer = self.network.layers[number]
        weights = self._kept[number] if self._kept else _transposed(layer)
        if self.may_exceed(number, values):
            return self._wide_layer(number, values, weights)
        limit = _SPARSE_SHARE if layer.is_sparse else _SPARSE_SHARE_DENSE
        few = sparse and _share(values) < limit
        sums = (_sparse(values) if few else _dense(values)) @ weights
        computed = _activate(layer, _dense(sums))
        if not len(layer.carried):
            return computed
        return np.concatenate((computed, _dense(values[:, layer.carried])), axis=1)

    def may_exceed(self, number: int, values: Values) -> bool:
        """Return whether a sum of a layer may have parts that float32 does not add up exactly."""
        weight, bias = self._largest[number]
        return may_exceed(values, weight, bias)

    @cached_property
    def _largest(self) -> list[tuple[float, float]]:
        """The largest magnitudes of weights and biases of every layer, as they are multiplied."""
        folded = self.network.encoder.code.positions.shape[1] if self._code is None else 1
        return [
            (
                largest(layer.weights.data if layer.is_sparse else layer.weights)
                * (folded if number == 0 else 1),
                largest(layer.bias),
            )
            for number, layer in enumerate(self.network.layers)
        ]

    @cached_property
    def _reach(self) -> float:
        """No reading is more than this times the largest number that is read."""
        readout = self.network.readout
        return float(np.diff(readout.offsets).max()) * largest(readout.weights)

    def _wide_layer(self, number: int, values: Values, weights: Values) -> NDArray[np.float32]:
        """Return what a layer writes, its sums made in float64."""
        layer = self.network.layers[number]
        sums = wide_product(values, weights) + layer.bias
        check_sums(sums, 1.0, f"a sum of layer {number}")
        computed = _activate(layer, sums.astype(np.float32), biased=True)
        return np.concatenate((computed, _dense(values[:, layer.carried])), axis=1)

    def _wide_readings(self, hidden: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Return readout sums made in float64, (outputs, samples); None where float32 will do.

        They are measured in the scale of the last layer, and refused in the largest scale, that a
        number which was carried may have.
        """
        unit = self.network.layers[-1].scale
        if not hidden.size or largest(hidden) * self._reach < EXACT * unit:
            return None
        sums = wide_product(hidden, self._readout.T).T
        most = max(layer.scale for layer in self.network.layers)
        check_sums(sums, most, "a reading of an output")
        return sums.astype(np.float32)


def readout_matrix(network: Network) -> sp.csr_array:
    """Return the readout as a float32 matrix (outputs, width of the last layer)."""
    readout = network.readout
    shape = (len(readout.outputs), network.layers[-1].width)
    entries = (readout.weights.astype(np.float32), readout.neurons, readout.offsets)
    return sp.csr_array(entries, shape=shape)


def _is_foldable(network: Network) -> bool:
    """Return whether the encoder can be multiplied into the first layer."""
    layer = network.layers[0]
    few = len(network.encoder.features) * layer.units <= _FOLDED
    return few and not layer.is_sparse and not len(layer.carried)


def _transposed(layer: Layer) -> Values:
    """Return weights as a float32 matrix (inputs, units), of the layer's kind."""
    if layer.is_sparse:
        return layer.weights.astype(np.float32).T.tocsr()
    turned = np.empty(layer.weights.shape[::-1], np.float32)
    # A few rows at a time, which stay in the cache while they become columns.
    for begin in range(0, layer.units, _TURNED_ROWS):
        turned[:, begin : begin + _TURNED_ROWS] = layer.weights[begin : begin + _TURNED_ROWS].T
    return turned


def _share(values: Values) -> float:
    stored = values.nnz if sp.issparse(values) else np.count_nonzero(values)
    return float(stored / max(1, values.shape[0] * values.shape[1]))


def _sparse(values: Values) -> sp.csr_array:
    return values if sp.issparse(values) else sp.csr_array(values)


def _dense(values: Values) -> NDArray[np.float32]:
    return np.asarray(values.toarray() if sp.issparse(values) else values)


def _activate(layer: Layer, sums: NDArray[np.float32], biased: bool = False) -> NDArray[np.float32]:
    """Bias, unless it is added already, activation and scale, in place."""
    if not biased:
        sums += layer.bias.astype(np.float32)
    layer.activation.apply(sums)
    sums *= np.float32(layer.scale)
    return sums
