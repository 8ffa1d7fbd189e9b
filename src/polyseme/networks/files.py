"""Saving and loading networks and answer keys: safetensors with one JSON string of metadata.

`docs/format.md` is the specification. Files appear whole or not at all (written beside, then
renamed), hold no code, and are the same bytes for the same network.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.names import Names
from polyseme.circuits.terms import Terms
from polyseme.codes.code import SparseCode
from polyseme.errors import FileFormatError, PolysemeError, SourceError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Encoder, Layer, Network, Provenance, Readout

VERSION = 1
Tensors = dict[str, NDArray[Any]]
Metadata = dict[str, Any]


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file beside its place and rename it there, so that it appears whole or not at all.

    Raises PolysemeError naming the file when it cannot be written.
    """
    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise PolysemeError(f"{target}: cannot be written: {error.strerror}") from None


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

    Raises FileFormatError, naming the file and what is wrong with it.
    """
    tensors, metadata = _read(path, "polyseme-network")
    network = _checked(path, lambda: _network(tensors, metadata))
    if key is None:
        return network
    loaded = load_key(key)
    shape = (network.layers[0].neurons, len(network.encoder.features))
    if loaded.compression.shape != shape or len(loaded.circuit.outputs) != len(
        network.readout.outputs
    ):
        raise FileFormatError(f"{key}: is not the answer key of {path}")
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
    tensors, metadata = _read(path, "polyseme-key")
    return _checked(path, lambda: _answer_key(tensors, metadata))


def _network(tensors: Tensors, metadata: Metadata) -> Network:
    code = SparseCode(
        int(metadata["dimensions"]), tensors["encoder.positions"], tensors["encoder.signs"]
    )
    layers = tuple(
        Layer(tensors[f"layers.{number}.weights"], tensors[f"layers.{number}.bias"], float(scale))
        for number, scale in enumerate(metadata["scales"])
    )
    readout = Readout(
        outputs=_unpack_names("outputs", metadata, tensors),
        offsets=tensors["readout.offsets"],
        neurons=tensors["readout.neurons"],
        weights=tensors["readout.weights"],
        thresholds=tensors["readout.thresholds"],
    )
    encoder = Encoder(_unpack_names("features", metadata, tensors), code)
    return Network(encoder, layers, readout, Provenance(**metadata["provenance"]))


def _answer_key(tensors: Tensors, metadata: Metadata) -> AnswerKey:
    circuit = Circuit(
        features=_unpack_names("features", metadata, tensors),
        kinds=tensors["circuit.kinds"],
        fan_in_offsets=tensors["circuit.fan_in_offsets"],
        fan_in=tensors["circuit.fan_in"],
        outputs=tensors["circuit.outputs"],
        output_names=_unpack_names("outputs", metadata, tensors),
        name=str(metadata["name"]),
    )
    terms = Terms(
        features=len(circuit.features),
        outputs=len(circuit.outputs),
        output=tensors["terms.output"],
        offsets=tensors["terms.offsets"],
        literals=tensors["terms.literals"],
        signs=tensors["terms.signs"],
    )
    compression = sp.csr_array(
        (
            tensors["compression.values"],
            tensors["compression.features"],
            tensors["compression.offsets"],
        ),
        shape=(int(metadata["neurons"]), len(circuit.features)),
    )
    return AnswerKey(
        circuit=circuit,
        terms=terms,
        term_channels=tensors["terms.channels"],
        term_offsets=tensors["terms.neuron_offsets"],
        term_neurons=tensors["terms.neurons"],
        compression=compression,
        decompression=SparseCode(
            int(metadata["dimensions"]),
            tensors["decompression.positions"],
            tensors["decompression.signs"],
        ),
        unit=int(metadata["unit"]),
    )


def _pack_names(what: str, names: Names, tensors: Tensors) -> Metadata:
    """Numbered names need two words of metadata; listed ones become a tensor of UTF-8 lines."""
    if names.listed is None:
        return {"prefix": names.prefix, "count": len(names)}
    tensors[f"names.{what}"] = np.frombuffer("\n".join(names.listed).encode(), np.uint8)
    return {"count": len(names)}


def _unpack_names(what: str, metadata: Metadata, tensors: Tensors) -> Names:
    described = metadata[what]
    if "prefix" in described:
        return Names(prefix=str(described["prefix"]), count=int(described["count"]))
    names = Names(tensors[f"names.{what}"].tobytes().decode().split("\n"))
    if len(names) != described["count"]:
        raise ValueError(f"{len(names)} {what} are named, not {described['count']}")
    return names


def _write(path: str | os.PathLike[str], kind: str, tensors: Tensors, metadata: Metadata) -> None:
    # One metadata entry only: safetensors writes several in no fixed order.
    text = json.dumps({"format": kind, "version": VERSION, **metadata}, sort_keys=True)
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    write_whole(path, save(contiguous, metadata={"polyseme": text}))


def _read(path: str | os.PathLike[str], kind: str) -> tuple[Tensors, Metadata]:
    try:
        with safe_open(os.fspath(path), framework="np") as opened:
            text = (opened.metadata() or {}).get("polyseme")
            if text is None:
                raise FileFormatError(f"{path}: has no polyseme metadata")
            metadata = json.loads(text)
            if not isinstance(metadata, Mapping) or metadata.get("format") != kind:
                raise FileFormatError(f"{path}: is not a {kind} file")
            if metadata.get("version") != VERSION:
                raise FileFormatError(
                    f"{path}: is of version {metadata.get('version')!r}; this polyseme reads {VERSION}"
                )
            return {name: opened.get_tensor(name) for name in opened.keys()}, dict(metadata)  # noqa: SIM118
    except FileNotFoundError:
        raise FileFormatError(f"{path}: no such file") from None
    except OSError as error:
        raise FileFormatError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (SafetensorError, json.JSONDecodeError, RecursionError, MemoryError) as error:
        raise FileFormatError(f"{path}: is not a safetensors file of polyseme: {error}") from None


def _checked(path: str | os.PathLike[str], build: Any) -> Any:
    """Build from what was read; whatever rule it breaks becomes one line naming the file."""
    try:
        return build()
    except KeyError as error:
        raise FileFormatError(f"{path}: {error.args[0]!r} is missing") from None
    except (ValueError, TypeError, IndexError, AttributeError, SourceError) as error:
        raise FileFormatError(f"{path}: {error}") from None
