"""Reading a safetensors file: every byte accounted for, into arrays of its own.

The library maps a file, and tells the metadata of no other; a mapped file that is cut while it is
read kills the process. Here a regular file is read whole once its header has been found consistent
with its size, and the arrays are views of what was read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from polyseme.common.files.reading import RegularFile, opened
from polyseme.errors import FileFormatError
from polyseme.networks.saving.tensors import Tensors

TYPES: dict[str, np.dtype[Any]] = {
    "U8": np.dtype("u1"),
    "I8": np.dtype("i1"),
    "I16": np.dtype("<i2"),
    "I32": np.dtype("<i4"),
    "F32": np.dtype("<f4"),
    "I64": np.dtype("<i8"),
}
# As the library has it.
MAX_HEADER_BYTES = 100_000_000
_LENGTH_BYTES = 8


class SafetensorsParts(NamedTuple):
    """Tensors by name, and the texts of the metadata."""

    tensors: Tensors
    metadata: dict[str, str]


def read_safetensors(path: str | os.PathLike[str]) -> SafetensorsParts:
    """Return the tensors and the metadata of a file.

    Raises FileFormatError if it is no safetensors file of types that polyseme writes, and
    PolysemeError if it cannot be read; neither names the file.
    """
    with opened(path) as file:
        header, length = _header(file)
        metadata = header.pop("__metadata__", {})
        if not _is_text_by_name(metadata):
            raise FileFormatError("its metadata are not texts by name")
        spans = _spans(header, file.size - length)
        data = _data(file, file.size - length)
    tensors = {}
    for name, (kind, shape, begin, end) in spans.items():
        array = np.frombuffer(data[begin:end], kind).reshape(shape)
        # Files of others may begin a tensor anywhere.
        tensors[name] = np.require(array, requirements="A")
    return SafetensorsParts(tensors, metadata)


def _data(file: RegularFile, count: int) -> memoryview:
    """Return the next bytes; numpy asks for large pages of memory, which take half the time."""
    try:
        data = np.empty(count, np.uint8).data
    except MemoryError:
        raise FileFormatError(f"{count:,} bytes of it do not fit into memory") from None
    file.fill(data)
    return data


def _header(file: RegularFile) -> tuple[dict[str, Any], int]:
    """Return the header as it stands, and the number of bytes before the data."""
    if file.size < _LENGTH_BYTES:
        raise FileFormatError(f"it has {file.size} bytes, too few for a header")
    length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
    if length > min(MAX_HEADER_BYTES, file.size - _LENGTH_BYTES):
        raise FileFormatError(f"a header of {length} bytes does not fit into its {file.size}")
    header = json.loads(file.read(length).decode(), object_pairs_hook=_distinct)
    if not isinstance(header, dict):
        raise FileFormatError("its header is not a JSON object")
    return header, _LENGTH_BYTES + length


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise FileFormatError("its header names something twice")
    return found


def _is_text_by_name(metadata: object) -> bool:
    return isinstance(metadata, dict) and all(isinstance(one, str) for one in metadata.values())


def _spans(
    header: Mapping[str, Any], size: int
) -> dict[str, tuple[np.dtype[Any], list[int], int, int]]:
    """Return type, shape and bytes of every tensor; together they must be all the data."""
    found, reached = {}, 0
    for name, entry in header.items():
        if not (isinstance(entry, dict) and entry.keys() == {"dtype", "shape", "data_offsets"}):
            raise FileFormatError(f"tensor {name[:40]!r} is not described by type, shape and place")
        kind = TYPES.get(entry["dtype"]) if isinstance(entry["dtype"], str) else None
        if kind is None:
            raise FileFormatError(f"tensor {name[:40]!r} is of none of {', '.join(TYPES)}")
        shape, offsets = entry["shape"], entry["data_offsets"]
        if not (_are_counts(shape) and _are_counts(offsets) and len(offsets) == 2):
            raise FileFormatError(f"tensor {name[:40]!r} has no shape or no place")
        # In whole numbers of Python, which do not wrap around.
        bytes_asked = kind.itemsize
        for extent in shape:
            bytes_asked *= extent
        if offsets[1] - offsets[0] != bytes_asked or len(shape) > 2:
            raise FileFormatError(
                f"tensor {name[:40]!r} of shape {shape[:4]} does not fill its place"
            )
        found[name] = (kind, shape, offsets[0], offsets[1])
    for name, (_, _, begin, end) in sorted(found.items(), key=lambda item: item[1][2:]):
        if begin != reached:
            raise FileFormatError(f"tensor {name[:40]!r} begins at {begin}, not at {reached}")
        reached = end
    if reached != size:
        raise FileFormatError(f"its tensors are {reached} bytes, and {size} are there")
    return found


def _are_counts(numbers: object) -> bool:
    return isinstance(numbers, list) and all(
        type(number) is int and 0 <= number < 2**63 for number in numbers
    )
