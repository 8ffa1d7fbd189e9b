"""Ingredients of a network of the suite."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.sources import read

_FILES = Path(__file__).parent / "files"
# Sources that are files beside this one.
_OWN = re.compile(r"suite:(\w+)\.(\w+)")


@dataclass(frozen=True)
class Spec:
    """Ingredients of a network of the suite.

    Attributes:
        source: The circuit as `polyseme.read` takes it, or `suite:FILE` for one of the suite's.
        active: The most features on at once: the promise that the network was made for.
        neurons: The most ReLUs per layer.
        construction: The construction.
        draw: The distribution of its inputs, as `distributions.drawn` takes it.
        seed: The seed of the network.
        passes: Passes of refinement, 0 for a network as it was compiled.
        shuffled: True for a negative control: what a method sees has the same weights in every
            layer, in random order, so that no unit computes anything.
        computed: True if the hidden layers compute the gates (reading error under 1/4).
    """

    source: str
    active: int
    neurons: int
    construction: str
    draw: str
    seed: int = 0
    passes: int = 0
    shuffled: bool = False
    computed: bool = True

    def circuit(self, name: str) -> Circuit:
        """Return the circuit, named after the network, so that no path is in its file."""
        own = _OWN.fullmatch(self.source)
        source = str(_FILES / f"{own[1]}.{own[2]}") if own else self.source
        return replace(read(source), name=name)
