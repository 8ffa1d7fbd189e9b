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

_MAX_UNITS = 2**31


def _no_reads() -> sp.csr_array:
    return sp.csr_array((0, 0), dtype=np.int16)


@dataclass(frozen=True, eq=False)
class LayerKey:
    """What the units of one layer carry.

    Shapes: `wires` int32 (columns,), the circuit's wire of every column, -1 for one that is no wire
    of the circuit; `positions` int32 (columns, weight), the units that carry it: it reads as their
    mean, or one minus that where `inverted` bool (columns,). Where the layer is in superposition,
    `reads` int16 (units, columns below) says what a unit reads of its own columns, those its gates
    need and those whose units it shares but must not hear: entry (j, i) is exactly the sum of unit
    j's weights on the units of column i, with their signs, and so what column i adds when it is
    fully on. Up to rounding, half of the code's weight, that is plus or minus `unit`, or 0 where it
    is not to be heard. Whatever the weights read of columns without an entry is noise. In any other
    layer both are empty or 0.
    """

    wires: NDArray[np.int32]
    positions: NDArray[np.int32]
    inverted: NDArray[np.bool_]
    reads: sp.csr_array = field(default_factory=_no_reads)
    unit: int = 0

    def __post_init__(self) -> None:
        """Check types, and that the arrays are about the same columns."""
        check_array("wires", self.wires, np.int32, 1)
        check_array("positions", self.positions, np.int32, 2)
        check_array("inverted", self.inverted, np.bool_, 1)
        check_array("reads", self.reads.data, np.int16, 1)
        check_sparse("the reads", self.reads)
        columns = len(self.wires)
        if len(self.positions) != columns or len(self.inverted) != columns or not columns:
            raise ValueError(f"positions and inversion must serve {columns} columns, at least one")
        if not self.positions.shape[1]:
            raise ValueError("a column needs at least one unit")
        check_below("positions", self.positions, self.reads.shape[0] or _MAX_UNITS)
        places = np.sort(self.positions, axis=1)
        if np.any(places[:, 1:] == places[:, :-1]):
            raise ValueError("a column uses the same unit twice")
        if not 0 <= self.unit < EXACT:
            raise ValueError(f"unit {self.unit} is not a whole number from 0 to {EXACT - 1}")

    @property
    def superposed(self) -> bool:
        """Whether columns share units."""
        return bool(self.reads.shape[0])

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
            if layer.superposed and layer.reads.shape[1] != below:
                raise ValueError(f"reads of layer {number} must read {below} columns")
            below = len(layer.wires)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the key as `docs/format.md` describes."""
        from polyseme.networks.saving.files import save_key

        save_key(self, path)

    def belongs_to(self, network: Network) -> bool:
        """Whether the network has this key's names and codes, and its units read what it says."""
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
            if key.superposed and not _has_reads(key.reads, below, inverted, layer):
                return False
            signs = np.ones(key.positions.shape, np.int8)
            below, inverted = SparseCode(layer.width, key.positions, signs), key.inverted
        return True


def reads_of(
    weights: NDArray[np.int8] | NDArray[np.int16], named: sp.csr_array, code: SparseCode
) -> sp.csr_array:
    """What units read of the columns below in the pattern of `named`, int16 (units, columns)."""
    unit = np.repeat(np.arange(named.shape[0]), np.diff(named.indptr))
    reads = np.zeros(named.nnz, np.int16)
    for places, signs in zip(code.positions.T, code.signs.T, strict=True):
        read = weights[unit, places[named.indices]].astype(np.int16)
        reads += read * signs[named.indices]
    return sp.csr_array((reads, named.indices, named.indptr), shape=named.shape)


def _has_reads(
    reads: sp.csr_array, below: SparseCode, inverted: NDArray[np.bool_], layer: Layer
) -> bool:
    """Whether the weights of a layer read every column that has an entry as that says."""
    if layer.is_sparse or layer.weights.shape != (reads.shape[0], below.neurons):
        return False
    signs = below.signs * np.where(inverted, -1, 1)[:, None]
    found = reads_of(layer.weights, reads, SparseCode(below.neurons, below.positions, signs))
    return np.array_equal(found.data, reads.data)
