"""Circuits that one hidden layer computes, drawn by hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from polyseme.circuits import Circuit, GateKind, build_circuit

KINDS = (GateKind.AND, GateKind.OR, GateKind.AND_NOT, GateKind.XOR)


@st.composite
def shallow_circuits(draw: st.DrawFn) -> Circuit:
    """A circuit of gates over features, ORs of those, features, and constants; some inverted."""
    features = draw(st.integers(1, 6))
    gates, outputs = [], [draw(st.integers(0, features - 1))]
    for _ in range(draw(st.integers(0, 4))):
        width = draw(st.integers(1, min(4, features)))
        kind = draw(st.sampled_from(KINDS)) if width > 1 else GateKind.IDENTITY
        gates.append((kind, draw(st.permutations(range(features)))[:width]))
    if len(gates) > 1:
        gates.append((GateKind.OR, [features, features + 1]))
    outputs += [features + gate for gate in range(len(gates))] + [-1]
    inverted = [draw(st.booleans()) for _ in outputs]
    return build_circuit([f"f{i}" for i in range(features)], gates, outputs, inverted=inverted)
