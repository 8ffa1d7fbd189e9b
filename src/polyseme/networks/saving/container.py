"""The common part of network, key and checkpoint files: JSON metadata, a version, a digest.

`write` sees to it that the digest is that of the content, and `read_file` that it still is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import index
from typing import Any, TypeVar

from polyseme.common.files import Piece, one_line, shown_path
from polyseme.common.warning import warn
from polyseme.errors import FileFormatError, PolysemeError
from polyseme.networks.checks import check_path
from polyseme.networks.saving import metadata as read
from polyseme.networks.saving.digest import UNKNOWN, Hashed, digest_claimed, hashed, text_alone
from polyseme.networks.saving.metadata import Metadata
from polyseme.networks.saving.safetensors_layout import safetensors_pieces
from polyseme.networks.saving.safetensors_reading import read_safetensors
from polyseme.networks.saving.tensors import Tensors

NETWORK, KEY, CHECKPOINT = "polyseme-network", "polyseme-key", "polyseme-checkpoint"
VERSION, KEY_VERSION, CHECKPOINT_VERSION = 5, 6, 1
_VERSIONS = {NETWORK: VERSION, KEY: KEY_VERSION, CHECKPOINT: CHECKPOINT_VERSION}
# Networks with weights of float32, which are trained.
FLOAT_VERSION = 6
_HIGHEST = {**_VERSIONS, NETWORK: FLOAT_VERSION}
# The versions before are the same but for the digests, which they have not. Checkpoints always had
# one.
_WITHOUT_DIGEST = {NETWORK: VERSION - 1, KEY: KEY_VERSION - 1, CHECKPOINT: CHECKPOINT_VERSION}
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


@dataclass(frozen=True)
class Packed:
    """A file to write: its pieces, and the digest of its content."""

    pieces: Iterator[Piece]
    digest: str


def pack(
    kind: str,
    tensors: Tensors,
    metadata: Mapping[str, Any],
    known: Hashed | None = None,
    version: int | None = None,
) -> Packed:
    """Return a file of one kind, which carries its digest; by default of the kind's version.

    `known` are the tensors, hashed.
    """
    known = known or hashed(tensors)
    entries = {"format": kind, "version": version or _VERSIONS[kind], **metadata}
    digest = known.with_text(_text({**entries, "digest": UNKNOWN}))
    # One metadata entry only: safetensors writes several in no fixed order.
    text = _text({**entries, "digest": digest})
    return Packed(safetensors_pieces(tensors, {"polyseme": text}), digest)


def _text(entries: Mapping[str, Any]) -> str:
    # Numbers may be numpy's.
    return json.dumps(entries, sort_keys=True, default=index)


@dataclass(frozen=True)
class FileRead:
    """The parts of a file.

    `digest` is the one it claims, "" of an old file, which has none. `alone` is the digest that a
    key would have if it were saved by itself; the network saved with it names that one. It is "" of
    a network and of an old key.
    """

    tensors: Tensors
    metadata: Metadata
    digest: str
    alone: str


def build_from(
    path: str | os.PathLike[str],
    kind: str,
    unsigned: bool,
    build: Callable[[FileRead], Built],
) -> Built:
    """Build a product from a file; a broken rule becomes an error of one line naming the file.

    `build` takes its tensors out of the dictionary. A tensor left over is an error, since it could
    mean one more layer. With `unsigned` a file whose content is not that of its digest is opened
    too, with a warning.
    """
    check_path(path)
    try:
        found = _read(path, kind, unsigned)
        built = build(found)
        if found.tensors:
            raise FileFormatError(f"tensor {min(found.tensors)[:40]!r} is no part of a {kind} file")
        return built
    except KeyError as error:
        raise FileFormatError(f"{shown_path(path)}: {error.args[0]!r} is missing") from None
    except (*_BROKEN, PolysemeError) as error:
        raise FileFormatError(f"{shown_path(path)}: {one_line(error)}") from None


def _read(path: str | os.PathLike[str], kind: str, unsigned: bool) -> FileRead:
    try:
        tensors, entries = read_safetensors(path)
    except (FileFormatError, *_BROKEN) as error:
        raise FileFormatError(f"is not a safetensors file of polyseme: {one_line(error)}") from None
    if "polyseme" not in entries:
        raise FileFormatError("has no polyseme metadata")
    text = entries["polyseme"]
    metadata = read.parse(text)
    if metadata.get("format") != kind:
        raise FileFormatError(f"is not a {kind} file")
    old, known = _is_old(metadata, kind), hashed(tensors)
    fault = _fault(known, text, metadata, old)
    if fault and not unsigned:
        # A run that goes on from damaged numbers is another run.
        way = "open it with --unsigned, or unsigned=True in Python"
        raise FileFormatError(
            f"{fault}; {'delete it to begin anew' if kind == CHECKPOINT else way}"
        )
    if fault:
        warn(f"{shown_path(path)}: opened unsigned: {fault}")
    digest = "" if old else metadata["digest"]
    return FileRead(tensors, metadata, digest, _alone(known, text, metadata, digest))


def _alone(known: Hashed, text: str, metadata: Metadata, digest: str) -> str:
    if not digest or metadata["format"] != KEY:
        return ""
    return known.with_text(text_alone(digest_claimed(text, digest), read.owner(metadata)))


def _is_old(metadata: Metadata, kind: str) -> bool:
    """Return whether a file is of the version before digests; raise if of no version we read."""
    version, ours = metadata.get("version"), _HIGHEST[kind]
    if type(version) is int and 0 < version < _WITHOUT_DIGEST[kind]:
        raise FileFormatError(
            f"is of version {version}, written by an older polyseme; this one reads "
            f"{_VERSIONS[kind]}: "
            "compile its source again, or read it with the polyseme that wrote it"
        )
    if type(version) is not int or not _WITHOUT_DIGEST[kind] <= version <= ours:
        raise FileFormatError(f"is of version {repr(version)[:40]}; this polyseme reads {ours}")
    return version < _VERSIONS[kind]


def _fault(known: Hashed, text: str, metadata: Metadata, old: bool) -> str:
    """Return why a file cannot be trusted to be as it was written; "" if it can."""
    if old:
        return (
            f"is of version {metadata['version']}, without a digest to tell damage by; "
            "ps.load(FILE, unsigned=True).save(FILE, key=True) gives it one"
        )
    digest = read.digest(metadata)
    if known.with_text(digest_claimed(text, digest)) != digest:
        return "its content does not match its digest (damaged or edited)"
    return ""
