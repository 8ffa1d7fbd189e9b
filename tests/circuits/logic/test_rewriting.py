"""Rewriting keeps the function and makes netlists smaller."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings

from polyseme.circuits import (
    Netlist,
    evaluate_dense,
    normalise,
    rewrite,
)
from polyseme.circuits.logic.aig import netlist_of, two_input_ands
from polyseme.errors import MissingExtraError
from support.netlists import computed, every_input, large_circuit, make_netlist, netlists


@given(netlists(max_inputs=6))
@settings(max_examples=40, deadline=None)
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
