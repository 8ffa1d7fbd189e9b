"""Save and load the state of a descent, so that an interrupted descent can be resumed.

The state is a safetensors file of the trained numbers, such moments of each as the descent keeps,
and one string of metadata: the step, and a digest of all that the descent depends on. The file
appears whole or not at all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from polyseme.common.files import one_line, shown_path, write_whole
from polyseme.errors import FileFormatError, PolysemeError
from polyseme.networks.saving.safetensors_reading import read_safetensors

_FORMAT = "polyseme-descent"
_BROKEN = (ValueError, TypeError, LookupError, AttributeError, RecursionError, MemoryError)


@dataclass(frozen=True, eq=False)
class State:
    """The state of a descent: `step`, and float32 tensors by name."""

    step: int
    tensors: dict[str, NDArray[np.float32]]


def digest_of(described: str, arrays: Sequence[NDArray[Any]]) -> str:
    """Return a digest of a description and arrays, by which a state is matched to its descent."""
    found = sha256(described.encode())
    for array in arrays:
        found.update(f"{array.dtype}{array.shape}".encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def save_state(state: State, digest: str, path: str | os.PathLike[str]) -> None:
    """Write a state. Raises PolysemeError if it cannot be written."""
    text = json.dumps({"digest": digest, "format": _FORMAT, "step": state.step}, sort_keys=True)
    # The library writes the memory of an array as it lies.
    tensors = {name: np.ascontiguousarray(tensor) for name, tensor in state.tensors.items()}
    write_whole(path, save(tensors, metadata={"polyseme": text}))


def load_state(
    path: str | os.PathLike[str], digest: str, shapes: dict[str, tuple[int, ...]], last: int
) -> State:
    """Read a state of the descent with this digest, of at most `last` steps.

    `shapes` are those of the tensors, by name. Raises FileFormatError, naming the file and the
    fault, if the file is no state or is the state of another descent.
    """
    shown = shown_path(path)
    try:
        tensors, entries = read_safetensors(path)
        step = _step(entries, digest, last)
        _check(tensors, shapes)
    except (FileFormatError, *_BROKEN) as error:
        raise FileFormatError(f"{shown}: is not the state of this: {one_line(error)}") from None
    except PolysemeError as error:
        raise FileFormatError(f"{shown}: {error}") from None
    return State(step, tensors)


def _step(entries: dict[str, str], digest: str, last: int) -> int:
    if "polyseme" not in entries:
        raise FileFormatError("it has no polyseme metadata")
    metadata = json.loads(entries["polyseme"])
    if not isinstance(metadata, dict) or metadata.get("format") != _FORMAT:
        raise FileFormatError(f"it is not a {_FORMAT} file")
    if metadata.get("digest") != digest:
        raise FileFormatError("it began from another network, or with other options")
    step = metadata.get("step")
    if type(step) is not int or not 0 <= step <= last:
        raise FileFormatError(f"its step is {repr(step)[:40]}, not one of 0 to {last}")
    return step


def _check(tensors: dict[str, NDArray[Any]], shapes: dict[str, tuple[int, ...]]) -> None:
    if set(tensors) != set(shapes):
        raise FileFormatError(f"its tensors are not {', '.join(shapes)}")
    for name, tensor in tensors.items():
        shape = shapes[name]
        if tensor.dtype != np.float32 or tensor.shape != shape:
            raise FileFormatError(f"{name} must be float32 of shape {shape}")
        if not np.isfinite(tensor).all():
            raise FileFormatError(f"{name} has an entry that is not a number")
        if name.endswith("square") and tensor.min(initial=0.0) < 0:
            raise FileFormatError(f"{name} has a negative entry")
