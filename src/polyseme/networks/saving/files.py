"""Saving and loading networks and answer keys: safetensors with one JSON string of metadata.

`docs/format.md` is the specification. Files appear whole or not at all (written beside, then
renamed), a network and its key as one pair; they hold no code, carry a digest of their content, and
are the same bytes for the same network.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import asdict, replace
from errno import ENAMETOOLONG
from pathlib import Path
from typing import Literal, NamedTuple

from polyseme.common.arguments import instance
from polyseme.common.files import Piece, shown_path, write_whole
from polyseme.common.files.pairs import waiting_for, write_pair
from polyseme.common.warning import warn
from polyseme.errors import FileFormatError, OptionError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.belonging import contradiction
from polyseme.networks.card import card
from polyseme.networks.checks import check_path
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.network import Network
from polyseme.networks.saving import metadata as read
from polyseme.networks.saving.container import (
    FLOAT_VERSION,
    KEY,
    NETWORK,
    VERSION,
    FileRead,
    Packed,
    build_from,
    pack,
)
from polyseme.networks.saving.digest import hashed
from polyseme.networks.saving.key_tensors import pack_key, unpack_key
from polyseme.networks.saving.tensors import (
    Tensors,
    pack_layer,
    pack_names,
    unpack_code,
    unpack_layers,
    unpack_names,
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
    try:
        beside.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        # A key that cannot be seen is named when it is read; no file has a name that is too long.
        return None if error.errno == ENAMETOOLONG else beside
    return beside


def save_network(
    network: Network,
    path: str | os.PathLike[str],
    key: str | os.PathLike[str] | bool = False,
) -> None:
    """Save the parts that a network needs to run and, if `key` says so, its answer key with them.

    `key` is the path of the key, or True for the one beside the network. Raises OptionError if a
    path is none or the network has no key, and PolysemeError if a file cannot be written.
    """
    check_path(path)
    if key is False:
        write_whole(path, *_pack_network(network).pieces)
        return
    if network.key is None:
        raise OptionError("key: the network has no answer key to save")
    place = key_path(path) if key is True else key
    check_path(place, "key")
    tensors, metadata = pack_key(network.key)
    known = hashed(tensors)
    # Each names the other: the network the key as it would be alone, and the key the network.
    alone = pack(KEY, tensors, {**metadata, "network": ""}, known)
    packed = _pack_network(network, key=alone.digest)
    pieces = pack(KEY, tensors, {**metadata, "network": packed.digest}, known).pieces
    write_pair(path, packed.pieces, place, pieces, packed.digest)


def save_apart(network: Network, path: str | os.PathLike[str], key: str | os.PathLike[str]) -> None:
    """Save a network as it is saved without a key, and a key that says of which network it is.

    So the file of the network has the bytes and the hash that it has by itself. Each file appears
    whole; the two are no pair. Raises as `save_network` does.
    """
    check_path(path)
    check_path(key, "key")
    if network.key is None:
        raise OptionError("key: the network has no answer key to save")
    packed = _pack_network(network)
    tensors, metadata = pack_key(network.key)
    write_whole(path, *packed.pieces)
    write_whole(key, *pack(KEY, tensors, {**metadata, "network": packed.digest}).pieces)


def network_bytes(network: Network) -> int:
    """Return the length of the file that `save_network` writes; nothing is written or copied."""
    return sum(len(piece) for piece in network_pieces(network))


def network_pieces(network: Network) -> tuple[Piece, ...]:
    """Return the pieces of the file that `save_network` writes, in order."""
    return tuple(_pack_network(network).pieces)


def _pack_network(network: Network, **key: str) -> Packed:
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
        "card": card(network),
        **key,
    }
    version = None if network.is_whole else FLOAT_VERSION
    return pack(NETWORK, tensors, metadata, version=version)


def load(
    path: str | os.PathLike[str],
    key: str | os.PathLike[str] | Literal[False] | None = None,
    *,
    unsigned: bool = False,
) -> Network:
    """Load a network, and its answer key if that is beside it or a path to it is given.

    Args:
        path: a network file, as `Network.save` writes it.
        key: the file of its answer key, as `AnswerKey.save` writes it. None takes the one beside
            the network, `net.key.safetensors` of `net.safetensors`, if there is one; False leaves
            the key out, which is faster.
        unsigned: also open files whose content is not that of their digest, because they were
            edited, or that are too old to have one; a warning says so.

    Returns:
        The network, with its answer key if there is one.

    Raises:
        OptionError: `path` or `key` is no path.
        FileFormatError: a file breaks the format or is damaged, or the key is that of another
            network; the message names the file and the rule.

    Example:
        >>> import polyseme as ps
        >>> ps.load("no such file")
        Traceback (most recent call last):
        ...
        polyseme.errors.FileFormatError: no such file: no such file
    """
    instance("unsigned", unsigned, bool, "True or False")
    network, own = build_from(
        path,
        NETWORK,
        unsigned,
        lambda found: (_network(found), _Digests(found.digest, read.key_of(found.metadata))),
    )
    if key is False:
        return network
    place = key_beside(path) if key is None else key
    if place is not None:
        check_path(place, "key")
    place = _waiting(key_path(path) if key is None else key, own.network) or place
    if place is None:
        return network
    loaded, other = _load_key(place, unsigned)
    pair = f"{shown_path(place)}: is not the answer key of {shown_path(path)}"
    told = _told_apart(own, other)
    if told and not unsigned:
        raise FileFormatError(
            f"{pair}{told}; open them with --unsigned, or unsigned=True in Python"
        )
    if told:
        warn(f"{pair}{told}; opened unsigned")
    if found := contradiction(loaded, network):
        raise FileFormatError(f"{pair}: it contradicts the network, {found}")
    return replace(network, key=loaded)


class _Digests(NamedTuple):
    """The digests that a file has of a pair: network, and key as if alone; "" where unknown."""

    network: str
    key: str


def _told_apart(network: _Digests, key: _Digests) -> str:
    """Return how the digests in two files say that they are no pair; "" if they do not."""
    if network.network and key.network and network.network != key.network:
        return " but of another network (perhaps a save was interrupted; compile again)"
    if network.key and key.key and network.key != key.key:
        return ", which was saved with a key of other content (this one was edited)"
    return ""


def _waiting(place: str | os.PathLike[str], digest: str) -> Path | None:
    """Return the key of this very network that a save left when it was killed at the last step."""
    with suppress(OSError, ValueError):
        waiting = waiting_for(place, digest)
        return waiting if digest and waiting.exists() else None
    return None


def save_key(key: AnswerKey, path: str | os.PathLike[str]) -> None:
    """Save an answer key by itself, which then does not say of which network it is.

    Raises OptionError if `path` is no path, and PolysemeError if the file cannot be written.
    """
    check_path(path)
    tensors, metadata = pack_key(key)
    write_whole(path, *pack(KEY, tensors, {**metadata, "network": ""}).pieces)


def load_key(path: str | os.PathLike[str], *, unsigned: bool = False) -> AnswerKey:
    """Load an answer key.

    Args:
        path: a key file, as `AnswerKey.save` writes it.
        unsigned: also open a file whose content is not that of its digest, or that is too old to
            have one; a warning says so.

    Returns:
        The answer key.

    Raises:
        OptionError: `path` is no path.
        FileFormatError: the file is no key file of this version, or is damaged; the message names
            the file and what is wrong with it.

    Example:
        >>> import polyseme as ps
        >>> ps.load_key(5)
        Traceback (most recent call last):
        ...
        polyseme.errors.OptionError: path must be the path of a file, not 5
    """
    instance("unsigned", unsigned, bool, "True or False")
    return _load_key(path, unsigned)[0]


def _load_key(path: str | os.PathLike[str], unsigned: bool) -> tuple[AnswerKey, _Digests]:
    return build_from(
        path,
        KEY,
        unsigned,
        lambda found: (
            unpack_key(found.tensors, found.metadata),
            _Digests(read.owner(found.metadata), found.alone),
        ),
    )


def _network(found: FileRead) -> Network:
    tensors, metadata = found.tensors, found.metadata
    network = _built(tensors, metadata)
    if network.is_whole == (metadata["version"] == FLOAT_VERSION):
        kind, version = (
            ("whole numbers", VERSION) if network.is_whole else ("float32", FLOAT_VERSION)
        )
        raise FileFormatError(
            f"is of version {metadata['version']}; weights of {kind} need version {version}"
        )
    return network


def _built(tensors: Tensors, metadata: read.Metadata) -> Network:
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
