"""Networks of several hidden layers as whole numbers, for the kernel that runs all their inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.common.ragged import row_numbers, row_offsets
from polyseme.networks.activation import Clip, Relu
from polyseme.networks.checks import EXACT
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network
from polyseme.proving.exhaustive.deep_kernel import DeepLayers, Wires

# Numbers in the table of what the first layer reads of each feature, and weights, at most.
_MOST_NUMBERS = 500_000_000


def deep_layers(network: Network, active: int) -> DeepLayers | None:
    """Return the layers in whole numbers; None if the kernel does not serve them.

    It serves dense layers of ReLUs or clipped units that pass nothing on, if float32 holds all
    their sums exactly, in any order, which sums of the magnitudes of weights show.
    """
    layers, readout = network.layers, network.readout
    first = layers[0]
    numbers = first.units * network.encoder.code.features + sum(one.weights.size for one in layers)
    if numbers > _MOST_NUMBERS or not all(_is_served(layer) for layer in layers):
        return None
    reads = network.encoder.code.matrix() @ first.weights.T.astype(np.float32)
    most = np.abs(first.bias.astype(np.int64)) + active * np.abs(reads).max(axis=0).astype(np.int64)
    # Numbers of a layer are held as multiples of one over this.
    unit, biases, caps = 1, [], []
    for number, layer in enumerate(layers):
        bias = layer.bias.astype(np.int64) * unit
        if number:
            most = np.abs(layer.weights.astype(np.int64)) @ most + np.abs(bias)
        cap = layer.activation.cap * unit if isinstance(layer.activation, Clip) else 0
        if max(int(most.max()), cap) >= EXACT:
            return None
        if cap:
            most = np.minimum(most, cap)
        biases.append(bias.astype(np.int32))
        caps.append(cap)
        unit *= round(1 / layer.scale)
    loudest = np.abs(readout.weights.astype(np.int64)) * most[readout.neurons]
    reader = row_numbers(np.diff(readout.offsets))
    if np.bincount(reader, loudest).max(initial=0) >= EXACT:
        return None
    edge = np.ceil(readout.thresholds.astype(np.float64) * unit)
    by_unit = np.argsort(readout.neurons, kind="stable")
    later = [np.ascontiguousarray(layer.weights.T).ravel() for layer in layers[1:]]
    return DeepLayers(
        # Of each feature side by side.
        np.ascontiguousarray(reads.astype(np.int32)).T,
        first.bias.astype(np.int32),
        np.array([layer.units for layer in layers], np.int64),
        np.array(caps, np.int32),
        row_offsets(np.array([0, *map(len, later)])),
        np.concatenate([np.zeros(0, np.int8), *later]),
        row_offsets(np.array([len(bias) for bias in biases])),
        np.concatenate(biases),
        row_offsets(np.bincount(readout.neurons, minlength=layers[-1].units)),
        reader[by_unit].astype(np.int64),
        readout.weights[by_unit].astype(np.int32),
        np.clip(edge, -(2**30), 2**30).astype(np.int32),
    )


def _is_served(layer: Layer) -> bool:
    plain = not layer.is_sparse and not len(layer.carried) and layer.scale <= 1
    return plain and isinstance(layer.activation, Relu | Clip)


def wires_of(circuit: Circuit) -> Wires:
    """Return the wires of a circuit, and what reads them."""
    features, gates = len(circuit.features), circuit.gates
    widths = np.diff(circuit.fan_in_offsets).astype(np.int64)
    gate = row_numbers(widths)
    first = np.full(gates, -1, np.int64)
    some = widths > 0
    first[some] = circuit.fan_in[circuit.fan_in_offsets[:-1][some]]
    read = np.flatnonzero(circuit.outputs >= 0)
    return Wires(
        np.asarray(circuit.inverted, bool),
        circuit.kinds.astype(np.int64),
        widths,
        first,
        *_rows(circuit.fan_in, gate, circuit.wires),
        *_rows(circuit.outputs[read], read, circuit.wires),
        np.zeros(features + 1, np.int64),
        np.zeros(0, np.int64),
    )


def _rows(
    row: NDArray[Any], member: NDArray[Any], rows: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return members in rows: their offsets, and the members of each row in a run."""
    order = np.argsort(row, kind="stable")
    counts = np.bincount(row, minlength=rows)
    return row_offsets(counts), member[order].astype(np.int64)
