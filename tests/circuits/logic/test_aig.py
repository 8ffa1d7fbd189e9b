"""Circuits go to netlists and back."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from polyseme.circuits import (
    Netlist,
    NetlistKind,
    normalise,
)
from polyseme.circuits.logic.aig import netlist_of, two_input_ands
from support.circuits import same
from support.netlists import computed, every_input, netlists

AND, XOR = NetlistKind.AND, NetlistKind.XOR


@given(netlists())
@settings(max_examples=80, deadline=None)
def test_circuits_go_to_netlists_and_back(netlist: Netlist) -> None:
    circuit = normalise(netlist)
    assert same(normalise(netlist_of(circuit)), circuit)
    ands = two_input_ands(netlist)
    assert (ands.kinds == AND).all()
    assert (np.diff(ands.fan_in.reshape(-1, 2)) <= 0).all()
    for on in every_input(len(netlist.inputs))[::7]:
        assert computed(ands, on) == computed(netlist, on)
