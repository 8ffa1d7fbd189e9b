"""Flattening: the same function in wider gates."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits.logic.flattening import flatten
from polyseme.circuits.logic.netlist import Netlist, NetlistKind
from polyseme.circuits.names import Names
from polyseme.common.ragged import row_offsets
from support.logic_files import truth_table


@st.composite
def netlists(draw: st.DrawFn) -> Netlist:
    """Up to ten gates over three inputs, some of them with a name."""
    gates = draw(st.integers(1, 10))
    rows = [draw(st.lists(st.integers(0, 2 * (4 + gate) - 1), max_size=3)) for gate in range(gates)]
    literal = st.integers(0, 2 * (4 + gates) - 1)
    outputs = draw(st.lists(literal, min_size=1, max_size=3))
    named = draw(st.lists(st.integers(8, 2 * (4 + gates) - 1), max_size=3, unique=True))
    return Netlist(
        inputs=Names(prefix="i", count=3),
        kinds=np.array(draw(st.lists(st.integers(0, 1), min_size=gates, max_size=gates)), np.uint8),
        fan_in_offsets=row_offsets([len(row) for row in rows]),
        fan_in=np.array([one for row in rows for one in row], np.int32),
        outputs=np.array(outputs, np.int32),
        output_names=Names(prefix="o", count=len(outputs)),
        name="drawn",
        named=tuple(f"n{one}" for one in named),
        named_literals=np.array(named, np.int32),
    )


@given(netlists())
@settings(max_examples=150, deadline=None)
def test_outputs_and_named_gates_compute_what_they_did(netlist: Netlist) -> None:
    flat = flatten(netlist)
    assert flat.gates <= netlist.gates
    assert truth_table(flat) == truth_table(netlist)
    assert flat.named == netlist.named
    assert truth_table(of_names(flat)) == truth_table(of_names(netlist))


def of_names(netlist: Netlist) -> Netlist:
    """The netlist whose outputs are the named literals."""
    return Netlist(
        netlist.inputs,
        netlist.kinds,
        netlist.fan_in_offsets,
        netlist.fan_in,
        netlist.named_literals,
        Names(list(netlist.named)),
        netlist.name,
    )


def chain(length: int, kind: NetlistKind, negated: int = 0) -> Netlist:
    """One gate after the other, each of the one before and the only input."""
    before = [2, *(2 * (2 + gate) + negated for gate in range(length - 1))]
    return Netlist(
        inputs=Names(["a"]),
        kinds=np.full(length, kind, np.uint8),
        fan_in_offsets=np.arange(0, 2 * length + 1, 2),
        fan_in=np.array([one for read in before for one in (read, 2)], np.int32),
        outputs=np.array([2 * (1 + length)], np.int32),
        output_names=Names(["y"]),
        name="chain",
    )


def test_a_long_chain_becomes_one_gate() -> None:
    for kind, negated in ((NetlistKind.AND, 0), (NetlistKind.XOR, 0), (NetlistKind.XOR, 1)):
        assert flatten(chain(50_000, kind, negated)).gates == 1
    assert flatten(chain(50, NetlistKind.AND, 1)).gates == 50
