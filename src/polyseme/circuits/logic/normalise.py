"""Rewriting logic as files have it into a circuit that rests at zero.

With all inputs off, some signals of a netlist are on. Each of those is replaced by its complement,
which is then off, and the gates that read the signal read the negated complement. So a signal
becomes a wire that rests at zero and a polarity, and a gate reads *plain* wires (polarity and
literal agree) and *negated* wires:

| gate | plain | negated | becomes |
|---|---|---|---|
| AND | any | none | AND of the plain |
| AND | one | some | AND_NOT |
| AND | several | some | AND of the plain, then AND_NOT |
| AND | none | some | OR of the negated, complemented, because this NOR is on at rest |
| XOR | any | any | XOR of the wires, complemented if an odd number is negated |

A gate keeps the name that its signal has in the source, with ~ before it if the wire is the
complement of the signal.

Constants are folded, gates of the same kind over the same wires are merged, and gates that no
output needs are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit, GateKind
from polyseme.circuits.logic.netlist import Netlist, NetlistKind
from polyseme.circuits.terms import MAX_XOR_INPUTS
from polyseme.common.ragged import row_numbers, row_offsets
from polyseme.errors import SourceError

_AND, _OR, _AND_NOT, _XOR = (
    int(kind) for kind in (GateKind.AND, GateKind.OR, GateKind.AND_NOT, GateKind.XOR)
)


def normalise(netlist: Netlist) -> Circuit:
    """Return the circuit that computes what a netlist does and whose wires all rest at zero.

    All inputs become features, whether read or not. An output keeps its name; it is `inverted` if
    it is on at rest, and has wire -1 if it is constant. No gate has only one input, or a constant
    or repeated one. No two gates are the same, every gate is needed by an output, and no XOR has
    more than MAX_XOR_INPUTS inputs. Raises SourceError when a gate or output reads a literal that
    is not defined before it, and as `Circuit` does (if there are no inputs, for example).
    """
    _check(netlist)
    inputs = len(netlist.inputs)
    gates = _Gates(inputs)
    # A wire and a polarity make a literal of the new circuit: 2 * (wire + 1), plus one if the
    # signal is the complement of the wire. Literals 0 and 1 are constants, as in the netlist.
    literals = list(range(0, 2 * inputs + 2, 2))
    fan_in = netlist.fan_in.tolist()
    ends = netlist.fan_in_offsets.tolist()
    for kind, (begin, end) in zip(netlist.kinds.tolist(), pairwise(ends), strict=True):
        read = [literals[literal >> 1] ^ (literal & 1) for literal in fan_in[begin:end]]
        literals.append(gates.and_of(read) if kind == NetlistKind.AND else gates.xor_of(read))
    outputs = [literals[literal >> 1] ^ (literal & 1) for literal in netlist.outputs.tolist()]
    names = _names_of_nodes(netlist, literals)
    return _needed(netlist, gates, np.array(outputs, np.int64), names)


class _Gates:
    """The circuit's gates so far, over nodes: node 0 is always off, node wire + 1 is the wire."""

    def __init__(self, features: int):
        self.kinds: list[int] = []
        self.fan_in: list[int] = []
        self.ends: list[int] = [0]
        self._next = features + 1
        self._nodes: dict[tuple[int, ...], int] = {}

    def and_of(self, literals: list[int]) -> int:
        """Return the literal of an AND of literals, with gates added if there are none for it."""
        plain: set[int] = set()
        negated: set[int] = set()
        for literal in literals:
            if literal > 1:
                (negated if literal & 1 else plain).add(literal >> 1)
            elif not literal:
                return 0
        if not plain:
            return 2 * self._one_or_more(_OR, negated) ^ 1
        if not plain.isdisjoint(negated):
            return 0
        first = self._one_or_more(_AND, plain)
        # The AND of the plain wires may be a gate that is also one of the negated wires.
        if not negated:
            return 2 * first
        return 0 if first in negated else 2 * self._node(_AND_NOT, (first, *sorted(negated)))

    def xor_of(self, literals: list[int]) -> int:
        """Return the literal of an XOR of literals, with gates added if there are none for it."""
        polarity = 0
        for literal in literals:
            polarity ^= literal & 1
        nodes = _odd(literal >> 1 for literal in literals)
        while len(nodes) > MAX_XOR_INPUTS:
            pieces = range(0, len(nodes), MAX_XOR_INPUTS)
            # The XOR of some nodes may be a gate that is also another of the nodes, so nodes may
            # cancel again.
            nodes = _odd(
                self._one_or_more(_XOR, nodes[piece : piece + MAX_XOR_INPUTS]) for piece in pieces
            )
        return 2 * self._one_or_more(_XOR, nodes) ^ polarity

    def _one_or_more(self, kind: int, nodes: Iterable[int]) -> int:
        """Return the node of a gate of any number of inputs; without inputs it is always off."""
        ordered = sorted(nodes)
        if len(ordered) < 2:
            return ordered[0] if ordered else 0
        return self._node(kind, ordered)

    def _node(self, kind: int, nodes: Sequence[int]) -> int:
        key = (kind, *nodes)
        node = self._nodes.setdefault(key, self._next)
        if node == self._next:
            self._next += 1
            self.kinds.append(kind)
            self.fan_in += nodes
            self.ends.append(len(self.fan_in))
        return node


