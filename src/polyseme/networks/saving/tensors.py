"""Parts of networks and keys as tensors of a file and metadata beside them, both ways."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import DTypeLike, NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.names import Names
from polyseme.codes.code import SparseCode
from polyseme.networks.checks import check_array, check_below, check_runs
from polyseme.networks.deep_key import LayerKey
from polyseme.networks.network import Layer
from polyseme.networks.saving import metadata as read
from polyseme.networks.saving.metadata import Metadata

Tensors = dict[str, NDArray[Any]]
_SPARSE_PARTS = ("offsets", "columns", "values")


def take(tensors: Tensors, name: str, dtype: DTypeLike, dimensions: int) -> NDArray[Any]:
    """Take a tensor out, checked where its user would convert it silently.

    Raises KeyError or ValueError.
    """
    tensor = tensors.pop(name)
    check_array(name, tensor, dtype, dimensions)
    return tensor


def pack_names(what: str, names: Names, tensors: Tensors) -> dict[str, Any]:
    """Numbered names need two words of metadata; listed ones become a tensor of UTF-8 lines."""
    if names.listed is None:
        return {"prefix": names.prefix, "count": len(names)}
    tensors[f"names.{what}"] = np.frombuffer("\n".join(names.listed).encode(), np.uint8)
    return {"count": len(names)}


def unpack_names(what: str, metadata: Metadata, tensors: Tensors) -> Names:
    """Names from metadata and, where listed, out of the tensors. Raises KeyError or ValueError."""
    described = read.record(metadata, what)
    count = read.count(described, "count")
    if "prefix" in described:
        return Names(prefix=read.text(described, "prefix"), count=count)
    lines = take(tensors, f"names.{what}", np.uint8, 1)
    names = Names(lines.tobytes().decode().split("\n"))
    if len(names) != count:
        raise ValueError(f"{len(names)} {what} are named, not {count}")
    return names


def pack_layer(name: str, layer: Layer) -> Tensors:
    """The tensors of a layer: bias, weights in full or as stored entries, and what it carries."""
    tensors: Tensors = {f"{name}.bias": layer.bias}
    if len(layer.carried):
        tensors[f"{name}.carried"] = layer.carried
    if not layer.is_sparse:
        return {**tensors, f"{name}.weights": layer.weights}
    return {
        **tensors,
        f"{name}.offsets": layer.weights.indptr.astype(np.int64),
        f"{name}.columns": layer.weights.indices.astype(np.int32),
        f"{name}.values": layer.weights.data,
    }


def unpack_layers(metadata: Metadata, tensors: Tensors, inputs: int) -> tuple[Layer, ...]:
    """Layers in order; how many numbers each reads is known from the one before.

    Raises KeyError or ValueError.
    """
    scales, caps, squared = read.scales(metadata), read.caps(metadata), read.squared(metadata)
    for what, values in (("caps", caps), ("entries of 'squared'", squared)):
        if len(values) != len(scales):
            raise ValueError(f"{len(values)} {what} for {len(scales)} scales")
    layers: list[Layer] = []
    for number, (scale, cap, square) in enumerate(zip(scales, caps, squared, strict=True)):
        name = f"layers.{number}"
        bias = take(tensors, f"{name}.bias", np.int32, 1)
        if any(f"{name}.{part}" in tensors for part in _SPARSE_PARTS):
            weights: Any = _sparse_weights(name, tensors, len(bias), inputs)
        else:
            weights = tensors.pop(f"{name}.weights")
        carried = tensors.pop(f"{name}.carried", np.zeros(0, np.int32))
        layers.append(Layer(weights, bias, scale, cap, square, carried))
        inputs = layers[-1].width
    return tuple(layers)


def _sparse_weights(name: str, tensors: Tensors, units: int, inputs: int) -> sp.csr_array:
    offsets, columns, values = (tensors.pop(f"{name}.{part}") for part in _SPARSE_PARTS)
    check_array(f"{name}.columns", columns, np.int32, 1)
    # Before they become a matrix: that would cut longer arrays, and convert offsets of any kind.
    check_runs(f"{name}.offsets", offsets, units, len(columns))
    if values.shape != columns.shape:
        raise ValueError(f"{name}: {len(values)} values for {len(columns)} columns")
    # With wide offsets scipy would widen the columns too.
    narrow = offsets.astype(np.int32) if len(columns) < 2**31 else offsets
    return sp.csr_array((values, columns, narrow), shape=(units, inputs))


def pack_circuit(circuit: Circuit) -> Tensors:
    """The tensors of a circuit, without its names."""
    return {
        "circuit.kinds": circuit.kinds,
        "circuit.fan_in_offsets": circuit.fan_in_offsets,
        "circuit.fan_in": circuit.fan_in,
        "circuit.outputs": circuit.outputs,
        "circuit.inverted": circuit.inverted.view(np.uint8),
    }


def unpack_circuit(tensors: Tensors, metadata: Metadata, features: int) -> Circuit:
    """The circuit, which must have that many features. Raises KeyError or ValueError."""
    names = unpack_names("features", metadata, tensors)
    # Before the circuit makes arrays of that length.
    if len(names) != features:
        raise ValueError(f"{len(names)} names for {features} codes")
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
    )


def _flags(name: str, tensors: Tensors, count: int) -> NDArray[np.bool_]:
    flags = take(tensors, name, np.uint8, 1)
    check_below(name, flags, 2)
    # A circuit would take none at all for none that is inverted.
    if len(flags) != count:
        raise ValueError(f"{len(flags)} entries of {name} for {count}")
    return flags.astype(bool)


def pack_compression(name: str, compression: sp.csr_array) -> Tensors:
    """The tensors of C, or of the reads of a deep layer."""
    return {
        f"{name}.offsets": compression.indptr.astype(np.int64),
        f"{name}.features": compression.indices.astype(np.int32),
        f"{name}.values": compression.data,
    }


def unpack_compression(name: str, tensors: Tensors, units: int, columns: int) -> sp.csr_array:
    """C, or reads, int16 (units, columns). Raises KeyError or ValueError."""
    features = take(tensors, f"{name}.features", np.int32, 1)
    values = take(tensors, f"{name}.values", np.int16, 1)
    offsets = tensors.pop(f"{name}.offsets")
    check_runs(f"{name}.offsets", offsets, units, len(features))
    return sp.csr_array((values, features, offsets), shape=(units, columns))


def unpack_code(what: str, metadata: Metadata, tensors: Tensors) -> SparseCode:
    """The encoder's code, in either kind of file. Raises KeyError or ValueError."""
    positions = take(tensors, f"{what}.positions", np.int32, 2)
    signs = take(tensors, f"{what}.signs", np.int8, 2)
    # A code of no weight could claim any number of features.
    if not positions.size:
        raise ValueError(f"{what}.positions: must have a feature, and a dimension for it")
    return SparseCode(read.count(metadata, "dimensions"), positions, signs)


