"""Placing gates in stages: the narrowest, evened out, in a residual stream where that pays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import Circuit, Names, build_circuit, evaluate_dense
from polyseme.compiler.schedule import carrying
from polyseme.compiler.schedule.carrying import build_stages
from polyseme.compiler.schedule.levelling import Levels, evened, soonest_and_latest
from polyseme.compiler.schedule.merging import drop_unreached, merge_gates, tidy_gates
from polyseme.compiler.schedule.packing import Gates, pack
from polyseme.compiler.schedule.scheduling import Carry, make_schedule, open_gates
from polyseme.compiler.schedule.stages import Schedule
from polyseme.errors import CapacityError
from support.schedules import AND, OR, check_form, circuits, every_input, scheduled, told

# What is done to the gates before they are placed: of these, the narrowest is taken.
CHANGES = {
    "as given": (drop_unreached,),
    "tidy": (tidy_gates,),
    "merged": (tidy_gates, merge_gates),
}


def changed(circuit: Circuit, change: str) -> Gates:
    logic = open_gates(circuit)
    for step in CHANGES[change]:
        step(logic)
    return pack(logic)


WAYS = {"soonest": 0, "latest": 1}


def placed(gates: Gates, way: str) -> Levels:
    either = soonest_and_latest(gates)
    return evened(gates, *either) if way == "evened" else either[WAYS[way]]


@given(circuits(), st.sampled_from(sorted(CHANGES)), st.sampled_from([*WAYS, "evened"]))
@settings(max_examples=400, deadline=None)
def test_however_changed_and_placed_the_stages_compute_the_outputs(
    circuit: Circuit, change: str, way: str
) -> None:
    gates = changed(circuit, change)
    levels = placed(gates, way)
    schedule = Schedule(circuit, *build_stages(gates, levels, circuit.name))
    check_form(schedule)
    bits = every_input(len(circuit.features))
    assert np.array_equal(told(schedule, bits), evaluate_dense(circuit, bits))
    assert levels.widths.tolist() == [len(stage) for stage in schedule.stages]
    computed = [len(stage) - int(stage.carries.sum()) for stage in schedule.stages]
    assert levels.computed.tolist() == computed


@given(circuits())
@settings(max_examples=100, deadline=None)
def test_the_narrowest_is_taken_and_of_such_the_shallowest_and_of_such_the_smallest(
    circuit: Circuit,
) -> None:
    sizes = []
    for change in CHANGES:
        for levels in soonest_and_latest(changed(circuit, change)):
            widths = levels.widths
            sizes.append((int(widths.max()), len(widths), int(widths.sum())))
    widths = [len(stage) for stage in make_schedule(circuit, Carry.GATES).stages]
    assert (max(widths), len(widths), sum(widths)) == min(sizes)


@given(circuits())
@settings(max_examples=100, deadline=None)
def test_a_residual_stream_is_taken_where_it_makes_the_widest_layer_narrower(
    circuit: Circuit,
) -> None:
    by_gates, auto = make_schedule(circuit, Carry.GATES), make_schedule(circuit)
    by_stream = make_schedule(circuit, Carry.RESIDUAL)
    assert (by_gates.residual, by_stream.residual) == (False, True)
    assert by_gates.monosemantic_neurons.tolist() == [len(stage) for stage in by_gates.stages]
    assert by_stream.monosemantic_neurons.max() <= by_gates.monosemantic_neurons.max()
    assert auto.residual == (
        by_stream.monosemantic_neurons.max() < by_gates.monosemantic_neurons.max()
    )
    assert auto.monosemantic_neurons.max() == by_stream.monosemantic_neurons.max()
    # Evening, which only a stream asks for, may also happen to leave fewer wires alive at once.
    few = make_schedule(circuit, Carry.RESIDUAL, few_columns=True)
    assert max(map(len, few.stages)) <= max(map(len, by_gates.stages))


@given(circuits(), st.sampled_from(sorted(CHANGES)))
@settings(max_examples=100, deadline=None)
def test_evening_never_makes_the_widest_level_wider_or_the_circuit_deeper(
    circuit: Circuit, change: str
) -> None:
    gates = changed(circuit, change)
    soonest, latest = soonest_and_latest(gates)
    even = evened(gates, soonest, latest)
    assert len(even.computed) == len(soonest.computed)
    assert even.computed.max() <= min(soonest.computed.max(), latest.computed.max())
    assert even.computed.sum() == soonest.computed.sum()


def test_gates_are_evened_out_over_the_levels() -> None:
    # Eight ORs that could all be done at once, and a chain of eight gates beside them.
    chain = [
        (AND if number % 2 else OR, [16 + number - 1 if number else 0, 1 + number % 2])
        for number in range(8)
    ]
    ors = [(OR, [2 * number, 2 * number + 1]) for number in range(8)]
    outputs = [16 + 7, *range(24, 32)]
    circuit = build_circuit(Names(prefix="x", count=16), [*chain, *ors], outputs)
    gates = changed(circuit, "as given")
    soonest, latest = soonest_and_latest(gates)
    assert (soonest.computed.max(), latest.computed.max()) == (9, 9)
    assert evened(gates, soonest, latest).computed.tolist() == [2] * 8


def test_gates_are_not_merged_where_stages_would_be_wider() -> None:
    # Merged, the last gate would read features 3 and 4, which would be carried in place of gate 7.
    gates = [(AND, [0, 1]), (OR, [5, 2]), (AND, [3, 4]), (AND, [6, 7])]
    stages = scheduled(5, gates, [8])
    assert [[wire for wire, _, _ in stage] for stage in stages] == [[2, 5, 7], [7, 6], [8]]
    # Feature 3 has to be carried in any case.
    gates = [(AND, [0, 1]), (OR, [5, 2]), (AND, [3, 6]), (AND, [4, 7])]
    stages = scheduled(5, gates, [8])
    assert [[wire for wire, _, _ in stage] for stage in stages] == [[2, 3, 4, 5], [3, 4, 6], [8]]


def test_too_many_literals_are_refused_and_one_fewer_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gates = [(AND, [0, 1]), (OR, [2, 0]), (AND, [3, 1])]
    circuit = build_circuit(Names(prefix="x", count=2), gates, [2, 4])
    literals = sum(len(stage.literals) for stage in make_schedule(circuit, Carry.GATES).stages)
    monkeypatch.setattr(carrying, "MAX_LITERALS", literals)
    make_schedule(circuit, Carry.GATES)
    monkeypatch.setattr(carrying, "MAX_LITERALS", literals - 1)
    with pytest.raises(CapacityError) as caught:
        make_schedule(circuit, Carry.GATES)
    message = f"read {literals} inputs in all; the most is {literals - 1}"
    assert str(caught.value).startswith("circuit: its 3 layers of up to 3 gates")
    assert str(caught.value).endswith(message)
