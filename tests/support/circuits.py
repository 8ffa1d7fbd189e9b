"""Small circuits of all kinds drawn at random, a gate-by-gate oracle, and an equality."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from polyseme.circuits import Circuit, GateKind, Names, build_circuit


@st.composite
def circuits(draw: st.DrawFn) -> Circuit:
    features = draw(st.integers(1, 6))
    gates: list[tuple[GateKind, list[int]]] = []
    for _ in range(draw(st.integers(0, 10))):
        kind = draw(st.sampled_from(GateKind))
        widest = 1 if kind is GateKind.IDENTITY else 5
        wires = st.integers(0, features + len(gates) - 1)
        gates.append((kind, draw(st.lists(wires, min_size=1, max_size=widest, unique=True))))
    outputs = draw(st.lists(st.integers(-1, features + len(gates) - 1), min_size=1, max_size=6))
    inverted = draw(st.lists(st.booleans(), min_size=len(outputs), max_size=len(outputs)))
    names = [f"in{i}" for i in range(features)]
    return build_circuit(names, gates, outputs, inverted=inverted)


def same(one: Circuit, other: Circuit) -> bool:
    arrays = ("kinds", "fan_in_offsets", "fan_in", "outputs", "inverted")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays) and (
        (one.features, one.output_names, one.name)
        == (other.features, other.output_names, other.name)
    )


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
