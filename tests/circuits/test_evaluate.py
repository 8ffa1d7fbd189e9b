"""The evaluators against a gate-by-gate oracle."""

from __future__ import annotations

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
from polyseme.circuits import follow as circuit_follow
from polyseme.circuits.evaluate import are_on
from polyseme.common import bits
from support.circuits import circuits, oracle, oracle_levels, small


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
    assert dense.dtype == np.bool_
    assert np.array_equal(dense, wanted ^ circuit.inverted)
    asked = np.arange(len(rows)) % circuit.wires
    # All wires are simulated as soon as one is on, or only those that are on are followed.
    for few in (0.0, np.inf):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(circuit_follow, "_FEW", few)
            sparse, every = evaluate_sparse(circuit, active), wires_on(circuit, active)
            alone = are_on(circuit, active, asked)
        assert sparse.dtype == every.dtype == alone.dtype == np.bool_
        assert np.array_equal(sparse.toarray(), wanted)
        assert sparse.nnz == wanted.sum()
        assert np.array_equal(every.toarray(), wires)
        assert every.nnz == wires.sum()
        assert alone.tolist() == [bool(row[wire]) for row, wire in zip(wires, asked, strict=True)]


@given(circuits())
@settings(max_examples=60, deadline=None)
def test_every_circuit_rests_at_zero(circuit: Circuit) -> None:
    off = np.zeros((1, len(circuit.features)), bool)
    assert np.array_equal(evaluate_dense(circuit, off)[0], circuit.inverted)
    assert not wires_on(circuit, np.array([[-1]])).nnz
    assert not evaluate_sparse(circuit, np.array([[-1]])).nnz


def test_many_samples_are_simulated_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    gates = [(GateKind.XOR, [0, 1]), (GateKind.OR, [1, 2]), (GateKind.AND_NOT, [4, 3])]
    circuit = build_circuit("abc", gates, [5, 3, -1])
    active = np.where(np.random.default_rng(0).random((200, 3)) < 0.5, np.arange(3), -1)
    whole = evaluate_sparse(circuit, active)
    wanted = [[oracle(circuit, set(row))[wire] for wire in (5, 3)] for row in active.tolist()]
    assert np.array_equal(whole.toarray()[:, :2], wanted)
    monkeypatch.setattr(bits, "_MOST_PER_THING", 1)
    assert np.array_equal(evaluate_sparse(circuit, active).toarray(), whole.toarray())
    wires = np.arange(200) % circuit.wires
    every = wires_on(circuit, active).toarray()
    assert np.array_equal(are_on(circuit, active, wires), every[np.arange(200), wires])


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
