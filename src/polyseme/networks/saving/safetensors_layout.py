"""The bytes of a safetensors file in pieces: a header, then the tensors, without copies.

The library would first build a whole file in memory. These are the same bytes: a compact
JSON header padded with spaces to eight bytes, tensors of wider types first, then by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from polyseme.common.files import Piece
from polyseme.networks.saving.digest import TYPE_NAMES, bytes_of
from polyseme.networks.saving.tensors import Tensors

# In the order of the library, which is that of the tensors in a file from the last to the first.
_ORDER = list(TYPE_NAMES)


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
            "dtype": TYPE_NAMES[tensor.dtype.name],
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    for name in names:
        if tensors[name].size:
            yield bytes_of(tensors[name])
