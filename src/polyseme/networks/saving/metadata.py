"""Reading the JSON of a file's metadata: every value has one type, and nothing else is taken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from polyseme.networks.network import Provenance

Metadata = Mapping[str, Any]
# Positions are int32, so nothing a file counts can be more.
MAX_COUNT = 2**31 - 1


def parse(text: str) -> Metadata:
    """Parse the metadata entry. Raises ValueError when it is not a JSON object."""
    values = json.loads(text)
    if not isinstance(values, dict):
        raise ValueError("metadata must be a JSON object")
    return values


def whole(values: Metadata, name: str) -> int:
    """A whole number of 0 or more. Raises KeyError or ValueError."""
    value = values[name]
    if type(value) is not int or value < 0:
        raise ValueError(f"metadata {name!r} must be a whole number of 0 or more")
    return value


def count(values: Metadata, name: str) -> int:
    """A number of things, 1 to `MAX_COUNT`. Raises KeyError or ValueError."""
    value = whole(values, name)
    if not 1 <= value <= MAX_COUNT:
        raise ValueError(f"metadata {name!r} must be 1 to {MAX_COUNT}")
    return value


def text(values: Metadata, name: str) -> str:
    """A line of printable text. Raises KeyError or ValueError."""
    value = values[name]
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(f"metadata {name!r} must be a line of printable text")
    return value


def record(values: Metadata, name: str) -> Metadata:
    """An object within the metadata. Raises KeyError or ValueError."""
    value = values[name]
    if not isinstance(value, dict):
        raise ValueError(f"metadata {name!r} must be a JSON object")
    return value


def scales(values: Metadata) -> list[float]:
    """The scale of every layer. Raises KeyError or ValueError."""
    value = values["scales"]
    if not isinstance(value, list) or not all(type(scale) in (int, float) for scale in value):
        raise ValueError("metadata 'scales' must be a list of numbers")
    return [float(scale) for scale in value]


def caps(values: Metadata) -> list[int]:
    """The cap of every layer, 0 for none. Raises KeyError or ValueError."""
    value = values["caps"]
    if not isinstance(value, list) or not all(type(cap) is int for cap in value):
        raise ValueError("metadata 'caps' must be a list of whole numbers")
    return value


def squared(values: Metadata) -> list[bool]:
    """Whether each layer squares. Raises KeyError or ValueError."""
    value = values["squared"]
    if not isinstance(value, list) or not all(type(square) is bool for square in value):
        raise ValueError("metadata 'squared' must be a list of true and false")
    return value


def layers(values: Metadata) -> list[Metadata]:
    """What a key says about every layer. Raises KeyError or ValueError."""
    value = values["layers"]
    if not isinstance(value, list) or not all(isinstance(layer, dict) for layer in value):
        raise ValueError("metadata 'layers' must be a list of JSON objects")
    return value


def provenance(values: Metadata) -> Provenance:
    """Where a network came from. Raises KeyError or ValueError."""
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
