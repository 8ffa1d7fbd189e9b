"""Gates that are merged into wider ones, and those that are not."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.circuits import GateKind, Names, build_circuit, evaluate_dense
from polyseme.compiler.schedule.merging import MAX_INPUTS
from polyseme.compiler.schedule.scheduling import make_schedule
from support.schedules import AND, AND_NOT, IDENTITY, OR, XOR, Literals, plain, scheduled, told


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
