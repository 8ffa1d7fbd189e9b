"""Saving and loading networks and answer keys: safetensors with one JSON string of metadata.

`docs/format.md` is the specification. Files appear whole or not at all (written beside, then
renamed), hold no code, and are the same bytes for the same network.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from operator import index
from pathlib import Path
from typing import Any, Literal, TypeVar

from safetensors import SafetensorError, safe_open

from polyseme.common.files import Piece, one_line, shown_path, write_whole
from polyseme.errors import FileFormatError, PolysemeError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.checks import check_path
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.network import Network
from polyseme.networks.saving import metadata as read
from polyseme.networks.saving.key_tensors import pack_key, unpack_key
from polyseme.networks.saving.metadata import Metadata
from polyseme.networks.saving.safetensors_layout import safetensors_pieces
from polyseme.networks.saving.tensors import (
    Tensors,
    pack_layer,
    pack_names,
    unpack_code,
    unpack_layers,
    unpack_names,
)

VERSION = 4
KEY_VERSION = 5
_VERSIONS = {"polyseme-network": VERSION, "polyseme-key": KEY_VERSION}
Built = TypeVar("Built")
# Errors that reading a broken file may raise.
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
    """Return the default path of the key of a network file: `name.key.safetensors`."""
    target = Path(path)
    return target.with_name(f"{target.name.removesuffix('.safetensors')}.key.safetensors")


def key_beside(path: str | os.PathLike[str]) -> Path | None:
    """Return the path of the answer key beside a network file; None if there is none."""
    if not Path(path).name:
        return None
    beside = key_path(path)
    # Unlike Path.exists, this does not raise where the name is too long for the file system.
    return beside if os.path.exists(beside) else None  # noqa: PTH110


def save_network(network: Network, path: str | os.PathLike[str]) -> None:
    """Save the parts that a network needs to run.

    Raises OptionError if `path` is no path, and PolysemeError if the file cannot be written.
    """
    check_path(path)
    write_whole(path, *_network_pieces(network))


def network_bytes(network: Network) -> int:
    """Return the length of the file that `save_network` writes; nothing is written or copied."""
    return sum(len(piece) for piece in _network_pieces(network))


def _network_pieces(network: Network) -> Iterator[Piece]:
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
        "caps": [layer.activation.stored[0] for layer in network.layers],
        "squared": [layer.activation.stored[1] for layer in network.layers],
        "features": pack_names("features", network.encoder.features, tensors),
        "outputs": pack_names("outputs", network.readout.outputs, tensors),
        "provenance": asdict(network.provenance),
    }
    return _pieces("polyseme-network", tensors, metadata)


def load(
    path: str | os.PathLike[str], key: str | os.PathLike[str] | Literal[False] | None = None
) -> Network:
    """Load a network, and its answer key if that is beside it or a path to it is given.

    Args:
        path: a network file, as `Network.save` writes it.
        key: the file of its answer key, as `AnswerKey.save` writes it. None takes the one beside
            the network, `net.key.safetensors` of `net.safetensors`, if there is one; False leaves
            the key out, which is faster.

    Returns:
        The network, with its answer key if there is one.

    Raises:
        OptionError: `path` or `key` is no path.
        FileFormatError: a file breaks the format, or the key is that of another network; the
            message names the file and the rule.

    Example:
        >>> import polyseme as ps
        >>> ps.load("no such file")
        Traceback (most recent call last):
        ...
        polyseme.errors.FileFormatError: no such file: no such file
    """
    network = _load(path, "polyseme-network", _network)
    if key is None:
        key = key_beside(path)
    if key is None or key is False:
        return network
    loaded = load_key(key)
    if not loaded.belongs_to(network):
        raise FileFormatError(f"{shown_path(key)}: is not the answer key of {shown_path(path)}")
    return replace(network, key=loaded)


def save_key(key: AnswerKey, path: str | os.PathLike[str]) -> None:
    """Save an answer key.

    Raises OptionError if `path` is no path, and PolysemeError if the file cannot be written.
    """
    check_path(path)
    write_whole(path, *_pieces("polyseme-key", *pack_key(key)))


def load_key(path: str | os.PathLike[str]) -> AnswerKey:
    """Load an answer key.

    Args:
        path: a key file, as `AnswerKey.save` writes it.

    Returns:
        The answer key.

    Raises:
        OptionError: `path` is no path.
        FileFormatError: the file is no key file of this version; the message names the file and
            what is wrong with it.

    Example:
        >>> import polyseme as ps
        >>> ps.load_key(5)
        Traceback (most recent call last):
        ...
        polyseme.errors.OptionError: path must be the path of a file, not 5
    """
    return _load(path, "polyseme-key", unpack_key)


def _load(
    path: str | os.PathLike[str], kind: str, build: Callable[[Tensors, Metadata], Built]
) -> Built:
    """Build a product from a file; a broken rule becomes an error of one line naming the file.

    `build` takes its tensors out of the dictionary. A tensor left over is an error, since it could
    mean one more layer.
    """
    check_path(path)
    try:
        tensors, metadata = _read(path, kind)
        built = build(tensors, metadata)
        if tensors:
            raise FileFormatError(f"tensor {min(tensors)[:40]!r} is no part of a {kind} file")
        return built
    except KeyError as error:
        raise FileFormatError(f"{shown_path(path)}: {error.args[0]!r} is missing") from None
    except (*_BROKEN, PolysemeError) as error:
        raise FileFormatError(f"{shown_path(path)}: {one_line(error)}") from None


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


def _pieces(kind: str, tensors: Tensors, metadata: dict[str, Any]) -> Iterator[Piece]:
    # One metadata entry only: safetensors writes several in no fixed order. Numbers may be numpy's.
    entries = {"format": kind, "version": _VERSIONS[kind], **metadata}
    text = json.dumps(entries, sort_keys=True, default=index)
    return safetensors_pieces(tensors, {"polyseme": text})


def _read(path: str | os.PathLike[str], kind: str) -> tuple[Tensors, Metadata]:
    """Return all tensors and the metadata of a file of one kind and the current version."""
    try:
        with safe_open(os.fspath(path), framework="np") as opened:
            metadata = _metadata(opened.metadata() or {}, kind)
            return {name: opened.get_tensor(name) for name in opened.keys()}, metadata  # noqa: SIM118
    except FileNotFoundError:
        raise FileFormatError("no such file") from None
    except OSError as error:
        reason = error.strerror or one_line(error)
        raise FileFormatError(f"cannot be read: {reason}") from None
    except (SafetensorError, *_BROKEN) as error:
        raise FileFormatError(f"is not a safetensors file of polyseme: {one_line(error)}") from None


def _metadata(entries: dict[str, str], kind: str) -> Metadata:
    if "polyseme" not in entries:
        raise FileFormatError("has no polyseme metadata")
    metadata = read.parse(entries["polyseme"])
    if metadata.get("format") != kind:
        raise FileFormatError(f"is not a {kind} file")
    version, ours = metadata.get("version"), _VERSIONS[kind]
    if type(version) is int and 0 < version < ours:
        raise FileFormatError(
            f"is of version {version}, written by an older polyseme; this one reads {ours}: "
            "compile its source again, or read it with the polyseme that wrote it"
        )
    if type(version) is not int or version != ours:
        raise FileFormatError(f"is of version {repr(version)[:40]}; this polyseme reads {ours}")
    return metadata
