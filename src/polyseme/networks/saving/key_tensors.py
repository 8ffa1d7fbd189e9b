"""Answer keys as tensors of a file and metadata beside them, both ways."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.errors import FileFormatError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.checks import check_array, check_below, check_runs
from polyseme.networks.layer_key import LayerKey
from polyseme.networks.saving import metadata as read
from polyseme.networks.saving.metadata import Metadata
from polyseme.networks.saving.tensors import (
    Tensors,
    has_matrix,
    pack_lines,
    pack_matrix,
    pack_names,
    take,
    unpack_code,
    unpack_lines,
    unpack_matrix,
    unpack_names,
)


def pack_key(key: AnswerKey) -> tuple[Tensors, dict[str, Any]]:
    """Return the tensors of a key, and its metadata."""
    circuit = key.circuit
    tensors = pack_circuit(circuit)
    if circuit.gate_names:
        tensors["names.gates"] = pack_lines(circuit.gate_names)
    tensors["encoder.positions"] = key.encoder.positions
    tensors["encoder.signs"] = key.encoder.signs
    for number, layer in enumerate(key.layers):
        tensors |= _pack_layer_key(f"layers.{number}", layer)
    return tensors, {
        "name": circuit.name,
        "features": pack_names("features", circuit.features, tensors),
        "outputs": pack_names("outputs", circuit.output_names, tensors),
        "dimensions": key.encoder.neurons,
        "layers": [
            {
                "width": layer.width,
                "resolution": layer.resolution,
                "of_terms": layer.of_terms,
                **({} if (weight := _weight(layer)) is None else {"weight": weight}),
            }
            for layer in key.layers
        ],
    }


def unpack_key(tensors: Tensors, metadata: Metadata) -> AnswerKey:
    """Return the key of a file. Raises KeyError if a part is missing."""
    encoder = unpack_code("encoder", metadata, tensors)
    circuit = unpack_circuit(tensors, metadata, encoder.features)
    layers: list[LayerKey] = []
    below = encoder.features
    for number, described in enumerate(read.layers(metadata)):
        layers.append(_unpack_layer_key(f"layers.{number}", described, tensors, below))
        below = len(layers[-1].wires)
    return AnswerKey(circuit, encoder, tuple(layers))


def _pack_layer_key(name: str, key: LayerKey) -> Tensors:
    tensors: Tensors = {
        f"{name}.wires": key.wires,
        f"{name}.units": key.units,
        f"{name}.inverted": key.inverted.view(np.uint8),
    }
    if _weight(key) is None:
        tensors[f"{name}.unit_offsets"] = key.offsets
    if key.of_terms:
        tensors[f"{name}.channels"] = key.channels
    for what, matrix in (("compression", key.compression), ("reads", key.reads)):
        if matrix is not None:
            tensors |= pack_matrix(f"{name}.{what}", matrix)
    return tensors


def _unpack_layer_key(name: str, described: Metadata, tensors: Tensors, below: int) -> LayerKey:
    matrices = {
        what: unpack_matrix(f"{name}.{what}", tensors, below)
        for what in ("compression", "reads")
        if has_matrix(f"{name}.{what}", tensors)
    }
    wires = take(tensors, f"{name}.wires", np.int32, 1)
    units = take(tensors, f"{name}.units", np.int32, 1)
    of_terms = read.flag(described, "of_terms")
    return LayerKey(
        width=read.count(described, "width"),
        wires=wires,
        offsets=_unit_offsets(name, described, tensors, len(wires), len(units)),
        units=units,
        inverted=_flags(f"{name}.inverted", tensors, len(wires)),
        of_terms=of_terms,
        channels=tensors.pop(f"{name}.channels") if of_terms else np.zeros(0, np.uint8),
        resolution=read.whole(described, "resolution"),
        **matrices,
    )


def _weight(key: LayerKey) -> int | None:
    """Return the number of units of every column; None if it differs.

    It stands for offsets, which of exact deep networks would be nearly half of the file.
    """
    counts = key.counts
    return None if (counts != counts[0]).any() else int(counts[0])


def _unit_offsets(
    name: str, described: Metadata, tensors: Tensors, columns: int, units: int
) -> NDArray[np.int64]:
    if "weight" not in described:
        offsets: NDArray[np.int64] = tensors.pop(f"{name}.unit_offsets")
        return offsets
    weight = read.whole(described, "weight")
    if weight * columns != units:
        raise FileFormatError(f"{name}: {units} units are not {weight} each of {columns} columns")
    return np.arange(columns + 1, dtype=np.int64) * weight


def pack_circuit(circuit: Circuit) -> Tensors:
    """Return the tensors of a circuit, without its names."""
    return {
        "circuit.kinds": circuit.kinds,
        "circuit.fan_in_offsets": circuit.fan_in_offsets,
        "circuit.fan_in": circuit.fan_in,
        "circuit.outputs": circuit.outputs,
        "circuit.inverted": circuit.inverted.view(np.uint8),
    }


def unpack_circuit(tensors: Tensors, metadata: Metadata, features: int) -> Circuit:
    """Return the circuit, which must have that many features.

    Raises KeyError if a part is missing.
    """
    names = unpack_names("features", metadata, tensors)
    # Before the circuit makes arrays of that length.
    if len(names) != features:
        raise FileFormatError(f"{len(names)} names for {features} codes")
    kinds = take(tensors, "circuit.kinds", np.uint8, 1)
    fan_in = take(tensors, "circuit.fan_in", np.int32, 1)
    outputs = take(tensors, "circuit.outputs", np.int32, 1)
    offsets = tensors.pop("circuit.fan_in_offsets")
    check_runs("circuit.fan_in_offsets", offsets, len(kinds), len(fan_in))
    return Circuit(
        features=names,
        kinds=kinds,
        fan_in_offsets=offsets,
        fan_in=fan_in,
        outputs=outputs,
        output_names=unpack_names("outputs", metadata, tensors),
        inverted=_flags("circuit.inverted", tensors, len(outputs)),
        name=read.text(metadata, "name"),
        gate_names=_gate_names(tensors, len(kinds)),
    )


def _gate_names(tensors: Tensors, gates: int) -> tuple[str, ...]:
    if "names.gates" not in tensors:
        return ()
    names = unpack_lines("names.gates", tensors)
    if len(names) != gates:
        raise FileFormatError(f"{len(names)} lines of names.gates for {gates} gates")
    return tuple(names)


def _flags(name: str, tensors: Tensors, count: int) -> NDArray[np.bool_]:
    flags = tensors.pop(name)
    check_array(name, flags, np.uint8, 1)
    check_below(name, flags, 2)
    # A circuit would take none at all for none that is inverted.
    if len(flags) != count:
        raise FileFormatError(f"{len(flags)} entries of {name} for {count}")
    return flags.astype(bool)
