"""Logic as files have it: ANDs and XORs of literals, not yet resting at zero.

Signals are numbered as in AIGER: signal 0 is the constant false, signals 1 .. inputs are the
inputs, and signal inputs + 1 + g is gate g. A *literal* is 2 * signal, plus one if the signal is
negated; so literal 0 is false and literal 1 is true. Every gate of the file formats becomes a few
such gates (an OR is a negated AND of negated literals), so all readers can return a netlist.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.names import Names

# Limits for files. A short file can announce many inputs. Each gate takes some 500 bytes of memory
# while it is made into a circuit.
MAX_INPUTS = 2**22
MAX_GATES = 2**22


class NetlistKind(IntEnum):
    """Kind of a gate of a netlist; an AND of no literals is true, and an XOR of none is false."""

    AND = 0
    XOR = 1


@dataclass(frozen=True, eq=False)
class Netlist:
    """Gates over literals as arrays, in topological order; inputs and outputs keep their names.

    Shapes: `kinds` uint8 (gates,); `fan_in_offsets` int64 (gates + 1,) cuts `fan_in` int32
    (literals,) into one run per gate; `outputs` int32 (outputs,) are literals. The source calls
    literal `named_literals[i]`, int32 (named,), by the name `named[i]`; inputs are not among them.
    """

    inputs: Names
    kinds: NDArray[np.uint8]
    fan_in_offsets: NDArray[np.int64]
    fan_in: NDArray[np.int32]
    outputs: NDArray[np.int32]
    output_names: Names
    name: str
    named: tuple[str, ...] = ()
    named_literals: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))

    @property
    def gates(self) -> int:
        """Number of gates."""
        return len(self.kinds)
