"""Circuits as netlists, and netlists as AND-inverter graphs (AIGs), which have only ANDs of two."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.logic.netlist import Netlist, NetlistKind
from polyseme.common.ragged import row_numbers


def netlist_of(circuit: Circuit) -> Netlist:
    """Return the netlist with one gate per gate of a circuit, in the same order.

    An inverted output reads the negated literal, and one of wire -1 reads a constant.
    """
    gate_of_edge = row_numbers(np.diff(circuit.fan_in_offsets))
    is_or = circuit.kinds == GateKind.OR
    # An OR is a negated AND of negated literals, so its wire is the odd literal of its gate.
    odd = np.zeros(circuit.wires + 1, np.int64)
    odd[len(circuit.features) : -1] = is_or
    literal = 2 * np.arange(1, circuit.wires + 2) + odd
    literal[-1] = 0
    negated = is_or[gate_of_edge] | (circuit.kinds == GateKind.AND_NOT)[gate_of_edge]
    negated[circuit.fan_in_offsets[:-1][circuit.kinds == GateKind.AND_NOT]] = False
    is_xor = circuit.kinds == GateKind.XOR
    return Netlist(
        inputs=circuit.features,
        kinds=np.where(is_xor, NetlistKind.XOR, NetlistKind.AND).astype(np.uint8),
        fan_in_offsets=circuit.fan_in_offsets,
        fan_in=(literal[circuit.fan_in] ^ negated).astype(np.int32),
        outputs=(literal[circuit.outputs] ^ circuit.inverted).astype(np.int32),
        output_names=circuit.output_names,
        name=circuit.name,
        **_named(circuit, literal),
    )


def _named(circuit: Circuit, literal: NDArray[np.int64]) -> dict[str, Any]:
    """Return the names of a circuit's gates and their literals, as fields of a netlist."""
    gates = [gate for gate, name in enumerate(circuit.gate_names) if name]
    return {
        "named": tuple(circuit.gate_names[gate] for gate in gates),
        "named_literals": literal[len(circuit.features) + np.array(gates, np.int64)].astype(
            np.int32
        ),
    }


def two_input_ands(netlist: Netlist) -> Netlist:
    """Return the same logic as ANDs of two literals each; wide gates become balanced trees.

    An XOR of two becomes three ANDs. Gates are neither merged nor dropped. Every gate reads its
    larger literal first, as binary AIGER needs it. Names stay.
    """
    ands = _Ands(len(netlist.inputs))
    literals = list(range(0, 2 * len(netlist.inputs) + 2, 2))
    fan_in = netlist.fan_in.tolist()
    ends = netlist.fan_in_offsets.tolist()
    for kind, (begin, end) in zip(netlist.kinds.tolist(), pairwise(ends), strict=True):
        read = [literals[literal >> 1] ^ (literal & 1) for literal in fan_in[begin:end]]
        if kind == NetlistKind.AND:
            literals.append(_tree(ands.both, read) if read else 1)
        else:
            literals.append(_tree(ands.either, read) if read else 0)
    outputs, named = (
        np.array([literals[literal >> 1] ^ (literal & 1) for literal in some.tolist()], np.int32)
        for some in (netlist.outputs, netlist.named_literals)
    )
    gates = len(ands.fan_in) // 2
    return Netlist(
        inputs=netlist.inputs,
        kinds=np.full(gates, NetlistKind.AND, np.uint8),
        fan_in_offsets=np.arange(0, 2 * gates + 1, 2, dtype=np.int64),
        fan_in=np.array(ands.fan_in, np.int32),
        outputs=outputs,
        output_names=netlist.output_names,
        name=netlist.name,
        named=netlist.named,
        named_literals=named,
    )


class _Ands:
    """The ANDs of two that were added so far."""

    def __init__(self, inputs: int):
        self.fan_in: list[int] = []
        self._next = 2 * inputs + 2

    def both(self, one: int, other: int) -> int:
        """Add `one` AND `other` and return its literal."""
        self.fan_in += (one, other) if one > other else (other, one)
        self._next += 2
        return self._next - 2

    def either(self, one: int, other: int) -> int:
        """Add `one` XOR `other`, as "not both and not neither", and return its literal."""
        return self.both(self.both(one, other) ^ 1, self.both(one ^ 1, other ^ 1) ^ 1)


def _tree(join: Callable[[int, int], int], literals: list[int]) -> int:
    while len(literals) > 1:
        joined = [join(*pair) for pair in zip(literals[::2], literals[1::2], strict=False)]
        literals = joined + literals[len(literals) & ~1 :]
    return literals[0]
