"""Small circuits of all kinds, drawn at random, and when two are the same."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from polyseme.circuits import Circuit, GateKind, build_circuit


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
