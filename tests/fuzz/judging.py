"""The judgement of a mutant: refused in one line, or the original to all that asks it."""

from __future__ import annotations

import os
import socket
import warnings
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

import polyseme as ps
from fuzz.mutators import each_sealed, signed_anew
from fuzz.originals import Content, Original, Pair
from polyseme.networks.exporting.dense import check_dense
from polyseme.networks.saving.files import key_path, network_bytes

REFUSED, THE_SAME, ANOTHER = "refused", "the same", "another, signed anew"


class Wrong(Exception):
    """A mutant was treated otherwise than it must be."""


def judge(original: Original, pair: Pair, folder: Path) -> tuple[str, str]:
    """Return what became of a mutant as it is or with its own digests, and of a pair signed anew.

    Raises Wrong, or whatever bare exception comes.
    """
    path = folder / "net.safetensors"
    with warnings.catch_warnings():
        # Of inputs beyond a promise, and of sums beyond float32 in networks that are hostile.
        warnings.simplefilter("ignore")
        accepted = False
        for some in dict.fromkeys((pair, each_sealed(pair))):
            _put(some, path)
            found = _loaded(path)
            accepted |= found is not None
            if found is not None and behaviour(found) != _known(original, found.key is None):
                raise Wrong("accepted, and behaves otherwise")
        _put(signed_anew(pair), path)
        anew = _loaded(path)
        if anew is not None:
            use(anew)
    return THE_SAME if accepted else REFUSED, REFUSED if anew is None else ANOTHER


def _loaded(path: Path) -> ps.Network | None:
    try:
        return ps.load(path)
    except ps.PolysemeError as error:
        if len(str(error).splitlines()) != 1:
            raise Wrong(f"a message of several lines: {error}") from None
        if not isinstance(error, ps.FileFormatError) or str(path.parent) not in str(error):
            raise Wrong(f"a message without its file: {error}") from None
        _raise_for_memory(error)
        return None


def _raise_for_memory(error: BaseException) -> None:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError) and "do not fit into memory" not in str(error):
            raise Wrong(f"asked for too much memory: {error}") from None
        cause = cause.__context__


def use(network: ps.Network) -> None:
    """Do with a network what one does; only a PolysemeError may come of it."""
    try:
        behaviour(network)
        str(network), network.weight_bits(), network.parameters, network_bytes(network)
        check_dense(network)
        if network.key is not None:
            ps.polysemanticity(network)
            ps.served_by(network, 0, None if network.key.has_terms else 0)
            network.key.circuit.computed_gates  # noqa: B018
    except ps.PolysemeError as error:
        if len(str(error).splitlines()) != 1:
            raise Wrong(f"a message of several lines: {error}") from None


@cache
def _known(original: Original, without_key: bool) -> str:
    return behaviour(original.network, without_key)


def behaviour(network: ps.Network, without_key: bool = False) -> str:
    """Return a digest of decisions, numbers and everything that the key says."""
    found = sha256(_decides(network).encode())
    for values in network.activations(_inputs(network)).values():
        found.update(values.tobytes())
    if network.key is not None and not without_key:
        key = network.key
        for site in (site for site in network.sites if not site.endswith("hook_pre")):
            for matrix in (key.directions(site), key.labels(_inputs(network), site)):
                found.update(matrix.indices.tobytes() + matrix.data.tobytes())
        for number, layer in enumerate(key.layers):
            for column in range(len(layer.wires)):
                found.update(key.describe(column, number).encode())
            found.update(layer.units.tobytes() + str(layer.resolution).encode())
            found.update(layer.channels.tobytes())
    return found.hexdigest()


def _decides(network: ps.Network) -> str:
    return sha256(network.run(_inputs(network)).tobytes()).hexdigest()


def _inputs(network: ps.Network) -> np.ndarray:
    features = len(network.encoder.features)
    drawn = np.random.default_rng(0).random((24, features)) < 3 / features
    drawn[:2] = np.arange(2)[:, None]
    return drawn


def _put(pair: Pair, path: Path) -> None:
    for content, place in ((pair.network, path), (pair.key, key_path(path))):
        if place.is_symlink() or place.exists():
            place.rmdir() if place.is_dir() and not place.is_symlink() else place.unlink()
        _make(content, place)


def _make(content: Content, place: Path) -> None:
    if isinstance(content, bytes):
        place.write_bytes(content)
    elif content == "fifo":
        os.mkfifo(place)
    elif content == "directory":
        place.mkdir()
    elif content == "loop":
        place.symlink_to(place.name)
    elif content == "dangling":
        place.symlink_to("nothing")
    elif content == "zero":
        place.symlink_to("/dev/zero")
    elif content == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(place))
    elif content == "sparse":
        with place.open("wb") as file:
            file.write((50).to_bytes(8, "little") + b'{"a":{"dtype":"U8"}}'.ljust(50))
            file.truncate(2**40)
