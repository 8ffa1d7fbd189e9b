"""Circuits written gate by gate, for the tests of bounds."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from polyseme.circuits import Circuit, GateKind, build_circuit

AND, OR, XOR = GateKind.AND, GateKind.OR, GateKind.XOR

AND_NOT, IDENTITY = GateKind.AND_NOT, GateKind.IDENTITY

Gate = tuple[GateKind, Sequence[int]]


def over(features: int, gates: Sequence[Gate], outputs: Sequence[int] | None = None) -> Circuit:
    """A circuit of the given gates, each an output unless outputs are named."""
    every = range(features, features + len(gates))
    names = [f"f{number}" for number in range(features)]
    return build_circuit(names, gates, list(every if outputs is None else outputs))


@st.composite
def small_circuits(draw: st.DrawFn) -> Circuit:
    features = draw(st.integers(2, 5))
    gates: list[Gate] = []
    for wire in range(features, features + draw(st.integers(1, 6))):
        pair = st.lists(st.integers(0, wire - 1), min_size=2, max_size=2, unique=True)
        gates.append((draw(st.sampled_from([AND, OR, XOR, AND_NOT])), draw(pair)))
    last = features + len(gates)
    outputs = draw(st.lists(st.integers(0, last - 1), min_size=1, max_size=5))
    return over(features, gates, outputs)
