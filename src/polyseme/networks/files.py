"""Saving and loading networks and answer keys: safetensors with one JSON string of metadata.

`docs/format.md` is the specification. Files appear whole or not at all (written beside, then
renamed), hold no code, and are the same bytes for the same network.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from operator import index
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import DTypeLike, NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.names import Names
from polyseme.circuits.terms import Terms
from polyseme.codes.code import SparseCode
from polyseme.errors import FileFormatError, SourceError
from polyseme.networks import metadata as read
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.checks import check_array, check_runs
from polyseme.networks.metadata import Metadata
from polyseme.networks.network import Encoder, Layer, Network, Readout
from polyseme.writing import write_whole as write_whole

VERSION = 1
Tensors = dict[str, NDArray[Any]]
Built = TypeVar("Built")
# What reading bytes that are not what they claim to be may raise.
_BROKEN = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    MemoryError,
)


def key_path(path: str | os.PathLike[str]) -> Path:
    """Where the answer key of a network file lives by default: `name.key.safetensors`."""
    target = Path(path)
    return target.with_name(f"{target.name.removesuffix('.safetensors')}.key.safetensors")


def save_network(network: Network, path: str | os.PathLike[str]) -> None:
    """Save what is needed to run a network. Raises PolysemeError when it cannot be written."""
    tensors: Tensors = {
        "encoder.positions": network.encoder.code.positions,
        "encoder.signs": network.encoder.code.signs,
        "readout.offsets": network.readout.offsets,
        "readout.neurons": network.readout.neurons,
        "readout.weights": network.readout.weights,
        "readout.thresholds": network.readout.thresholds,
    }
    for number, layer in enumerate(network.layers):
        tensors[f"layers.{number}.weights"] = layer.weights
        tensors[f"layers.{number}.bias"] = layer.bias
    metadata = {
        "dimensions": network.encoder.dimensions,
        "scales": [layer.scale for layer in network.layers],
        "features": _pack_names("features", network.encoder.features, tensors),
        "outputs": _pack_names("outputs", network.readout.outputs, tensors),
        "provenance": asdict(network.provenance),
    }
    _write(path, "polyseme-network", tensors, metadata)


def load(path: str | os.PathLike[str], key: str | os.PathLike[str] | None = None) -> Network:
    """Load a network, and its answer key where a path to that is given.

    Raises FileFormatError, naming the file and what is wrong with it, also when the key is that of
    another network.
    """
    network = _load(path, "polyseme-network", _network)
    if key is None:
        return network
    loaded = load_key(key)
    if not loaded.belongs_to(network):
        raise FileFormatError(f"{_shown(key)}: is not the answer key of {_shown(path)}")
    return replace(network, key=loaded)


def save_key(key: AnswerKey, path: str | os.PathLike[str]) -> None:
    """Save an answer key. Raises PolysemeError when it cannot be written."""
    circuit, terms = key.circuit, key.terms
    tensors: Tensors = {
        "circuit.kinds": circuit.kinds,
        "circuit.fan_in_offsets": circuit.fan_in_offsets,
        "circuit.fan_in": circuit.fan_in,
        "circuit.outputs": circuit.outputs,
        "terms.output": terms.output,
        "terms.offsets": terms.offsets,
        "terms.literals": terms.literals,
        "terms.signs": terms.signs,
        "terms.channels": key.term_channels,
        "terms.neuron_offsets": key.term_offsets,
        "terms.neurons": key.term_neurons,
        "compression.offsets": key.compression.indptr.astype(np.int64),
        "compression.features": key.compression.indices.astype(np.int32),
        "compression.values": key.compression.data,
        "decompression.positions": key.decompression.positions,
        "decompression.signs": key.decompression.signs,
    }
    metadata = {
        "name": circuit.name,
        "features": _pack_names("features", circuit.features, tensors),
        "outputs": _pack_names("outputs", circuit.output_names, tensors),
        "neurons": key.compression.shape[0],
        "dimensions": key.decompression.neurons,
        "unit": key.unit,
    }
    _write(path, "polyseme-key", tensors, metadata)


def load_key(path: str | os.PathLike[str]) -> AnswerKey:
    """Load an answer key. Raises FileFormatError, naming the file and what is wrong with it."""
    return _load(path, "polyseme-key", _answer_key)


def _load(
    path: str | os.PathLike[str], kind: str, build: Callable[[Tensors, Metadata], Built]
) -> Built:
    """Build from what a file holds; whatever rule it breaks becomes one line naming the file.

    `build` takes its tensors out of the dictionary. One that is left could mean a layer too many.
    """
    tensors, metadata = _read(path, kind)
    try:
        built = build(tensors, metadata)
        if tensors:
            raise ValueError(f"tensor {min(tensors)[:40]!r} is no part of a {kind} file")
        return built
    except KeyError as error:
        raise FileFormatError(f"{_shown(path)}: {error.args[0]!r} is missing") from None
    except (*_BROKEN, SourceError) as error:
        raise FileFormatError(f"{_shown(path)}: {_one_line(error)}") from None


def _network(tensors: Tensors, metadata: Metadata) -> Network:
    return Network(
        encoder=Encoder(
            _unpack_names("features", metadata, tensors), _code("encoder", metadata, tensors)
        ),
        layers=tuple(
            Layer(
                tensors.pop(f"layers.{number}.weights"), tensors.pop(f"layers.{number}.bias"), scale
            )
            for number, scale in enumerate(read.scales(metadata))
        ),
        readout=Readout(
            outputs=_unpack_names("outputs", metadata, tensors),
            offsets=tensors.pop("readout.offsets"),
            neurons=tensors.pop("readout.neurons"),
            weights=tensors.pop("readout.weights"),
            thresholds=tensors.pop("readout.thresholds"),
        ),
        provenance=read.provenance(metadata),
    )


def _answer_key(tensors: Tensors, metadata: Metadata) -> AnswerKey:
    decompression = _code("decompression", metadata, tensors)
    circuit = _circuit(tensors, metadata, decompression.features)
    return AnswerKey(
        circuit=circuit,
        terms=Terms(
            features=len(circuit.features),
            outputs=len(circuit.outputs),
            output=tensors.pop("terms.output"),
            offsets=tensors.pop("terms.offsets"),
            literals=tensors.pop("terms.literals"),
            signs=tensors.pop("terms.signs"),
        ),
        term_channels=tensors.pop("terms.channels"),
        term_offsets=tensors.pop("terms.neuron_offsets"),
        term_neurons=tensors.pop("terms.neurons"),
        compression=_compression(tensors, read.count(metadata, "neurons"), len(circuit.features)),
        decompression=decompression,
        unit=read.count(metadata, "unit"),
    )


def _circuit(tensors: Tensors, metadata: Metadata, features: int) -> Circuit:
    names = _unpack_names("features", metadata, tensors)
    # Before the circuit makes arrays of that length.
    if len(names) != features:
        raise ValueError(f"{len(names)} names for {features} codes")
    kinds = _tensor(tensors, "circuit.kinds", np.uint8, 1)
    fan_in = _tensor(tensors, "circuit.fan_in", np.int32, 1)
    offsets = tensors.pop("circuit.fan_in_offsets")
    check_runs("circuit.fan_in_offsets", offsets, len(kinds), len(fan_in))
    return Circuit(
        features=names,
        kinds=kinds,
        fan_in_offsets=offsets,
        fan_in=fan_in,
        outputs=_tensor(tensors, "circuit.outputs", np.int32, 1),
        output_names=_unpack_names("outputs", metadata, tensors),
        name=read.text(metadata, "name"),
    )


def _compression(tensors: Tensors, neurons: int, features: int) -> sp.csr_array:
    columns = _tensor(tensors, "compression.features", np.int32, 1)
    values = _tensor(tensors, "compression.values", np.int16, 1)
    offsets = tensors.pop("compression.offsets")
    check_runs("compression.offsets", offsets, neurons, len(columns))
    return sp.csr_array((values, columns, offsets), shape=(neurons, features))


def _code(what: str, metadata: Metadata, tensors: Tensors) -> SparseCode:
    positions = _tensor(tensors, f"{what}.positions", np.int32, 2)
    signs = _tensor(tensors, f"{what}.signs", np.int8, 2)
    return SparseCode(read.count(metadata, "dimensions"), positions, signs)


def _tensor(tensors: Tensors, name: str, dtype: DTypeLike, dimensions: int) -> NDArray[Any]:
    """A tensor whose user would convert it silently, checked."""
    tensor = tensors.pop(name)
    check_array(name, tensor, dtype, dimensions)
    return tensor


def _pack_names(what: str, names: Names, tensors: Tensors) -> dict[str, Any]:
    """Numbered names need two words of metadata; listed ones become a tensor of UTF-8 lines."""
    if names.listed is None:
        return {"prefix": names.prefix, "count": len(names)}
    tensors[f"names.{what}"] = np.frombuffer("\n".join(names.listed).encode(), np.uint8)
    return {"count": len(names)}


def _unpack_names(what: str, metadata: Metadata, tensors: Tensors) -> Names:
    described = read.record(metadata, what)
    count = read.count(described, "count")
    if "prefix" in described:
        return Names(prefix=read.text(described, "prefix"), count=count)
    lines = _tensor(tensors, f"names.{what}", np.uint8, 1)
    names = Names(lines.tobytes().decode().split("\n"))
    if len(names) != count:
        raise ValueError(f"{len(names)} {what} are named, not {count}")
    return names


def _write(
    path: str | os.PathLike[str], kind: str, tensors: Tensors, metadata: dict[str, Any]
) -> None:
    # One metadata entry only: safetensors writes several in no fixed order. Numbers may be numpy's.
    text = json.dumps(
        {"format": kind, "version": VERSION, **metadata}, sort_keys=True, default=index
    )
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    write_whole(path, save(contiguous, metadata={"polyseme": text}))


def _read(path: str | os.PathLike[str], kind: str) -> tuple[Tensors, Metadata]:
    """All tensors and the metadata of a file of one kind and of the version this polyseme reads."""
    try:
        with safe_open(os.fspath(path), framework="np") as opened:
            metadata = _metadata(opened.metadata() or {}, kind, _shown(path))
            return {name: opened.get_tensor(name) for name in opened.keys()}, metadata  # noqa: SIM118
    except FileNotFoundError:
        raise FileFormatError(f"{_shown(path)}: no such file") from None
    except OSError as error:
        reason = error.strerror or _one_line(error)
        raise FileFormatError(f"{_shown(path)}: cannot be read: {reason}") from None
    except (SafetensorError, *_BROKEN) as error:
        raise FileFormatError(
            f"{_shown(path)}: is not a safetensors file of polyseme: {_one_line(error)}"
        ) from None


def _metadata(entries: dict[str, str], kind: str, shown: str) -> Metadata:
    if "polyseme" not in entries:
        raise FileFormatError(f"{shown}: has no polyseme metadata")
    metadata = read.parse(entries["polyseme"])
    if metadata.get("format") != kind:
        raise FileFormatError(f"{shown}: is not a {kind} file")
    version = metadata.get("version")
    if type(version) is not int or version != VERSION:
        raise FileFormatError(
            f"{shown}: is of version {repr(version)[:40]}; this polyseme reads {VERSION}"
        )
    return metadata


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _shown(path: str | os.PathLike[str]) -> str:
    """A path as it is, or escaped where it would break a one-line message."""
    text = os.fspath(path)
    return text if text and text.isprintable() else ascii(text)
