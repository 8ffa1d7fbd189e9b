"""The digest of a file's content, which the file carries: damage and edits show."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyseme.networks.saving.tensors import Tensors

# Stands for the digest in the text that is hashed.
UNKNOWN = "0" * 64
TYPE_NAMES = {
    "uint8": "U8",
    "int8": "I8",
    "int16": "I16",
    "int32": "I32",
    "float32": "F32",
    "int64": "I64",
}


@dataclass(frozen=True)
class Hashed:
    """Tensors, hashed once for however many texts of metadata."""

    tensors: Any

    def with_text(self, text: str) -> str:
        """Return the digest of the tensors and of metadata, in hexadecimal digits.

        Zeros stand in `text` for the digest itself.
        """
        found = self.tensors.copy()
        found.update(text.encode())
        digest: str = found.hexdigest()
        return digest


def hashed(tensors: Tensors) -> Hashed:
    """Return the SHA-256 of tensors, to be ended by that of metadata.

    For every tensor, in the order of their names, a line of its name, type and extents and then its
    bytes are hashed.
    """
    found = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        extents = "".join(f" {extent}" for extent in tensor.shape)
        found.update(f"{name} {TYPE_NAMES[tensor.dtype.name]}{extents}\n".encode())
        if tensor.size:
            found.update(bytes_of(tensor))
    return Hashed(found)


def digest_claimed(text: str, digest: str) -> str:
    """Return the metadata of a file as it is hashed: zeros in the place of the digest."""
    return text.replace(digest, UNKNOWN)


def text_alone(text: str, network: str) -> str:
    """Return the metadata of a key as they would be if it were saved without its network."""
    return text.replace(f'"{network}"', '""') if network else text


def bytes_of(tensor: NDArray[Any]) -> memoryview:
    """Return the bytes of a tensor as files have them, little-endian and rows first."""
    little = np.ascontiguousarray(tensor, tensor.dtype.newbyteorder("<"))
    return little.reshape(-1).view(np.uint8).data