def _odd(nodes: Iterable[int]) -> list[int]:
    """Return the nodes that occur an odd number of times, rising, without the constant."""
    odd: set[int] = set()
    for node in nodes:
        odd ^= {node}
    odd.discard(0)
    return sorted(odd)


def _names_of_nodes(netlist: Netlist, literals: list[int]) -> dict[int, str]:
    """Return the name of every gate's node that has one; of several, the first."""
    names: dict[int, str] = {}
    taken: set[str] = set()
    first_gate = len(netlist.inputs) + 1
    for name, literal in zip(netlist.named, netlist.named_literals.tolist(), strict=True):
        found = literals[literal >> 1] ^ (literal & 1)
        node, called = found >> 1, f"~{name}" if found & 1 else name
        # The complement of a signal may be called like another signal or an input.
        if node < first_gate or node in names or called in taken or called in netlist.inputs:
            continue
        names[node] = called
        taken.add(called)
    return names


def _needed(
    netlist: Netlist, gates: _Gates, outputs: NDArray[np.int64], names: dict[int, str]
) -> Circuit:
    """Return the circuit of the gates that some output needs, in the same order."""
    features = len(netlist.inputs)
    needed = bytearray(features + 1 + len(gates.kinds))
    for node in (outputs >> 1).tolist():
        needed[node] = 1
    for gate in range(len(gates.kinds) - 1, -1, -1):
        if needed[features + 1 + gate]:
            for node in gates.fan_in[gates.ends[gate] : gates.ends[gate + 1]]:
                needed[node] = 1
    kept = np.frombuffer(needed, np.uint8).astype(bool)
    kept[: features + 1] = True
    # Node 0, the constant, becomes wire -1.
    wire = np.cumsum(kept) - 2
    kept_gates = kept[features + 1 :]
    widths = np.diff(gates.ends)
    nodes = np.array(gates.fan_in, np.int64)[np.repeat(kept_gates, widths)]
    return Circuit(
        features=netlist.inputs,
        kinds=np.array(gates.kinds, np.uint8)[kept_gates],
        fan_in_offsets=row_offsets(widths[kept_gates]),
        fan_in=wire[nodes],
        outputs=wire[outputs >> 1],
        output_names=netlist.output_names,
        name=netlist.name,
        inverted=(outputs & 1).astype(bool),
        gate_names=_gate_names(names, features + 1 + np.flatnonzero(kept_gates)),
    )


def _gate_names(names: dict[int, str], nodes: NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(names.get(node, "") for node in nodes.tolist()) if names else ()


def _check(netlist: Netlist) -> None:
    widths = np.diff(netlist.fan_in_offsets)
    first = 2 * (1 + len(netlist.inputs))
    above = first + 2 * row_numbers(widths)
    for what, literals, limit in (
        ("a gate", netlist.fan_in, above),
        ("an output", netlist.outputs, np.int64(first + 2 * netlist.gates)),
    ):
        bad = (literals < 0) | (literals >= limit)
        if bad.any():
            literal = int(literals[int(np.argmax(bad))])
            raise SourceError(
                f"{netlist.name}: {what} reads literal {literal}, which is not defined before it"
            )
