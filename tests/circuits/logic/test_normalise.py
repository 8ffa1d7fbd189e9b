"""Netlists made circuits that rest at zero, against a slow oracle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from polyseme.circuits import (
    Circuit,
    GateKind,
    Netlist,
    NetlistKind,
    evaluate_dense,
    normalise,
    wires_on,
)
from polyseme.circuits.terms import MAX_XOR_INPUTS
from polyseme.errors import SourceError
from support.netlists import computed, every_input, make_netlist, netlists

AND, XOR = NetlistKind.AND, NetlistKind.XOR


def rows_of(circuit: Circuit) -> list[tuple[int, list[int]]]:
    offsets = circuit.fan_in_offsets.tolist()
    return [
        (int(circuit.kinds[gate]), circuit.fan_in[offsets[gate] : offsets[gate + 1]].tolist())
        for gate in range(circuit.gates)
    ]


@given(netlists())
@settings(max_examples=80, deadline=None)
def test_the_circuit_computes_the_netlist(netlist: Netlist) -> None:
    circuit = normalise(netlist)
    every = every_input(len(netlist.inputs))
    wanted = [computed(netlist, on) for on in every]
    assert evaluate_dense(circuit, np.array(every)).tolist() == wanted
    assert circuit.inverted.tolist() == wanted[0]
    assert circuit.features == netlist.inputs
    assert circuit.output_names == netlist.output_names


@given(netlists())
@settings(max_examples=60, deadline=None)
def test_nothing_is_left_that_could_be_spared(netlist: Netlist) -> None:
    circuit = normalise(netlist)
    rows = rows_of(circuit)
    keys = set()
    for kind, read in rows:
        assert kind != GateKind.IDENTITY
        assert len(read) > 1
        assert kind != GateKind.XOR or len(read) <= MAX_XOR_INPUTS
        keys.add((kind, read[0] if kind == GateKind.AND_NOT else -1, frozenset(read)))
    assert len(keys) == len(rows)
    needed = set(circuit.outputs.tolist())
    for gate in range(len(rows) - 1, -1, -1):
        assert len(circuit.features) + gate in needed
        needed.update(rows[gate][1])
    assert not wires_on(circuit, np.array([[-1]])).nnz


A, B, C, D = 2, 4, 6, 8

# Gates over inputs a, b, c, d (literals 2, 4, 6, 8; gates from 10 on), one output: what remains of
# the gates, and the output's wire and polarity.
FOLDS: dict[str, tuple[list[tuple[NetlistKind, list[int]]], int, Any, int, bool]] = {
    "plain": ([(AND, [A, B])], 10, [(GateKind.AND, [0, 1])], 4, False),
    "one plain": ([(AND, [C ^ 1, B, A ^ 1])], 10, [(GateKind.AND_NOT, [1, 0, 2])], 4, False),
    "two plain": (
        [(AND, [A, B, C ^ 1])],
        10,
        [(GateKind.AND, [0, 1]), (GateKind.AND_NOT, [4, 2])],
        5,
        False,
    ),
    "none plain": ([(AND, [A ^ 1, B ^ 1])], 10, [(GateKind.OR, [0, 1])], 4, True),
    "or": ([(AND, [A ^ 1, B ^ 1])], 11, [(GateKind.OR, [0, 1])], 4, False),
    "xnor": ([(XOR, [A, B ^ 1])], 10, [(GateKind.XOR, [0, 1])], 4, True),
    "xor of xnor": (
        [(XOR, [A, B ^ 1]), (XOR, [10, C ^ 1])],
        12,
        [(GateKind.XOR, [0, 1]), (GateKind.XOR, [2, 4])],
        5,
        False,
    ),
    "x and not x": ([(AND, [A, A ^ 1])], 10, [], -1, False),
    "x and x": ([(AND, [A, A])], 10, [], 0, False),
    "not x and not x": ([(AND, [A ^ 1, A ^ 1])], 10, [], 0, True),
    "x xor x": ([(XOR, [A, A])], 10, [], -1, False),
    "x xor not x": ([(XOR, [A, A ^ 1])], 10, [], -1, True),
    "with false": ([(AND, [A, 0])], 11, [], -1, True),
    "with true": ([(AND, [A, 1])], 11, [], 0, True),
    "of none": ([(AND, []), (XOR, [])], 10, [], -1, True),
    "xor of none": ([(XOR, [])], 10, [], -1, False),
    "folded by folding": ([(AND, [A, A ^ 1]), (AND, [B, 11])], 12, [], 1, False),
    "an inner and is also negated": ([(AND, [A, B]), (AND, [A, B, 11])], 12, [], -1, False),
    "merged": ([(AND, [A, B]), (AND, [B, A]), (XOR, [10, 12])], 14, [], -1, False),
    "unread": ([(AND, [A, B]), (AND, [C, D])], 12, [(GateKind.AND, [2, 3])], 4, False),
    "a feature": ([(AND, [A, B])], C, [], 2, False),
}


@pytest.mark.parametrize("case", FOLDS.values(), ids=FOLDS)
def test_each_rule_of_folding(case: Any) -> None:
    gates, output, remain, wire, inverted = case
    circuit = normalise(make_netlist(4, gates, [output]))
    assert rows_of(circuit) == remain
    assert (circuit.outputs.tolist(), circuit.inverted.tolist()) == ([wire], [inverted])


def test_wide_xors_become_trees_that_still_cancel() -> None:
    wide = [2 * signal for signal in range(1, 14)]
    # The first six again as one gate: in the tree of the second they stand twice.
    gates = [(XOR, wide[:6]), (XOR, [28, *wide])]
    circuit = normalise(make_netlist(13, gates, [30]))
    every = np.random.default_rng(0).random((200, 13)) < 0.5
    assert evaluate_dense(circuit, every)[:, 0].tolist() == (every[:, 6:].sum(1) % 2 == 1).tolist()
    assert max(len(read) for _, read in rows_of(circuit)) <= MAX_XOR_INPUTS


@pytest.mark.parametrize("literal", [4, 5, 10**9, -1])
def test_a_gate_that_reads_what_is_not_before_it_is_refused(literal: int) -> None:
    with pytest.raises(SourceError, match=f"net: a gate reads literal {literal}, which is not"):
        normalise(make_netlist(1, [(AND, [2, literal])], [2]))
    assert normalise(make_netlist(1, [(AND, [2, 3])], [5])).inverted.all()
    if literal not in (4, 5):
        with pytest.raises(SourceError, match=f"net: an output reads literal {literal}, which"):
            normalise(make_netlist(1, [(AND, [2, 3])], [literal]))


def test_a_netlist_without_inputs_or_outputs_is_refused() -> None:
    with pytest.raises(SourceError, match="needs at least one feature"):
        normalise(make_netlist(0, [], [1]))
    with pytest.raises(SourceError, match="needs at least one output"):
        normalise(make_netlist(1, [], []))


def test_deep_logic_needs_no_deep_stack() -> None:
    count = 30_000
    gates = [(AND, [2 * (2 + gate) ^ 1, 2 * (1 + gate % 2)]) for gate in range(1, count)]
    circuit = normalise(make_netlist(2, [(XOR, [2, 4]), *gates], [2 * (2 + count)]))
    assert circuit.depth > 1000 or circuit.gates < 10
