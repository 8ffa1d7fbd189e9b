"""Circuits to schedule, and a slow evaluation of their stages."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from polyseme.circuits import Circuit, GateKind, Names, build_circuit, evaluate_dense
from polyseme.compiler.schedule.scheduling import Carry, make_schedule
from polyseme.compiler.schedule.stages import Schedule, Stage

IDENTITY, AND, OR, AND_NOT, XOR = GateKind


Literals = list[tuple[int, int]]


@st.composite
def circuits(draw: st.DrawFn, max_features: int = 6) -> Circuit:
    """Small circuits of all kinds of gates, deep or not, with unread wires and constants."""
    features = draw(st.integers(1, max_features))
    gates: list[tuple[GateKind, list[int]]] = []
    for _ in range(draw(st.integers(0, 14))):
        kind = draw(st.sampled_from(GateKind))
        wires = features + len(gates)
        # Mostly the last wires, which makes circuits deep.
        lowest = draw(st.sampled_from([0, max(0, wires - 3)]))
        widest = 1 if kind is IDENTITY else draw(st.sampled_from([2, 3, 9]))
        inputs = st.lists(st.integers(lowest, wires - 1), min_size=1, max_size=widest, unique=True)
        gates.append((kind, draw(inputs)))
    wire = st.integers(-1, features + len(gates) - 1)
    return build_circuit(
        Names(prefix="x", count=features), gates, draw(st.lists(wire, min_size=1, max_size=4))
    )


def every_input(features: int) -> NDArray[np.bool_]:
    return np.array(list(itertools.product([False, True], repeat=features)), bool)


def run_of(stage: Stage, column: int) -> Literals:
    begin, end = stage.offsets[column : column + 2].tolist()
    signs = stage.signs[begin:end].tolist()
    return list(zip(stage.literals[begin:end].tolist(), signs, strict=True))


def evaluate_stages(schedule: Schedule, bits: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Columns of every stage, each (samples, columns)."""
    values = []
    for stage in schedule.stages:
        computed = np.zeros((len(bits), len(stage)), bool)
        for column in range(len(stage)):
            inputs = [bits[:, read] == (sign > 0) for read, sign in run_of(stage, column)]
            join = np.logical_or if stage.disjunction[column] else np.logical_and
            computed[:, column] = join.reduce(inputs)
        values.append(computed)
        bits = computed
    return values


def told(schedule: Schedule, bits: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The outputs as the user sees them, (samples, outputs)."""
    last = evaluate_stages(schedule, bits)[-1]
    wires = np.column_stack((last, np.zeros(len(bits), bool)))[:, schedule.output_columns]
    return wires ^ schedule.circuit.inverted


def check_form(schedule: Schedule) -> None:
    """What the dataclasses say of shapes and gates; stages fit onto one another."""
    inputs = len(schedule.circuit.features)
    for stage in schedule.stages:
        assert stage.inputs == inputs
        inputs = len(stage)
        assert stage.offsets[0] == 0
        assert stage.offsets[-1] == len(stage.literals) == len(stage.signs)
        assert [array.dtype for array in (stage.wires, stage.literals)] == [np.int32, np.int32]
        assert [array.dtype for array in (stage.offsets, stage.signs)] == [np.int64, np.int8]
        assert stage.disjunction.dtype == bool
        wires = stage.wires[stage.wires >= 0].tolist()
        assert len(wires) == len(set(wires))
        for column in range(len(stage)):
            read = run_of(stage, column)
            assert len({inner for inner, _ in read}) == len(read) > 0
            assert all(0 <= inner < stage.inputs for inner, _ in read)
            assert any(sign > 0 for _, sign in read)
            assert not stage.disjunction[column] or (len(read) > 1 and all(s > 0 for _, s in read))
    assert schedule.output_columns.dtype == np.int32
    assert ((schedule.output_columns >= -1) & (schedule.output_columns < inputs)).all()


def columns(schedule: Schedule) -> list[list[tuple[int, bool, Literals]]]:
    """Every stage as (wire, an OR, literals) a column."""
    return [
        [
            (int(stage.wires[column]), bool(stage.disjunction[column]), run_of(stage, column))
            for column in range(len(stage))
        ]
        for stage in schedule.stages
    ]


def plain(*read: int) -> Literals:
    return [(column, 1) for column in read]


def scheduled(
    features: int, gates: list[tuple[GateKind, list[int]]], outputs: list[int]
) -> list[list[tuple[int, bool, Literals]]]:
    circuit = build_circuit(Names(prefix="x", count=features), gates, outputs)
    schedule = make_schedule(circuit, Carry.GATES)
    check_form(schedule)
    bits = every_input(features)
    assert np.array_equal(told(schedule, bits), evaluate_dense(circuit, bits))
    return columns(schedule)
