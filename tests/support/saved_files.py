"""Files of networks and keys taken apart, put together by hand, and expected to be refused."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from polyseme.errors import FileFormatError
from polyseme.networks.saving.files import load, load_key
from support.small_networks import network_of, superposed_network

TYPES = {
    name: np.dtype(short)
    for name, short in zip(
        ("I8", "U8", "I16", "I32", "I64", "U64", "F16", "F32", "F64"),
        ("i1", "u1", "i2", "i4", "i8", "u8", "f2", "f4", "f8"),
        strict=True,
    )
}
FUZZED = ("deep", "mixed", "stream", "key", "deep key")


def assert_refused(
    read: Callable[[Path], object], directory: Path, content: bytes, rule: str = "."
) -> None:
    path = directory / "broken.safetensors"
    path.write_bytes(sealed(content))
    with pytest.raises(FileFormatError, match=rule) as caught:
        read(path)
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).startswith(f"{path}: ")


def reader_of(kind: str) -> Callable[[Path], object]:
    return load_key if kind.endswith("key") else load


@cache
def valid_file(kind: str) -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "valid"
        keys = {
            "key": lambda: network_of("facts").key,
            "deep key": lambda: superposed_network(300).key,
        }
        (keys[kind]() if kind in keys else network_of(kind)).save(path)
        return path.read_bytes()


def parts_of(content: bytes) -> tuple[dict, bytes]:
    begin = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:begin]), content[begin:]


def metadata_of(header: dict) -> dict:
    return json.loads(header["__metadata__"]["polyseme"])


def with_metadata(header: dict, text: str) -> dict:
    return {**header, "__metadata__": {"polyseme": text}}


def sealed(content: bytes) -> bytes:
    """The same file with the digest of its content, where enough of it can be read for that."""
    try:
        header, body = parts_of(content)
        text = header["__metadata__"]["polyseme"]
        digest = json.loads(text)["digest"]
        tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
        found = hashlib.sha256()
        for name in sorted(tensors):
            entry = tensors[name]
            begin, end = entry["data_offsets"]
            line = " ".join(map(str, (name, entry["dtype"], *entry["shape"])))
            found.update(f"{line}\n".encode() + body[begin:end])
        found.update(text.replace(digest, "0" * 64).encode())
        return content.replace(digest.encode(), found.hexdigest().encode())
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return content


def sealed_pair(network: bytes, key: bytes) -> tuple[bytes, bytes]:
    """Both files with their digests, each naming the other, where enough can be read for that."""
    try:
        header, body = parts_of(key)
        owner, told = metadata_of(header)["network"], metadata_of(parts_of(network)[0])["key"]
        text = header["__metadata__"]["polyseme"].replace(f'"{owner}"', '""')
        alone = sealed(file_of(with_metadata(header, text), body))
        network = sealed(network.replace(told.encode(), _digest_in(alone)))
        return network, sealed(key.replace(owner.encode(), _digest_in(network)) if owner else key)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return sealed(network), sealed(key)


def _digest_in(content: bytes) -> bytes:
    return metadata_of(parts_of(content)[0])["digest"].encode()


def file_of(header: dict, body: bytes) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def tensors_of(header: dict, body: bytes) -> dict[str, np.ndarray]:
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            data = np.frombuffer(body[begin:end], TYPES[entry["dtype"]])
            tensors[name] = data.reshape(entry["shape"]).copy()
    return tensors


def packed(tensors: dict[str, np.ndarray], metadata: str) -> bytes:
    """A file of these tensors, written by hand."""
    names = {dtype: name for name, dtype in TYPES.items()}
    header: dict = {}
    body = b""
    for name, tensor in tensors.items():
        span = [len(body), len(body) + tensor.nbytes]
        header[name] = {
            "dtype": names[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": span,
        }
        body += tensor.tobytes()
    return file_of(with_metadata(header, metadata), body)


def digest_of(save: Callable[[Path], None], path: Path) -> str:
    save(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()
