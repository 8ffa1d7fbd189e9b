"""Reading the JSON of a file's metadata; every value must have its one type.

A missing value raises KeyError, a wrong one FileFormatError, which does not name the file yet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from polyseme.common.files import one_line
from polyseme.common.plain_text import is_plain
from polyseme.errors import FileFormatError
from polyseme.networks.network import Provenance

Metadata = Mapping[str, Any]
# Positions are int32, so nothing a file counts can be more.
MAX_COUNT = 2**31 - 1
_DIGEST = re.compile("[0-9a-f]{64}")


def parse(text: str) -> Metadata:
    """Return the metadata entry as a JSON object."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"metadata must be a JSON object: {one_line(error)}") from None
    if not isinstance(values, dict):
        raise FileFormatError("metadata must be a JSON object")
    return values


def whole(values: Metadata, name: str) -> int:
    """Return a whole number of 0 or more."""
    value = values[name]
    if type(value) is not int or value < 0:
        raise FileFormatError(f"metadata {name!r} must be a whole number of 0 or more")
    return value


def count(values: Metadata, name: str) -> int:
    """Return a number of things, 1 to `MAX_COUNT`."""
    value = whole(values, name)
    if not 1 <= value <= MAX_COUNT:
        raise FileFormatError(f"metadata {name!r} must be 1 to {MAX_COUNT}")
    return value


def flag(values: Metadata, name: str) -> bool:
    """Return true or false."""
    value = values[name]
    if type(value) is not bool:
        raise FileFormatError(f"metadata {name!r} must be true or false")
    return value


def text(values: Metadata, name: str) -> str:
    """Return a line of printable text."""
    value = values[name]
    if not isinstance(value, str) or not is_plain(value):
        raise FileFormatError(f"metadata {name!r} must be a line of printable text")
    return value


def digest(values: Metadata, name: str = "digest") -> str:
    """Return a digest: 64 hexadecimal digits, small letters."""
    value = values[name]
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise FileFormatError(f"metadata {name!r} must be a digest of 64 hexadecimal digits")
    return value


def owner(values: Metadata) -> str:
    """Return the digest of the network that a key is of; "" for a key saved by itself."""
    return digest(values, "network") if values.get("network", "") != "" else ""


def key_of(values: Metadata) -> str:
    """Return the digest of the key that a network was saved with; "" if it was saved by itself."""
    return digest(values, "key") if "key" in values else ""


def record(values: Metadata, name: str) -> Metadata:
    """Return an object within the metadata."""
    value = values[name]
    if not isinstance(value, dict):
        raise FileFormatError(f"metadata {name!r} must be a JSON object")
    return value


def scales(values: Metadata) -> list[float]:
    """Return the scale of every layer."""
    value = values["scales"]
    if not isinstance(value, list) or not all(type(scale) in (int, float) for scale in value):
        raise FileFormatError("metadata 'scales' must be a list of numbers")
    return [float(scale) for scale in value]


def caps(values: Metadata) -> list[int]:
    """Return the cap of every layer, 0 for none."""
    value = values["caps"]
    if not isinstance(value, list) or not all(type(cap) is int for cap in value):
        raise FileFormatError("metadata 'caps' must be a list of whole numbers")
    return value


def squared(values: Metadata) -> list[bool]:
    """Return one flag per layer: true if it squares."""
    value = values["squared"]
    if not isinstance(value, list) or not all(type(square) is bool for square in value):
        raise FileFormatError("metadata 'squared' must be a list of true and false")
    return value


def layers(values: Metadata) -> list[Metadata]:
    """Return the entries of a key about every layer."""
    value = values["layers"]
    if not isinstance(value, list) or not all(isinstance(layer, dict) for layer in value):
        raise FileFormatError("metadata 'layers' must be a list of JSON objects")
    return value


def provenance(values: Metadata) -> Provenance:
    """Return the provenance of a network."""
    given = record(values, "provenance")
    channels = record(given, "channels")
    return Provenance(
        source=text(given, "source"),
        construction=text(given, "construction"),
        active=whole(given, "active"),
        seed=whole(given, "seed"),
        gates=whole(given, "gates"),
        monosemantic_neurons=whole(given, "monosemantic_neurons"),
        readout_parameters=whole(given, "readout_parameters"),
        channels={name: whole(channels, name) for name in channels},
        note=text(given, "note"),
    )
