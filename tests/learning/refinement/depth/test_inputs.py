"""Inputs that layers descend on: their kinds, and gates that are blocked, against loops."""

from __future__ import annotations

import numpy as np

import polyseme as ps
from polyseme.circuits.circuit import GateKind
from polyseme.circuits.evaluate import wires_on
from polyseme.learning.refinement.depth.inputs import _blocked_pairs, blocked_inputs, hard_inputs


def generator():
    return np.random.default_rng(7)


def test_the_pairs_are_the_plain_input_and_each_negated_one():
    circuit = ps.read("y = a & ~b; z = (c & ~d) | (a & b); x = d & ~c & ~a")
    expected = []
    for gate, kind in enumerate(circuit.kinds):
        if kind == GateKind.AND_NOT:
            begin, end = circuit.fan_in_offsets[gate : gate + 2]
            plain, *negated = circuit.fan_in[begin:end].tolist()
            expected += [[plain, one] for one in negated]
    assert expected
    assert _blocked_pairs(circuit).tolist() == expected


def test_blocked_inputs_have_both_inputs_of_such_a_gate_on():
    circuit = ps.problems.layered(200, 3, active=3)
    rows = blocked_inputs(circuit, 3, 500, generator())
    assert rows.shape == (500, 3)
    assert all(len(set(row)) == 3 for row in rows.tolist())
    on = wires_on(circuit, rows).toarray()
    pairs = _blocked_pairs(circuit)
    both = (on[:, pairs[:, 0]] & on[:, pairs[:, 1]]).any(axis=1)
    # The features that switch a wire on are guessed, and one may switch another off.
    assert both.mean() > 0.9


def test_without_such_gates_or_room_for_both_inputs_there_are_none():
    without = ps.read("y = (a & b) | (c & d); x = (a | c) & d")
    assert blocked_inputs(without, 2, 10, generator()).shape == (0, 2)
    circuit = ps.problems.layered(200, 2, active=1)
    assert blocked_inputs(circuit, 1, 10, generator()).shape == (0, 1)


def test_so_many_inputs_as_asked_for_most_of_which_switch_on_a_gate():
    circuit = ps.problems.layered(200, 3, active=3)
    for samples in (1, 100, 1000):
        rows = hard_inputs(circuit, 3, samples, generator())
        assert rows.shape == (samples, 3)
    alone = (rows < 0).any(axis=1).mean()
    assert 0.05 < alone < 0.2
    gates = wires_on(circuit, rows).toarray()[:, 200:].any(axis=1)
    assert gates.mean() > 0.7
    again = hard_inputs(circuit, 3, 1000, generator())
    assert np.array_equal(rows, again)
