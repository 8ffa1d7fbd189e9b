"""The answer key of a deep network: which units carry which wire of the circuit, layer by layer."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.codes.code import SparseCode
from polyseme.networks.checks import check_array, check_below, check_sparse
from polyseme.networks.network import EXACT, Layer, Network

_BLOCK_ENTRIES = 4_000_000
_MAX_UNITS = 2**31


def _no_compression() -> sp.csr_array:
    return sp.csr_array((0, 0), dtype=np.int16)


def _no_centre() -> NDArray[np.int32]:
    return np.zeros(0, np.int32)


@dataclass(frozen=True, eq=False)
class LayerKey:
    """What the units of one layer carry.

    Shapes: `wires` int32 (columns,), the circuit's wire of every column, -1 for one that is no wire
    of the circuit; `positions` int32 (columns, weight), the units that carry it: it reads as their
    mean, or one minus that where `inverted` bool (columns,). Where the layer is in superposition,
    `compression` int16 (units, columns below) is C and `centre` int32 (units,) what was taken off
    every weight of a unit; its weights are C D - centre, and on top of that `unit` times the first
    `handed_on` units below, one to one. Otherwise all of these are empty or 0.
    """

    wires: NDArray[np.int32]
    positions: NDArray[np.int32]
    inverted: NDArray[np.bool_]
    compression: sp.csr_array = field(default_factory=_no_compression)
    centre: NDArray[np.int32] = field(default_factory=_no_centre)
    handed_on: int = 0
    unit: int = 0

    def __post_init__(self) -> None:
        """Check types, and that the arrays are about the same columns."""
        check_array("wires", self.wires, np.int32, 1)
        check_array("positions", self.positions, np.int32, 2)
        check_array("inverted", self.inverted, np.bool_, 1)
        check_array("compression", self.compression.data, np.int16, 1)
        check_sparse("the compression", self.compression)
        check_array("centre", self.centre, np.int32, 1)
        if len(self.centre) != self.compression.shape[0]:
            raise ValueError("a layer in superposition needs a centre for every unit")
        columns = len(self.wires)
        if len(self.positions) != columns or len(self.inverted) != columns or not columns:
            raise ValueError(f"positions and inversion must serve {columns} columns, at least one")
        if not self.positions.shape[1]:
            raise ValueError("a column needs at least one unit")
        check_below("positions", self.positions, self.compression.shape[0] or _MAX_UNITS)
        places = np.sort(self.positions, axis=1)
        if np.any(places[:, 1:] == places[:, :-1]):
            raise ValueError("a column uses the same unit twice")
        if not 0 <= self.handed_on <= self.compression.shape[0]:
            raise ValueError(f"{self.handed_on} units handed on, of {self.compression.shape[0]}")
        if not 0 <= self.unit < EXACT:
            raise ValueError(f"unit {self.unit} is not a whole number from 0 to {EXACT - 1}")

    @property
    def superposed(self) -> bool:
        """Whether columns share units."""
        return bool(self.compression.shape[0])

    def readings(self, activations: NDArray[np.float32]) -> NDArray[np.float32]:
        """How far on every column is, (columns, samples), from activations (samples, units)."""
        weight = self.positions.shape[1]
        rows = np.repeat(np.arange(len(self.positions)), weight)
        ones = np.full(self.positions.size, 1 / weight, np.float32)
        shape = (len(self.positions), activations.shape[1])
        decode = sp.csr_array((ones, (rows, self.positions.ravel())), shape=shape)
        mean = np.asarray(decode @ np.ascontiguousarray(activations.T))
        return np.where(self.inverted[:, None], 1 - mean, mean)


@dataclass(frozen=True, eq=False)
class DeepKey:
    """Circuit, the encoder's code, and a `LayerKey` for every hidden layer, first to last."""

    circuit: Circuit
    encoder: SparseCode
    layers: tuple[LayerKey, ...]

    def __post_init__(self) -> None:
        """Check that every layer is about the circuit and reads the one before."""
        if not self.layers:
            raise ValueError("a deep key needs at least one layer")
        below = len(self.circuit.features)
        if self.encoder.features != below:
            raise ValueError(f"{self.encoder.features} codes for {below} features")
        for number, layer in enumerate(self.layers):
            if layer.wires.min() < -1 or layer.wires.max() >= self.circuit.wires:
                raise ValueError(f"wires of layer {number} are not all wires of the circuit")
            if layer.superposed and layer.compression.shape[1] != below:
                raise ValueError(f"compression of layer {number} must read {below} columns")
            below = len(layer.wires)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the key as `docs/format.md` describes."""
        from polyseme.networks.files import save_key

        save_key(self, path)

    def belongs_to(self, network: Network) -> bool:
        """Whether the network has this key's names and codes, and its weights are as it says."""
        code = network.encoder.code
        if (
            self.circuit.features != network.encoder.features
            or self.circuit.output_names != network.readout.outputs
            or len(self.layers) != len(network.layers)
            or self.encoder.neurons != code.neurons
            or not np.array_equal(self.encoder.positions, code.positions)
            or not np.array_equal(self.encoder.signs, code.signs)
        ):
            return False
        below, inverted = code, np.zeros(code.features, bool)
        for key, layer in zip(self.layers, network.layers, strict=True):
            if key.positions.max() >= layer.width:
                return False
            if key.superposed and not _multiplies_to(key, below, inverted, layer):
                return False
            signs = np.ones(key.positions.shape, np.int8)
            below, inverted = SparseCode(layer.width, key.positions, signs), key.inverted
        return True


def _multiplies_to(
    key: LayerKey, below: SparseCode, inverted: NDArray[np.bool_], layer: Layer
) -> bool:
    """Whether the weights are C D less the centre plus what is handed on, a block at a time."""
    shape = (key.compression.shape[0], below.neurons)
    if layer.is_sparse or layer.weights.shape != shape or key.handed_on > below.neurons:
        return False
    signs = np.where(inverted, -1, 1)[:, None]
    decompress = below.matrix().astype(np.int64).multiply(signs).tocsr()
    rows = max(1, _BLOCK_ENTRIES // below.neurons)
    for begin in range(0, layer.units, rows):
        product = (key.compression[begin : begin + rows].astype(np.int64) @ decompress).toarray()
        product -= key.centre[begin : begin + rows, None]
        end = min(begin + rows, key.handed_on)
        if begin < end:
            product[np.arange(end - begin), np.arange(begin, end)] += key.unit
        if not np.array_equal(product, layer.weights[begin : begin + rows]):
            return False
    return True
