"""Size of the exact network of a schedule, known without building it.

The exact network has one ReLU per gate of every stage, whose units are exactly 0 or 1. Wires that a
stage only carries take a ReLU too or, in a residual stream, none. It is what a network in
superposition of the same circuit is compared with (`staged/one_unit_per_wire.py` builds it).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.names import Names
from polyseme.compiler.schedule.scheduling import Carry
from polyseme.compiler.schedule.stages import Schedule, Stage

# Bytes that a file takes per number: an entry of sparse weights is a value and its column, a unit
# has a bias and the end of its row. An output has a threshold and the end of its run, and a live
# one a neuron and a weight as well.
_ENTRY, _UNIT, _CARRIED, _FEATURE, _OUTPUT, _LIVE = 5, 12, 4, 5, 12, 6
_FIRST_OFFSET, _BIAS = 8, 4


@dataclass(frozen=True)
class ExactSize:
    """Size of an exact network.

    Attributes:
        carry: "gates" or "residual", the way in which wires pass a layer unchanged; "" where there
            is only one hidden layer.
        neurons: ReLUs of the widest layer.
        neurons_total: ReLUs of all layers.
        state: The most numbers that a layer writes, computed and carried ones.
        parameters: Weights and biases.
        stored_bytes: Bytes of the tensors in its file, without the header; None where there is only
            one hidden layer.
    """

    carry: str
    neurons: int
    neurons_total: int
    state: int
    parameters: int
    stored_bytes: int | None


@dataclass(frozen=True)
class _LayerSize:
    units: int
    carried: int
    entries: int


def exact_size(schedule: Schedule) -> ExactSize:
    """Return the size of the network with one ReLU per gate of every stage.

    A column that is carried in the residual stream has none. If all outputs are constant the
    network has one unit, which nothing reads.
    """
    carry = (Carry.RESIDUAL if schedule.residual else Carry.GATES).value
    ends = _ends_bytes(schedule)
    if not all(len(stage) for stage in schedule.stages):
        features = len(schedule.circuit.features)
        return ExactSize(carry, 1, 1, 1, features + 1, ends + features + _BIAS)
    layers = _layers(schedule)
    units = [layer.units for layer in layers]
    entries = sum(layer.entries for layer in layers)
    return ExactSize(
        carry=carry,
        neurons=max(units),
        neurons_total=sum(units),
        state=max(layer.units + layer.carried for layer in layers),
        parameters=entries + sum(units),
        stored_bytes=ends + sum(map(_layer_bytes, layers)),
    )


def _layers(schedule: Schedule) -> list[_LayerSize]:
    layers, places = [], np.arange(len(schedule.circuit.features))
    for stage in schedule.stages:
        layer, places = _layer(stage, places, schedule.residual)
        layers.append(layer)
    return layers


def _layer(
    stage: Stage, below: NDArray[np.int64], residual: bool
) -> tuple[_LayerSize, NDArray[np.int64]]:
    """Return the size of the layer of a stage, and the number that holds each of its columns.

    Column c of the stage below is held by number below[c]. Columns that carry the same wire share
    one number of the stream.
    """
    passing = stage.passing(residual)
    sources = below[stage.literals[stage.offsets[:-1][passing]]]
    carried = np.unique(sources)
    units = len(stage) - int(passing.sum())
    places = np.empty(len(stage), np.int64)
    places[~passing] = np.arange(units)
    places[passing] = units + np.searchsorted(carried, sources)
    return _LayerSize(units, len(carried), _entries(stage, below, passing)), places


def _entries(stage: Stage, below: NDArray[np.int64], passing: NDArray[np.bool_]) -> int:
    """Return the number of weights that are not zero; literals of one number add up."""
    column = stage.column_of_literal
    computed = ~passing[column]
    read = column[computed] * (int(below.max(initial=0)) + 1) + below[stage.literals[computed]]
    _, entry = np.unique(read, return_inverse=True)
    return int(np.count_nonzero(np.bincount(entry, stage.signs[computed])))


def _layer_bytes(layer: _LayerSize) -> int:
    stored = _ENTRY * layer.entries + _UNIT * layer.units + _CARRIED * layer.carried
    return stored + _FIRST_OFFSET


def _ends_bytes(schedule: Schedule) -> int:
    """Return the bytes of encoder and readout, and of names that are listed."""
    circuit = schedule.circuit
    live = int((schedule.output_columns >= 0).sum())
    numbers = _FEATURE * len(circuit.features) + _OUTPUT * len(circuit.output_names) + _LIVE * live
    names = _names_bytes(circuit.features) + _names_bytes(circuit.output_names)
    return numbers + _FIRST_OFFSET + names


def _names_bytes(names: Names) -> int:
    return 0 if names.listed is None else len("\n".join(names.listed).encode())
