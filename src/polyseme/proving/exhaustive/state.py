"""The state of an enumeration, in a file from which it goes on after it was stopped."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.names import Names
from polyseme.common.files import shown_path, write_whole
from polyseme.errors import FileFormatError, OptionError
from polyseme.proving.claim import Claim

_FORMAT = "polyseme-enumeration"
# Wrong inputs that are listed, at most.
MOST_LISTED = 100_000


@dataclass(frozen=True)
class Enumeration:
    """Inputs counted so far: those whose lowest feature is below `first`, and the empty input.

    Attributes:
        claim: A hash of network, circuit and the number of features on.
        first: The lowest feature of the inputs to come.
        inputs: Number of inputs that were run.
        wrong: Number of wrong ones.
        listed: Features on in wrong inputs, those with fewest first, up to 100,000 of them.
    """

    claim: str
    first: int
    inputs: int
    wrong: int
    listed: tuple[tuple[int, ...], ...]

    def more(self, inputs: int, wrong: int, listed: list[tuple[int, ...]]) -> Enumeration:
        """Return what is found with the inputs of one more first feature."""
        every = self.listed
        if listed:
            # Those that are kept do not depend on where the enumeration was stopped.
            joined = sorted([*self.listed, *listed], key=lambda on: (len(on), on))
            every = tuple(joined[:MOST_LISTED])
        return replace(
            self,
            first=self.first + 1,
            inputs=self.inputs + inputs,
            wrong=self.wrong + wrong,
            listed=every,
        )

    def save(self, path: str | os.PathLike[str], features: Names) -> None:
        """Write the file, which appears whole or not at all; wrong inputs by names of features."""
        listed = [[features[one] for one in on] for on in self.listed]
        stored = {"format": _FORMAT, **asdict(self), "listed": listed}
        write_whole(path, (json.dumps(stored) + "\n").encode())


def begun(claim: Claim, path: str | os.PathLike[str] | None) -> Enumeration:
    """Return how far the enumeration of a claim has come by its file; the start if there is none.

    Raises:
        FileFormatError: the file is no such file.
        OptionError: it is about another claim.
    """
    mark = _mark(claim)
    if path is None or not Path(path).exists():
        return Enumeration(mark, -1, 0, 0, ())
    try:
        stored = json.loads(Path(path).read_text(encoding="utf-8"))
        if stored.pop("format") != _FORMAT:
            raise TypeError
        if stored["claim"] != mark:
            raise OptionError(f"{shown_path(path)}: is of another network, circuit or --active")
        position = claim.circuit.features.position
        stored["listed"] = tuple(tuple(map(position, on)) for on in stored["listed"])
        found = Enumeration(**stored)
        counts = (found.first, found.inputs, found.wrong)
        if not all(type(count) is int and count >= -1 for count in counts):
            raise TypeError
    except (OSError, TypeError, KeyError, AttributeError, json.JSONDecodeError, UnicodeError):
        raise FileFormatError(f"{shown_path(path)}: is no state of an enumeration") from None
    return found


def _mark(claim: Claim) -> str:
    """Return a hash of all that decides what is found."""
    network, circuit = claim.network, claim.circuit
    code, readout = network.encoder.code, network.readout
    seen = hashlib.sha256(f"{claim.active} {code.neurons}".encode())
    arrays: list[NDArray[Any]] = [
        code.positions,
        code.signs,
        readout.offsets,
        readout.neurons,
        readout.weights,
    ]
    arrays += [readout.thresholds, circuit.kinds, circuit.fan_in_offsets, circuit.fan_in]
    arrays += [circuit.outputs, circuit.inverted]
    for layer in network.layers:
        seen.update(f"{layer.scale} {layer.activation} {layer.weights.shape}".encode())
        arrays += [layer.bias, layer.carried]
        if sp.issparse(layer.weights):
            arrays += [layer.weights.indptr, layer.weights.indices, layer.weights.data]
        else:
            arrays.append(layer.weights)
    for array in arrays:
        seen.update(np.ascontiguousarray(array).tobytes())
        seen.update(str(array.shape).encode())
    return seen.hexdigest()
