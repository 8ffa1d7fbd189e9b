"""The bytes of a safetensors file in pieces: a header, then the tensors, without copies.

The library would first build a whole file in memory. These are the same bytes: a compact
JSON header padded with spaces to eight bytes, tensors of wider types first, then by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from polyseme.common.files import Piece
from polyseme.networks.saving.tensors import Tensors

# In the order of the library, which is that of the tensors in a file from the last to the first.
_TYPES = {
    "uint8": "U8",
    "int8": "I8",
    "int16": "I16",
    "int32": "I32",
    "float32": "F32",
    "int64": "I64",
}
_ORDER = list(_TYPES)


def safetensors_pieces(tensors: Tensors, metadata: dict[str, str]) -> Iterator[Piece]:
    """Yield the pieces of a file of these tensors; `metadata` should have one entry at most.

    Tensors must be of a type that files of polyseme have.
    """
    names = sorted(tensors, key=lambda name: (-_ORDER.index(tensors[name].dtype.name), name))
    header: dict[str, Any] = {"__metadata__": metadata}
    end = 0
    for name in names:
        tensor = tensors[name]
        begin, end = end, end + tensor.nbytes
        header[name] = {
            "dtype": _TYPES[tensor.dtype.name],
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    for name in names:
        if tensors[name].size:
            little = tensors[name].dtype.newbyteorder("<")
            yield np.ascontiguousarray(tensors[name], little).reshape(-1).view(np.uint8).data
