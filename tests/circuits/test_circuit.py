"""Circuits: their levels, and each rule that refuses a broken one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from polyseme.circuits import (
    Circuit,
    GateKind,
    Names,
    build_circuit,
)
from polyseme.errors import SourceError
from support.circuits import circuits, oracle_levels, small


@given(circuits())
@settings(max_examples=60, deadline=None)
def test_levels_and_depth(circuit: Circuit) -> None:
    levels = oracle_levels(circuit)
    assert circuit.levels.tolist() == levels
    of_outputs = [levels[wire] if wire >= 0 else 0 for wire in circuit.outputs]
    assert circuit.output_levels.tolist() == of_outputs
    assert circuit.depth == max(of_outputs)


def test_the_circuit_the_broken_ones_start_from_is_sound() -> None:
    circuit = Circuit(**small())
    assert (circuit.gates, circuit.wires, circuit.depth) == (2, 4, 2)
    assert circuit.wire_name(1) == "'b'"
    assert circuit.wire_name(3) == "gate 1"
    assert circuit.fan_in.dtype == np.int32


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"features": Names([])}, "small: a circuit needs at least one feature"),
    ({"fan_in_offsets": [0, 2]}, "small: fan-in offsets do not cover the 2 gates"),
    ({"fan_in_offsets": [1, 2, 4]}, "small: fan-in offsets do not cover the 2 gates"),
    ({"fan_in_offsets": [0, 2, 3]}, "small: fan-in offsets do not cover the 2 gates"),
    ({"fan_in_offsets": []}, "small: fan-in offsets do not cover the 2 gates"),
    ({"fan_in_offsets": [0, 4, 4]}, "small: gate 1 reads nothing"),
    ({"fan_in_offsets": [0, 5, 4]}, "small: gate 1 reads nothing"),
    ({"features": Names(prefix="x", count=2**31 - 1)}, "small: more than 2^31 wires"),
    ({"output_names": Names(["p"])}, "small: 2 outputs but 1 names"),
    ({"kinds": [1, 5]}, "small: gate 1 is of no known kind"),
    ({"kinds": [1, 0]}, "small: gate 1 is an identity of many"),
    ({"fan_in": [0, -1, 2, 0]}, "small: a gate reads a negative wire"),
    ({"fan_in": [0, 1, 3, 0]}, "small: gate 1 reads a wire that is not defined before it"),
    ({"fan_in": [0, 3, 2, 0]}, "small: gate 0 reads a wire that is not defined before it"),
    ({"fan_in": [0, 1, 2, 2]}, "small: gate 1 reads the same wire twice"),
    ({"outputs": [], "output_names": Names([])}, "small: a circuit needs at least one output"),
    ({"outputs": [2, 4]}, "small: output 'q' names wire 4, which is not defined"),
    ({"outputs": [-2, 2]}, "small: output 'p' names wire -2, which is not defined"),
    ({"inverted": np.array([True])}, "small: inverted must be 2 Booleans"),
    ({"inverted": np.array([0, 1])}, "small: inverted must be 2 Booleans"),
    ({"kinds": np.array([257, 4])}, "small: kinds must be a row of whole numbers 0..255"),
    ({"kinds": [1.0, 4.0]}, "small: kinds must be a row of whole numbers 0..255"),
    ({"fan_in": np.array([0, 1, 2, 2**32])}, "small: fan_in must be a row of whole numbers"),
    ({"outputs": np.array([2, 2**32])}, "small: outputs must be a row of whole numbers"),
    ({"outputs": np.array([[2, 3]])}, "small: outputs must be a row of whole numbers"),
    ({"name": "two\nlines"}, "circuit name 'two\\nlines' must be 1 to 1000 printable characters"),
    ({"name": ""}, "circuit name '' must be 1 to 1000 printable characters"),
]


@pytest.mark.parametrize(("change", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_each_rule_refuses_what_breaks_it(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceError) as caught:
        Circuit(**(small() | change))
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("wire", [2**32, 2**70])
def test_build_circuit_refuses_a_wire_no_array_holds(wire: int) -> None:
    with pytest.raises(SourceError, match="fan_in must be a row of whole numbers"):
        build_circuit(["a"], [(GateKind.OR, [0, wire])], [0])


def test_build_circuit_names_outputs() -> None:
    assert list(build_circuit(["a", "b"], [], [1, 0]).output_names) == ["y0", "y1"]
    assert list(build_circuit(["a", "b"], [], [1], ["out"]).output_names) == ["out"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("p",), "1 names of gates for 2 gates"),
        (("p", "p"), "gate 1: name 'p' is also that of another gate"),
        (("p", "a"), "gate 1: name 'a' is also that of a feature"),
        (("p", "q\n"), "gate 1: name 'q\\n' must be 1 to 1000 printable characters"),
    ],
)
def test_names_of_gates_that_break_a_rule(names: tuple[str, ...], message: str) -> None:
    gates = [(GateKind.AND, [0, 1]), (GateKind.OR, [0, 2])]
    with pytest.raises(SourceError) as caught:
        build_circuit("ab", gates, [3], gate_names=names)
    assert message in str(caught.value)


def test_names_of_gates_are_told_beside_their_numbers() -> None:
    gates = [(GateKind.AND, [0, 1]), (GateKind.OR, [0, 2])]
    circuit = build_circuit("ab", gates, [3], gate_names=["", "either"])
    assert [circuit.wire_name(wire) for wire in range(4)] == [
        "'a'", "'b'", "gate 0", "gate 1 'either'"
    ]  # fmt: skip
    assert build_circuit("ab", gates, [3], gate_names=["", ""]).gate_names == ()
