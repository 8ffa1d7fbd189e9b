"""Stages compute what the circuit does, read only the stage before, and carry no more than needed.

The reference walks columns and literals one at a time.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from polyseme.circuits import Circuit, GateKind, Names, build_circuit, evaluate_dense, read
from polyseme.compiler.schedule import carrying
from polyseme.compiler.schedule.carrying import build_stages
from polyseme.compiler.schedule.levelling import Levels, evened, soonest_and_latest
from polyseme.compiler.schedule.merging import MAX_INPUTS, drop_unreached, merge_gates, tidy_gates
from polyseme.compiler.schedule.packing import Gates, pack
from polyseme.compiler.schedule.scheduling import Carry, make_schedule, open_gates
from polyseme.compiler.schedule.stages import Schedule, Stage
from polyseme.errors import CapacityError
from support.places import CIRCUITS

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


def test_no_gates_make_one_stage_of_carries() -> None:
    assert scheduled(3, [], [2, 0, 2, -1]) == [[(0, False, plain(0)), (2, False, plain(2))]]
    # A gate that nothing reads is as none.
    assert scheduled(3, [(AND, [0, 1])], [2]) == [[(2, False, plain(2))]]


def test_constants_alone_make_one_stage_of_nothing() -> None:
    assert scheduled(2, [(AND, [0, 1])], [-1, -1]) == [[]]


def test_an_xor_is_two_helpers_and_an_or() -> None:
    halves = [(-1, False, [(0, 1), (1, -1)]), (-1, False, [(1, 1), (0, -1)])]
    assert scheduled(2, [(XOR, [0, 1])], [2]) == [halves, [(2, True, plain(0, 1))]]


@pytest.mark.parametrize(("inputs", "stages"), [(1, 1), (2, 2), (3, 4), (4, 4), (5, 6), (9, 8)])
def test_a_wide_xor_is_a_balanced_tree(inputs: int, stages: int) -> None:
    assert len(scheduled(inputs, [(XOR, list(range(inputs)))], [inputs])) == stages


@pytest.mark.parametrize(
    ("gates", "merged"),
    [
        ([(AND, [0, 1]), (AND, [4, 2])], (5, False, [(2, 1), (0, 1), (1, 1)])),
        ([(AND, [0, 1]), (AND_NOT, [4, 2])], (5, False, [(2, -1), (0, 1), (1, 1)])),
        ([(AND_NOT, [0, 1]), (AND, [4, 2])], (5, False, [(2, 1), (0, 1), (1, -1)])),
        ([(AND_NOT, [0, 1]), (AND_NOT, [4, 2])], (5, False, [(2, -1), (0, 1), (1, -1)])),
        ([(OR, [0, 1]), (OR, [4, 2])], (5, True, [(2, 1), (0, 1), (1, 1)])),
        ([(OR, [0, 1]), (AND_NOT, [2, 4])], (5, False, [(2, 1), (0, -1), (1, -1)])),
        # A literal that both read is read once.
        ([(AND, [0, 1]), (AND, [4, 1])], (5, False, [(1, 1), (0, 1)])),
        ([(OR, [0, 1]), (OR, [4, 1])], (5, True, [(1, 1), (0, 1)])),
        ([(AND_NOT, [0, 1]), (AND_NOT, [4, 1])], (5, False, [(1, -1), (0, 1)])),
        # Identities vanish, and what they repeat.
        ([(IDENTITY, [0]), (AND, [4, 1])], (5, False, plain(0, 1))),
        ([(AND, [0]), (OR, [4, 1])], (5, True, plain(0, 1))),
        ([(OR, [0]), (AND_NOT, [1, 4])], (5, False, [(1, 1), (0, -1)])),
        ([(IDENTITY, [0]), (OR, [4, 0])], (0, False, plain(0))),
    ],
)
def test_what_merges(
    gates: list[tuple[GateKind, list[int]]], merged: tuple[int, bool, Literals]
) -> None:
    assert scheduled(4, gates, [5]) == [[merged]]


@pytest.mark.parametrize(
    "gates",
    [
        [(OR, [0, 1]), (AND, [4, 2])],
        [(AND, [0, 1]), (OR, [4, 2])],
        [(AND, [0, 1]), (AND_NOT, [2, 4])],
        [(AND_NOT, [0, 1]), (AND_NOT, [2, 4])],
        [(OR, [0, 1]), (AND_NOT, [4, 2])],
        # These would be constants.
        [(AND_NOT, [0, 1]), (AND, [4, 1])],
        [(AND, [0, 1]), (AND_NOT, [4, 1])],
        [(OR, [0, 1]), (AND_NOT, [0, 4])],
        [(IDENTITY, [0]), (AND_NOT, [0, 4])],
        [(IDENTITY, [0]), (XOR, [0, 4])],
    ],
)
def test_what_does_not_merge(gates: list[tuple[GateKind, list[int]]]) -> None:
    stages = scheduled(4, gates, [5])
    assert len(stages) == 2 + (gates[1][0] is XOR)
    assert 4 in [wire for wire, _, _ in stages[0]]


def test_a_gate_that_two_read_or_that_is_put_out_is_not_absorbed() -> None:
    shared = [(AND, [0, 1]), (AND, [4, 2]), (AND, [4, 3])]
    assert len(scheduled(4, shared, [5, 6])) == 2
    assert len(scheduled(4, shared[:2], [5, 4])) == 2
    # A reader that no output needs is none; an identity is absorbed by all that read it.
    assert len(scheduled(4, shared, [5])) == 1
    assert len(scheduled(4, [(IDENTITY, [0]), *shared[1:]], [5, 6])) == 1
    assert scheduled(2, [(AND, [0, 1]), (IDENTITY, [2])], [3]) == [[(2, False, plain(0, 1))]]


def test_who_reads_twice_counts_once_after_merging() -> None:
    # The last gate reads the first through both others; it absorbs all three.
    gates = [(AND, [0, 1]), (AND, [4, 2]), (AND, [5, 4, 3])]
    assert scheduled(4, gates, [6]) == [[(6, False, plain(3, 2, 0, 1))]]


@pytest.mark.parametrize(("inputs", "stages"), [(MAX_INPUTS, 1), (MAX_INPUTS + 1, 2)])
@pytest.mark.parametrize("kind", [AND, OR])
def test_merged_gates_have_at_most_so_many_inputs(kind: GateKind, inputs: int, stages: int) -> None:
    gates = [(kind, list(range(inputs - 1))), (kind, [inputs, inputs - 1])]
    assert len(scheduled(inputs, gates, [inputs + 1])) == stages


def test_wider_gates_stay_as_they_are() -> None:
    bits = np.random.default_rng(0).random((200, 51)) < 0.97
    circuit = build_circuit(
        Names(prefix="x", count=51), [(AND, list(range(50))), (AND, [51, 50])], [52]
    )
    schedule = make_schedule(circuit)
    assert [stage.widths.tolist() for stage in schedule.stages] == [[1, 50], [2]]
    assert np.array_equal(told(schedule, bits), evaluate_dense(circuit, bits))


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
