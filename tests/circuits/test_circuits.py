"""Circuits, their names, and the two evaluators against a gate-by-gate oracle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import (
    Circuit,
    GateKind,
    Names,
    build_circuit,
    evaluate_dense,
    evaluate_sparse,
    wires_on,
)
from polyseme.circuits.names import MAX_NAME_LENGTH
from polyseme.errors import SourceError
from support.circuits import circuits


def gate_value(kind: int, inputs: list[bool]) -> bool:
    if kind == GateKind.IDENTITY:
        return inputs[0]
    if kind == GateKind.AND:
        return all(inputs)
    if kind == GateKind.OR:
        return any(inputs)
    if kind == GateKind.AND_NOT:
        return inputs[0] and not any(inputs[1:])
    return sum(inputs) % 2 == 1


def oracle(circuit: Circuit, on: set[int]) -> list[bool]:
    """What every wire is."""
    values = [feature in on for feature in range(len(circuit.features))]
    for gate in range(circuit.gates):
        begin, end = circuit.fan_in_offsets[gate], circuit.fan_in_offsets[gate + 1]
        inputs = [values[wire] for wire in circuit.fan_in[begin:end]]
        values.append(gate_value(int(circuit.kinds[gate]), inputs))
    return values


def oracle_levels(circuit: Circuit) -> list[int]:
    levels = [0] * len(circuit.features)
    for gate in range(circuit.gates):
        begin, end = circuit.fan_in_offsets[gate], circuit.fan_in_offsets[gate + 1]
        levels.append(1 + max(levels[wire] for wire in circuit.fan_in[begin:end]))
    return levels


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_both_evaluators_agree_with_the_oracle(data: st.DataObject) -> None:
    circuit = data.draw(circuits())
    features = len(circuit.features)
    width = data.draw(st.integers(0, 5))
    # -1 pads anywhere in a row, and a feature may be listed twice.
    row = st.lists(st.integers(-1, features - 1), min_size=width, max_size=width)
    rows = data.draw(st.lists(row, max_size=8))
    active = np.array(rows, np.int32).reshape(len(rows), width)
    bits = np.zeros((len(rows), features), bool)
    for sample, listed in enumerate(rows):
        bits[sample, [feature for feature in listed if feature >= 0]] = True
    wires = np.array([oracle(circuit, set(listed)) for listed in rows], bool)
    wires = wires.reshape(len(rows), circuit.wires)
    # Constant outputs name wire -1, which is off.
    wanted = np.column_stack((wires, np.zeros(len(rows), bool)))[:, circuit.outputs]
    dense = evaluate_dense(circuit, bits)
    sparse = evaluate_sparse(circuit, active)
    assert dense.dtype == sparse.dtype == np.bool_
    assert np.array_equal(dense, wanted ^ circuit.inverted)
    assert np.array_equal(sparse.toarray(), wanted)
    assert sparse.nnz == wanted.sum()
    every = wires_on(circuit, active)
    assert every.dtype == np.bool_
    assert np.array_equal(every.toarray(), wires)
    assert every.nnz == wires.sum()


@given(circuits())
@settings(max_examples=60, deadline=None)
def test_levels_and_depth(circuit: Circuit) -> None:
    levels = oracle_levels(circuit)
    assert circuit.levels.tolist() == levels
    of_outputs = [levels[wire] if wire >= 0 else 0 for wire in circuit.outputs]
    assert circuit.output_levels.tolist() == of_outputs
    assert circuit.depth == max(of_outputs)


@given(circuits())
@settings(max_examples=60, deadline=None)
def test_every_circuit_rests_at_zero(circuit: Circuit) -> None:
    off = np.zeros((1, len(circuit.features)), bool)
    assert np.array_equal(evaluate_dense(circuit, off)[0], circuit.inverted)
    assert not wires_on(circuit, np.array([[-1]])).nnz
    assert not evaluate_sparse(circuit, np.array([[-1]])).nnz


def test_a_deep_circuit() -> None:
    """Far deeper than the rounds in which levels are found for all gates at once."""
    depth, features = 3000, 5
    generator = np.random.default_rng(0)
    below = features + np.arange(depth) - 1
    other = generator.integers(0, np.maximum(below, 1))
    circuit = Circuit(
        features=Names(prefix="x", count=features),
        kinds=generator.choice([GateKind.OR, GateKind.XOR, GateKind.AND_NOT], depth),
        fan_in_offsets=np.arange(depth + 1) * 2,
        fan_in=np.stack((below, other), axis=1).ravel(),
        outputs=np.array([-1, *range(features + depth - 50, features + depth)]),
        output_names=Names(prefix="y", count=51),
        inverted=np.array([True] + [False] * 50),
    )
    assert circuit.levels.tolist() == oracle_levels(circuit)
    active = np.array([[0, 1, 4], [2, 3, -1], [-1, -1, -1], [4, -1, -1]])
    wires = [oracle(circuit, set(row)) for row in active.tolist()]
    assert np.array_equal(wires_on(circuit, active).toarray(), wires)
    dense = evaluate_dense(circuit, np.array(wires)[:, :features])
    assert np.array_equal(dense[:, 1:], np.array(wires)[:, -50:])
    assert dense[:, 0].all()


def test_a_long_chain() -> None:
    gates = [(GateKind.OR, [0, 1])] + [(GateKind.XOR, [0, wire]) for wire in range(2, 40)]
    circuit = build_circuit(["a", "b"], gates, [40])
    assert circuit.depth == 39
    assert evaluate_dense(circuit, np.array([[0, 1], [1, 0]], bool)).tolist() == [[True], [True]]
    assert evaluate_sparse(circuit, np.array([[1, -1], [0, -1]])).toarray().all()


def small() -> dict[str, Any]:
    """Two features, g0 = a AND b, g1 = g0 XOR a; both gates are outputs."""
    return {
        "features": Names(["a", "b"]),
        "kinds": [GateKind.AND, GateKind.XOR],
        "fan_in_offsets": [0, 2, 4],
        "fan_in": [0, 1, 2, 0],
        "outputs": [2, 3],
        "output_names": Names(["p", "q"]),
        "name": "small",
    }


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
    ({"features": Names(prefix="x", count=2**31)}, "small: more than 2^31 wires"),
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


def test_evaluators_refuse_misshapen_input() -> None:
    circuit = Circuit(**small())
    with pytest.raises(ValueError, match=r"bits must be \(samples, 2\), not \(1, 3\)"):
        evaluate_dense(circuit, np.zeros((1, 3), bool))
    with pytest.raises(ValueError, match=r"active features must lie in 0\.\.1"):
        evaluate_sparse(circuit, np.array([[0, 2]]))
    with pytest.raises(ValueError, match=r"active features must lie in 0\.\.1"):
        evaluate_sparse(circuit, np.array([[-2]]))
    for wrong in (np.array([[0.5]]), np.array([[True, False]]), np.zeros((1, 1, 1), int)):
        with pytest.raises(ValueError, match="must be whole numbers"):
            evaluate_sparse(circuit, wrong)


NUMBERED = Names(prefix="x", count=12)


def test_numbered_names_are_the_listed_ones() -> None:
    listed = Names([f"x{number}" for number in range(12)])
    assert list(NUMBERED) == list(listed)
    assert listed == NUMBERED
    assert hash(listed) == hash(NUMBERED)
    assert Names(prefix="x", count=11) != NUMBERED
    assert Names(prefix="y", count=12) != NUMBERED
    assert list(listed) != NUMBERED
    assert (NUMBERED[0], NUMBERED[-1], NUMBERED[2:4]) == ("x0", "x11", ["x2", "x3"])
    with pytest.raises(IndexError):
        NUMBERED[12]


@pytest.mark.parametrize("names", [NUMBERED, Names(list(NUMBERED))])
def test_positions_of_names(names: Names) -> None:
    assert [names.position(name) for name in names] == list(range(12))
    for absent in ("x12", "x05", "x-1", "x", "", "y5", "x٣", "x5 ", "x" + "9" * 5000):
        with pytest.raises(SourceError, match="is not defined"):
            names.position(absent)
    with pytest.raises(SourceError, match="feature 'X3' is not defined; did you mean 'x3'"):
        names.position("X3")


def test_numbered_names_cost_nothing_to_look_up() -> None:
    assert Names(prefix="x", count=10**9).position("x987654321") == 987654321


@pytest.mark.parametrize("name", ["", "a\nb", "\x00", "a" * (MAX_NAME_LENGTH + 1), "\ud800"])
def test_names_unfit_for_messages_are_refused(name: str) -> None:
    with pytest.raises(SourceError, match="must be 1 to 1000 printable characters"):
        Names(["fine", name])
    if name:
        with pytest.raises(SourceError, match="must be 1 to 1000 printable characters"):
            Names(prefix=name, count=1)


def test_names_are_distinct_and_not_fewer_than_none() -> None:
    assert len(Names(["a" * MAX_NAME_LENGTH, "b"])) == 2
    assert len(Names([])) == 0
    with pytest.raises(SourceError, match="name 'b' is used twice"):
        Names(["b", "a", "b"])
    with pytest.raises(SourceError, match="there cannot be -1 names"):
        Names(prefix="x", count=-1)
