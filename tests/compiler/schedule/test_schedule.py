"""Stages compute what the circuit does, read only the stage before, and carry no more than needed.

The reference walks columns and literals one at a time."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from polyseme.circuits import Circuit, GateKind, Names, build_circuit, evaluate_dense, read
from polyseme.compiler.schedule.scheduling import make_schedule
from support.places import CIRCUITS
from support.schedules import (
    AND,
    OR,
    XOR,
    check_form,
    circuits,
    evaluate_stages,
    every_input,
    plain,
    scheduled,
    told,
)


def every_wire(circuit: Circuit, bits: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """All wires, (samples, wires): the circuit with all of them as outputs."""
    gates = pairs_of(circuit)
    return evaluate_dense(build_circuit(circuit.features, gates, list(range(circuit.wires))), bits)


def pairs_of(circuit: Circuit) -> list[tuple[GateKind, list[int]]]:
    runs = itertools.pairwise(circuit.fan_in_offsets.tolist())
    return [
        (GateKind(kind), circuit.fan_in[begin:end].tolist())
        for kind, (begin, end) in zip(circuit.kinds.tolist(), runs, strict=True)
    ]


@given(circuits())
@settings(max_examples=300, deadline=None)
def test_stages_compute_every_wire_and_the_outputs(circuit: Circuit) -> None:
    schedule = make_schedule(circuit)
    check_form(schedule)
    bits = every_input(len(circuit.features))
    wires = every_wire(circuit, bits)
    for stage, values in zip(schedule.stages, evaluate_stages(schedule, bits), strict=True):
        is_wire = stage.wires >= 0
        assert np.array_equal(values[:, is_wire], wires[:, stage.wires[is_wire]])
    assert np.array_equal(told(schedule, bits), evaluate_dense(circuit, bits))


@given(circuits())
@settings(max_examples=100, deadline=None)
def test_a_column_is_read_by_the_next_stage_or_put_out(circuit: Circuit) -> None:
    schedule = make_schedule(circuit)
    for stage, following in itertools.pairwise(schedule.stages):
        assert set(following.literals.tolist()) == set(range(len(stage)))
    put_out = schedule.output_columns[schedule.output_columns >= 0]
    assert set(put_out.tolist()) == set(range(len(schedule.stages[-1])))


@given(circuits())
@settings(max_examples=100, deadline=None)
def test_carried_columns_keep_their_order_and_stand_before_new_ones(circuit: Circuit) -> None:
    before = np.arange(len(circuit.features))
    for stage in make_schedule(circuit).stages:
        # Not each AND of one: an identity that is read beside what it repeats is a gate.
        first = stage.literals[stage.offsets[:-1]]
        is_carried = (stage.widths == 1) & (before[first] == stage.wires)
        carried = int(is_carried.sum())
        assert is_carried[:carried].all()
        assert (np.diff(first[:carried]) > 0).all()
        new = stage.wires[carried:].tolist()
        assert new == sorted(new, key=lambda wire: wire if wire >= 0 else circuit.wires)
        before = stage.wires


def test_no_gates_make_one_stage_of_carries() -> None:
    assert scheduled(3, [], [2, 0, 2, -1]) == [[(0, False, plain(0)), (2, False, plain(2))]]
    # A gate that nothing reads is as none.
    assert scheduled(3, [(AND, [0, 1])], [2]) == [[(2, False, plain(2))]]


def test_constants_alone_make_one_stage_of_nothing() -> None:
    assert scheduled(2, [(AND, [0, 1])], [-1, -1]) == [[]]


def test_an_xor_is_two_helpers_and_an_or() -> None:
    halves = [(-1, False, [(0, 1), (1, -1)]), (-1, False, [(1, 1), (0, -1)])]
    assert scheduled(2, [(XOR, [0, 1])], [2]) == [halves, [(2, True, plain(0, 1))]]


def test_a_wire_is_carried_to_its_last_reader_and_no_further() -> None:
    # A chain of ANDs and ORs in turn, which cannot merge; feature 0 is read first and third.
    gates = [(AND, [0, 1]), (OR, [4, 2]), (AND, [5, 0]), (OR, [6, 3])]
    stages = scheduled(4, gates, [7])
    assert [[wire for wire, _, _ in stage] for stage in stages] == [
        [0, 2, 3, 4],
        [0, 3, 5],
        [3, 6],
        [7],
    ]


def test_outputs_are_carried_to_the_last_stage() -> None:
    gates = [(AND, [0, 1]), (OR, [2, 0]), (AND, [3, 1])]
    stages = scheduled(2, gates, [2, 4, 2, 1])
    assert [wire for wire, _, _ in stages[-1]] == [1, 2, 4]


def test_gates_are_placed_late_where_that_is_narrower() -> None:
    # Four ANDs of the same three features, needed behind a chain: late, only features are carried.
    chain = [(AND, [0, 1]), (OR, [6, 2]), (AND, [7, 0]), (OR, [8, 1])]
    ands = [(AND, list(pair)) for pair in itertools.combinations([2, 3, 4, 5], 2)]
    late = [*chain, *ands, (OR, [9, *range(10, 16)])]
    stages = scheduled(6, late, [16])
    assert [10 in [wire for wire, _, _ in stage] for stage in stages] == [0, 0, 0, 1, 0]
    # The other way round: one AND of four features is carried instead of them.
    soon = [*chain, (AND, [2, 3, 4, 5]), (OR, [9, 10])]
    assert all(10 in [wire for wire, _, _ in stage] for stage in scheduled(6, soon, [11])[:-1])


def test_a_deep_circuit_with_wires_carried_all_along() -> None:
    depth, carried = 3000, 50
    kinds = np.tile(np.array([AND, OR], np.uint8), depth // 2)
    read = np.column_stack((np.arange(depth) + carried - 1, np.arange(depth) % carried))
    read[0] = (0, 1)
    circuit = Circuit(
        features=Names(prefix="x", count=carried),
        kinds=kinds,
        fan_in_offsets=np.arange(0, 2 * depth + 1, 2),
        fan_in=read.ravel(),
        outputs=np.array([carried + depth - 1, 7]),
        output_names=Names(prefix="y", count=2),
    )
    schedule = make_schedule(circuit)
    assert len(schedule.stages) == depth
    assert max(map(len, schedule.stages)) == carried + 1
    bits = np.random.default_rng(1).random((20, carried)) < 0.5
    assert np.array_equal(told(schedule, bits), evaluate_dense(circuit, bits))


@pytest.mark.parametrize(
    "name",
    ["epfl/ctrl.aig", "epfl/router.aig", "epfl/adder.aig", "iscas85/c432.bench", "mcnc/o64.pla"],
)
def test_real_circuits(name: str) -> None:
    if not (CIRCUITS / name).exists():
        pytest.skip("the shared circuits are not here")
    circuit = read(CIRCUITS / name)
    schedule = make_schedule(circuit)
    check_form(schedule)
    generator = np.random.default_rng(2)
    bits = generator.random((64, len(circuit.features))) < generator.random((64, 1))
    assert np.array_equal(told(schedule, bits), evaluate_dense(circuit, bits))
