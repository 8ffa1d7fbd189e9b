"""Parts that networks and keys share as tensors of a file and metadata beside them, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import DTypeLike, NDArray

from polyseme.circuits.names import Names
from polyseme.codes.code import SparseCode
from polyseme.errors import FileFormatError
from polyseme.networks.activation import stored_activation
from polyseme.networks.checks import check_array, check_runs
from polyseme.networks.layer import Layer
from polyseme.networks.saving import metadata as read
from polyseme.networks.saving.metadata import Metadata

Tensors = dict[str, NDArray[Any]]
_SPARSE_PARTS = ("offsets", "columns", "values")


def take(tensors: Tensors, name: str, dtype: DTypeLike, dimensions: int) -> NDArray[Any]:
    """Remove a tensor and return it, once its type and dimensions are checked.

    Raises KeyError if it is missing.
    """
    tensor = tensors.pop(name)
    check_array(name, tensor, dtype, dimensions)
    return tensor


def pack_names(what: str, names: Names, tensors: Tensors) -> dict[str, Any]:
    """Return names as metadata: a prefix and a count, or a count beside a tensor of UTF-8 lines."""
    if names.listed is None:
        return {"prefix": names.prefix, "count": len(names)}
    tensors[f"names.{what}"] = pack_lines(names.listed)
    return {"count": len(names)}


def unpack_names(what: str, metadata: Metadata, tensors: Tensors) -> Names:
    """Return names from metadata or, if they are listed, from the tensors."""
    described = read.record(metadata, what)
    count = read.count(described, "count")
    if "prefix" in described:
        return Names(prefix=read.text(described, "prefix"), count=count)
    names = Names(unpack_lines(f"names.{what}", tensors))
    if len(names) != count:
        raise FileFormatError(f"{len(names)} {what} are named, not {count}")
    return names


def pack_lines(texts: Sequence[str]) -> NDArray[np.uint8]:
    """Return texts as UTF-8, separated by line feeds."""
    return np.frombuffer("\n".join(texts).encode(), np.uint8)


def unpack_lines(name: str, tensors: Tensors) -> list[str]:
    """Remove a tensor of UTF-8 lines and return them."""
    return take(tensors, name, np.uint8, 1).tobytes().decode().split("\n")


def unpack_code(what: str, metadata: Metadata, tensors: Tensors) -> SparseCode:
    """Return the encoder's code, in either kind of file."""
    positions = take(tensors, f"{what}.positions", np.int32, 2)
    signs = take(tensors, f"{what}.signs", np.int8, 2)
    # A code of no weight could claim any number of features.
    if not positions.size:
        raise FileFormatError(f"{what}.positions: must have a feature, and a dimension for it")
    return SparseCode(read.count(metadata, "dimensions"), positions, signs)


def pack_layer(name: str, layer: Layer) -> Tensors:
    """Return the tensors of a layer: bias, weights or their entries, and the numbers it carries."""
    tensors: Tensors = {f"{name}.bias": layer.bias}
    if len(layer.carried):
        tensors[f"{name}.carried"] = layer.carried
    if not layer.is_sparse:
        return {**tensors, f"{name}.weights": layer.weights}
    return tensors | pack_matrix(name, layer.weights)


def unpack_layers(metadata: Metadata, tensors: Tensors, inputs: int) -> tuple[Layer, ...]:
    """Return the layers in order; each reads the numbers that the one before writes."""
    scales, caps, squared = read.scales(metadata), read.caps(metadata), read.squared(metadata)
    for what, values in (("caps", caps), ("entries of 'squared'", squared)):
        if len(values) != len(scales):
            raise FileFormatError(f"{len(values)} {what} for {len(scales)} scales")
    layers: list[Layer] = []
    for number, (scale, cap, square) in enumerate(zip(scales, caps, squared, strict=True)):
        name = f"layers.{number}"
        bias = tensors.pop(f"{name}.bias")
        # Before entries are counted by it.
        check_array(f"{name}.bias", bias, np.float32 if bias.dtype == np.float32 else np.int32, 1)
        if has_matrix(name, tensors):
            weights: Any = unpack_matrix(name, tensors, inputs, len(bias))
        else:
            weights = tensors.pop(f"{name}.weights")
        carried = tensors.pop(f"{name}.carried", np.zeros(0, np.int32))
        layers.append(Layer(weights, bias, scale, stored_activation(cap, square), carried))
        inputs = layers[-1].width
    return tuple(layers)


def pack_matrix(name: str, matrix: sp.csr_array) -> Tensors:
    """Return the tensors of a matrix in sparse rows."""
    return {
        f"{name}.offsets": matrix.indptr.astype(np.int64),
        f"{name}.columns": matrix.indices.astype(np.int32),
        f"{name}.values": matrix.data,
    }


def has_matrix(name: str, tensors: Tensors) -> bool:
    """Return whether any tensor of a matrix in sparse rows is there."""
    return any(f"{name}.{part}" in tensors for part in _SPARSE_PARTS)


def unpack_matrix(
    name: str, tensors: Tensors, columns: int, rows: int | None = None
) -> sp.csr_array:
    """Return a matrix in sparse rows; `rows` of None takes as many as the tensors have."""
    offsets, indices, values = (tensors.pop(f"{name}.{part}") for part in _SPARSE_PARTS)
    check_array(f"{name}.columns", indices, np.int32, 1)
    check_array(f"{name}.offsets", offsets, np.int64, 1)
    # Before they become a matrix: that would cut longer arrays, and convert offsets of any kind.
    rows = max(0, len(offsets) - 1) if rows is None else rows
    check_runs(f"{name}.offsets", offsets, rows, len(indices))
    if values.shape != indices.shape:
        raise FileFormatError(f"{name}: {len(values)} values for {len(indices)} columns")
    # With wide offsets scipy would widen the columns too.
    narrow = offsets.astype(np.int32) if len(indices) < 2**31 else offsets
    return sp.csr_array((values, indices, narrow), shape=(rows, columns))
