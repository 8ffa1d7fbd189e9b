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

from safetensors import SafetensorError, safe_open

from polyseme.circuits.terms import Terms
from polyseme.common.files import write_whole as write_whole
from polyseme.errors import FileFormatError, SourceError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.deep_key import DeepKey
from polyseme.networks.network import Encoder, Network, Readout
from polyseme.networks.saving import metadata as read
from polyseme.networks.saving.metadata import Metadata
from polyseme.networks.saving.safetensors_layout import safetensors_pieces
from polyseme.networks.saving.tensors import (
    Tensors,
    pack_circuit,
    pack_compression,
    pack_layer,
    pack_layer_key,
    pack_names,
    unpack_circuit,
    unpack_code,
    unpack_compression,
    unpack_layer_keys,
    unpack_layers,
    unpack_names,
)

VERSION = 4
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
        tensors |= pack_layer(f"layers.{number}", layer)
    metadata = {
        "dimensions": network.encoder.dimensions,
        "scales": [layer.scale for layer in network.layers],
        "caps": [layer.cap for layer in network.layers],
        "squared": [layer.squared for layer in network.layers],
        "features": pack_names("features", network.encoder.features, tensors),
        "outputs": pack_names("outputs", network.readout.outputs, tensors),
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


def save_key(key: AnswerKey | DeepKey, path: str | os.PathLike[str]) -> None:
    """Save an answer key. Raises PolysemeError when it cannot be written."""
    circuit = key.circuit
    tensors = pack_circuit(circuit)
    metadata = {
        "name": circuit.name,
        "features": pack_names("features", circuit.features, tensors),
        "outputs": pack_names("outputs", circuit.output_names, tensors),
    }
    if isinstance(key, DeepKey):
        metadata |= _pack_deep_key(key, tensors)
    else:
        metadata |= _pack_answer_key(key, tensors)
    _write(path, "polyseme-key", tensors, metadata)


def _pack_answer_key(key: AnswerKey, tensors: Tensors) -> dict[str, Any]:
    terms = key.terms
    tensors |= {
        "terms.output": terms.output,
        "terms.offsets": terms.offsets,
        "terms.literals": terms.literals,
        "terms.signs": terms.signs,
        "terms.channels": key.term_channels,
        "terms.neuron_offsets": key.term_offsets,
        "terms.neurons": key.term_neurons,
        "decompression.positions": key.decompression.positions,
        "decompression.signs": key.decompression.signs,
    }
    tensors |= pack_compression("compression", key.compression)
    neurons, dimensions = key.compression.shape[0], key.decompression.neurons
    return {"neurons": neurons, "dimensions": dimensions, "unit": key.unit}


def _pack_deep_key(key: DeepKey, tensors: Tensors) -> dict[str, Any]:
    tensors["encoder.positions"] = key.encoder.positions
    tensors["encoder.signs"] = key.encoder.signs
    for number, layer in enumerate(key.layers):
        tensors |= pack_layer_key(f"layers.{number}", layer)
    layers = [{"units": layer.reads.shape[0], "unit": layer.unit} for layer in key.layers]
    return {"dimensions": key.encoder.neurons, "layers": layers}


def load_key(path: str | os.PathLike[str]) -> AnswerKey | DeepKey:
    """Load an answer key. Raises FileFormatError, naming the file and what is wrong with it."""
    return _load(path, "polyseme-key", _key)


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
    encoder = Encoder(
        unpack_names("features", metadata, tensors), unpack_code("encoder", metadata, tensors)
    )
    return Network(
        encoder=encoder,
        layers=unpack_layers(metadata, tensors, encoder.dimensions),
        readout=Readout(
            outputs=unpack_names("outputs", metadata, tensors),
            offsets=tensors.pop("readout.offsets"),
            neurons=tensors.pop("readout.neurons"),
            weights=tensors.pop("readout.weights"),
            thresholds=tensors.pop("readout.thresholds"),
        ),
        provenance=read.provenance(metadata),
    )


def _key(tensors: Tensors, metadata: Metadata) -> AnswerKey | DeepKey:
    return (_deep_key if "layers" in metadata else _answer_key)(tensors, metadata)


def _deep_key(tensors: Tensors, metadata: Metadata) -> DeepKey:
    encoder = unpack_code("encoder", metadata, tensors)
    circuit = unpack_circuit(tensors, metadata, encoder.features)
    return DeepKey(circuit, encoder, unpack_layer_keys(metadata, tensors, encoder.features))


def _answer_key(tensors: Tensors, metadata: Metadata) -> AnswerKey:
    decompression = unpack_code("decompression", metadata, tensors)
    circuit = unpack_circuit(tensors, metadata, decompression.features)
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
        compression=unpack_compression(
            "compression", tensors, read.count(metadata, "neurons"), len(circuit.features)
        ),
        decompression=decompression,
        unit=read.count(metadata, "unit"),
    )


def _write(
    path: str | os.PathLike[str], kind: str, tensors: Tensors, metadata: dict[str, Any]
) -> None:
    # One metadata entry only: safetensors writes several in no fixed order. Numbers may be numpy's.
    text = json.dumps(
        {"format": kind, "version": VERSION, **metadata}, sort_keys=True, default=index
    )
    write_whole(path, *safetensors_pieces(tensors, {"polyseme": text}))


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
