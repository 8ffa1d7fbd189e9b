"""What is counted as on at each stage, against counting column by column and sample by sample."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from polyseme.circuits import Circuit, GateKind, Names, build_circuit, evaluate_dense
from polyseme.compiler.schedule import activity
from polyseme.compiler.schedule.activity import measure_activity
from polyseme.compiler.schedule.scheduling import make_schedule

IDENTITY, AND, OR, AND_NOT, XOR = GateKind


@st.composite
def circuits(draw: st.DrawFn) -> tuple[list[tuple[GateKind, list[int]]], Circuit]:
    features = draw(st.integers(1, 6))
    gates: list[tuple[GateKind, list[int]]] = []
    for _ in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from(GateKind))
        wire = st.integers(0, features + len(gates) - 1)
        widest = 1 if kind is IDENTITY else 4
        gates.append((kind, draw(st.lists(wire, min_size=1, max_size=widest, unique=True))))
    wire = st.integers(-1, features + len(gates) - 1)
    outputs = draw(st.lists(wire, min_size=1, max_size=4))
    return gates, build_circuit(Names(prefix="x", count=features), gates, outputs)


def bits_of(rows: NDArray[np.int32], features: int) -> NDArray[np.bool_]:
    bits = np.zeros((len(rows), features), bool)
    for row, active in enumerate(rows.tolist()):
        bits[row, [feature for feature in active if feature >= 0]] = True
    return bits


@given(circuits(), st.integers(1, 30), st.integers(0, 4), st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_what_is_on_at_every_stage(
    made: tuple[list[tuple[GateKind, list[int]]], Circuit], samples: int, active: int, seed: int
) -> None:
    gates, circuit = made
    features = len(circuit.features)
    rows = np.random.default_rng(seed).integers(-1, features, (samples, active), np.int32)
    every = build_circuit(circuit.features, gates, list(range(circuit.wires)))
    wires = evaluate_dense(every, bits_of(rows, features))
    schedule = make_schedule(circuit)
    measured = measure_activity(schedule, rows)
    assert measured.samples == samples
    for number, stage in enumerate(schedule.stages):
        on = wires[:, stage.wires[stage.wires >= 0]].sum(axis=1)
        assert measured.columns[number] == len(stage)
        assert measured.mean[number] == pytest.approx(on.mean())
        assert measured.share[number] == pytest.approx(on.mean() / max(len(stage), 1))
        assert measured.high[number] == np.quantile(on, 0.999, method="inverted_cdf")
        assert measured.most[number] == on.max()
    share = wires[:, features:].mean() if gates else 0.0
    assert measured.gates == pytest.approx(share)


def carrying_one() -> Circuit:
    """Features 0 and 1 are carried along a chain of three gates."""
    gates = [(AND, [0, 1]), (OR, [2, 0]), (AND, [3, 1])]
    return build_circuit(Names(prefix="x", count=2), gates, [2, 4])


def test_a_carried_wire_counts_in_every_stage() -> None:
    measured = measure_activity(make_schedule(carrying_one()), np.array([[1, -1]], np.int32))
    assert measured.columns.tolist() == [3, 3, 2]
    assert measured.most.tolist() == [1, 1, 0]
    assert measured.gates == 0


def test_one_sample_in_a_thousand_may_exceed_the_high_number() -> None:
    schedule = make_schedule(carrying_one())
    rows = np.full((2000, 2), -1, np.int32)
    rows[:2] = (0, 1)
    assert measure_activity(schedule, rows).high.tolist() == [0, 0, 0]
    rows[2] = (0, 1)
    assert measure_activity(schedule, rows).high.tolist() == [3, 3, 2]
    assert measure_activity(schedule, rows).mean.tolist() == [9 / 2000, 9 / 2000, 6 / 2000]


def test_batches_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = make_schedule(carrying_one())
    rows = np.random.default_rng(0).integers(-1, 2, (100, 2), np.int32)
    whole = measure_activity(schedule, rows)
    monkeypatch.setattr(activity, "_SAMPLES", 7)
    parts = measure_activity(schedule, rows)
    for name in ("mean", "high", "most"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name))
    assert whole.gates == parts.gates


def test_halves_of_an_xor_are_columns_that_count_as_off() -> None:
    schedule = make_schedule(build_circuit(["a", "b"], [(XOR, [0, 1])], [2]))
    measured = measure_activity(schedule, np.array([[0]], np.int32))
    assert measured.columns.tolist() == [2, 1]
    assert measured.mean.tolist() == [0, 1]


def test_a_stage_of_nothing() -> None:
    schedule = make_schedule(build_circuit(["a"], [], [-1]))
    measured = measure_activity(schedule, np.array([[0]], np.int32))
    assert [measured.mean.tolist(), measured.share.tolist(), measured.most.tolist()] == [[0]] * 3


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        (np.empty((0, 2), np.int32), "at least one sample"),
        (np.array([[2]], np.int32), "must lie in 0..1"),
    ],
)
def test_rows_that_are_refused(rows: NDArray[np.int32], rule: str) -> None:
    schedule = make_schedule(carrying_one())
    with pytest.raises(ValueError, match=rule):
        measure_activity(schedule, rows)
    measure_activity(schedule, np.array([[1]], np.int32))