def pack_layer_key(name: str, key: LayerKey) -> Tensors:
    """The tensors of what one layer carries, and of what it reads where it is in superposition."""
    tensors: Tensors = {
        f"{name}.wires": key.wires,
        f"{name}.positions": key.positions,
        f"{name}.inverted": key.inverted.view(np.uint8),
    }
    if key.superposed:
        tensors |= pack_compression(f"{name}.reads", key.reads)
    return tensors


def unpack_layer_keys(metadata: Metadata, tensors: Tensors, columns: int) -> tuple[LayerKey, ...]:
    """What every layer carries; how many columns each reads is known from the one before.

    Raises KeyError or ValueError.
    """
    keys: list[LayerKey] = []
    for number, described in enumerate(read.layers(metadata)):
        keys.append(_layer_key(f"layers.{number}", described, tensors, columns))
        columns = len(keys[-1].wires)
    return tuple(keys)


def _layer_key(name: str, described: Metadata, tensors: Tensors, columns: int) -> LayerKey:
    wires = take(tensors, f"{name}.wires", np.int32, 1)
    positions = take(tensors, f"{name}.positions", np.int32, 2)
    inverted = _flags(f"{name}.inverted", tensors, len(wires))
    unit, units = read.whole(described, "unit"), read.whole(described, "units")
    if not units:
        return LayerKey(wires, positions, inverted, unit=unit)
    reads = unpack_compression(f"{name}.reads", tensors, units, columns)
    return LayerKey(wires, positions, inverted, reads, unit)
