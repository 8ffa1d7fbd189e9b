"""Rewriting keeps the function and makes netlists smaller."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

import polyseme as ps
from polyseme.circuits import (
    Circuit,
    Netlist,
    evaluate_dense,
    normalise,
    rewrite,
)
from polyseme.circuits.evaluate import wires_on
from polyseme.circuits.logic.aig import netlist_of, two_input_ands
from polyseme.errors import MissingExtraError
from support.netlists import computed, every_input, large_circuit, make_netlist, netlists


@given(netlists(max_inputs=6))
@settings(max_examples=15, deadline=None)
def test_rewriting_keeps_the_function(netlist: Netlist) -> None:
    pytest.importorskip("aigverse", reason="the extra 'logic' is not installed")
    smaller = rewrite(netlist)
    assert (smaller.inputs, smaller.output_names) == (netlist.inputs, netlist.output_names)
    assert smaller.gates <= two_input_ands(netlist).gates
    for on in every_input(len(netlist.inputs)):
        assert computed(smaller, on) == computed(netlist, on)


def test_rewriting_makes_a_large_netlist_smaller() -> None:
    pytest.importorskip("aigverse", reason="the extra 'logic' is not installed")
    circuit = large_circuit(2000, seed=1)
    smaller = normalise(rewrite(netlist_of(circuit)))
    assert smaller.gates < two_input_ands(netlist_of(circuit)).gates
    bits = np.random.default_rng(0).random((300, len(circuit.features))) < 0.5
    assert np.array_equal(evaluate_dense(smaller, bits), evaluate_dense(circuit, bits))


def test_rewriting_without_aigverse_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aigverse", None)
    with pytest.raises(MissingExtraError, match=r"polyseme\[logic\]"):
        rewrite(make_netlist(1, [], [2]))


@given(netlists(max_inputs=5))
@settings(max_examples=15, deadline=None)
def test_names_that_rewriting_keeps_are_of_gates_that_compute_the_same(netlist: Netlist) -> None:
    pytest.importorskip("aigverse", reason="the extra 'logic' is not installed")
    gates = range(netlist.gates)
    literals = np.array([2 * (len(netlist.inputs) + 1 + gate) for gate in gates], np.int32)
    named = replace(netlist, named=tuple(f"gate {gate}" for gate in gates), named_literals=literals)
    before, after = normalise(named), normalise(rewrite(named))
    assert set(after.gate_names) <= {*before.gate_names, ""}
    bits = np.array(every_input(len(netlist.inputs)))
    old, new = wires_of(before, bits), wires_of(after, bits)
    for gate, name in enumerate(after.gate_names):
        if name:
            assert np.array_equal(new[gate], old[before.gate_names.index(name)])


def wires_of(circuit: Circuit, bits: np.ndarray) -> np.ndarray:
    """Every gate on rows of bits, bool (gates, rows)."""
    rows = np.where(bits, np.arange(bits.shape[1]), -1).astype(np.int32)
    return wires_on(circuit, rows).toarray().T[len(circuit.features) :]


def test_outputs_and_unchanged_gates_keep_their_names_and_others_lose_them() -> None:
    pytest.importorskip("aigverse", reason="the extra 'logic' is not installed")
    text = "both = a & b\ntwice = a & b | a & ~b & both\ny = twice & c\nz = both ^ d"
    circuit = ps.read(text, rewrite=True)
    assert set(circuit.gate_names) >= {"both", "y", "z"}
    # "twice" is "both" in other words.
    assert "twice" not in circuit.gate_names
    assert ps.read(text).gates > circuit.gates
