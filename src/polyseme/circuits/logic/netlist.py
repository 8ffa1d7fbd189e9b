"""Logic as it is found in files: ANDs and XORs of literals, before any polarity is chosen.

Signals are numbered as in AIGER: signal 0 is the constant false, signals 1 .. inputs are the
inputs, and signal inputs + 1 + g is gate g. A *literal* is 2 * signal, plus one where the signal is
negated; so literal 0 is false and literal 1 is true. Every logic function is a few such gates (an
OR is a negated AND of negated literals), which is what lets all readers share one target.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.names import Names

# What a file may have. A short file can announce many inputs; a gate takes some 500 bytes of memory
# on its way to a circuit.
MAX_INPUTS = 2**22
MAX_GATES = 2**22


class NetlistKind(IntEnum):
    """What a gate of a netlist computes from its literals; an AND of none is true, an XOR false."""

    AND = 0
    XOR = 1


@dataclass(frozen=True, eq=False)
class Netlist:
    """Gates over literals as arrays, in topological order; inputs and outputs keep their names.

    Shapes: `kinds` uint8 (gates,); `fan_in_offsets` int64 (gates + 1,) cuts `fan_in` int32
    (literals,) into one run a gate; `outputs` int32 (outputs,) are literals.
    """

    inputs: Names
    kinds: NDArray[np.uint8]
    fan_in_offsets: NDArray[np.int64]
    fan_in: NDArray[np.int32]
    outputs: NDArray[np.int32]
    output_names: Names
    name: str

    @property
    def gates(self) -> int:
        """How many gates there are."""
        return len(self.kinds)
