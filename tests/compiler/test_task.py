"""A task checks its values once, says why one hidden layer will not do, and keeps what is made."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest

import polyseme as ps
from polyseme import GateKind, build_circuit, problems
from polyseme.circuits.circuit import Circuit
from polyseme.common.random_streams import Stream
from polyseme.compiler.task import LEAST_ERROR, Task, check_measurable
from polyseme.errors import OptionError

AND, OR, XOR = GateKind.AND, GateKind.OR, GateKind.XOR
PAIRS = problems.pairwise_and(30, 30)
NAMES = [f"x{place}" for place in range(10)]


# --- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            {"circuit": "and2:features=3,gates=3"},
            "circuit is 'and2:features=3,gates=3'; it must be a circuit",
        ),
        ({"circuit": None}, "circuit is None; it must be a circuit"),
        ({"active": 0}, "active is 0; it must be 1 to the 30 features there are"),
        ({"active": -2}, "active is -2;"),
        ({"active": 31}, "active is 31; it must be 1 to the 30 features there are"),
        ({"active": 2.0}, "active is 2.0; it must be a whole number"),
        ({"active": True}, "active is True; it must be a whole number"),
        ({"active": "3"}, "active is '3'; it must be a whole number"),
        ({"active": None}, "active is None; it must be a whole number"),
        ({"error": -1e-3}, "error is -0.001; it must be at least 0 and less than 1"),
        ({"error": 1}, "error is 1; it must be at least 0 and less than 1"),
        ({"error": float("nan")}, "error is nan; it must be finite"),
        ({"error": float("inf")}, "error is inf; it must be finite"),
        ({"error": "0.1"}, "error is '0.1'; it must be a number"),
        ({"error": None}, "error is None; it must be a number"),
        ({"error": False}, "error is False; it must be a number"),
        ({"encoder": "dense"}, "encoder is 'dense'; it must be one of auto, superposed, basis"),
        ({"encoder": None}, "encoder is None; it must be text"),
        ({"seed": -1}, "seed is -1; it must be at least 0"),
        ({"seed": 1.5}, "seed is 1.5; it must be a whole number"),
        ({"seed": None}, "seed is None; it must be a whole number"),
        ({"carry": "skip"}, "carry is 'skip'; it must be one of auto, gates, residual"),
        ({"carry": 7}, "carry is 7; it must be text"),
    ],
    ids=str,
)
def test_a_wrong_value_is_refused_naming_the_argument_and_the_value(
    arguments: dict[str, Any], says: str
) -> None:
    with pytest.raises(OptionError) as refused:
        Task(**{"circuit": PAIRS, **arguments})
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert isinstance(refused.value, ValueError)


@pytest.mark.parametrize("value", ["x" * 10_000, list(range(10_000))])
def test_a_long_value_is_cut_short_in_the_message(value: Any) -> None:
    for argument in ("active", "error", "encoder", "seed", "carry"):
        with pytest.raises(OptionError) as refused:
            Task(PAIRS, **{argument: value})
        assert len(str(refused.value)) < 120


@pytest.mark.parametrize(
    "arguments",
    [
        {"active": 1},
        {"active": 30},
        {"active": np.int64(3)},
        {"error": 0},
        {"error": 0.999},
        {"error": np.float32(0.5)},
        {"seed": 2**63},
        {"encoder": "superposed", "carry": "residual"},
    ],
    ids=str,
)
def test_values_at_the_ends_of_their_ranges_are_taken(arguments: dict[str, Any]) -> None:
    task = Task(PAIRS, **arguments)
    assert all(getattr(task, name) == value for name, value in arguments.items())


def test_a_changed_task_is_checked_again_and_none_can_be_written_to() -> None:
    task = Task(PAIRS)
    with pytest.raises(OptionError, match="active is 99"):
        replace(task, active=99)
    with pytest.raises(FrozenInstanceError):
        task.active = 2  # type: ignore[misc]


def test_an_error_too_small_to_measure_is_refused_where_it_would_be_measured() -> None:
    check_measurable(LEAST_ERROR)
    for error in (0.0, LEAST_ERROR / 2):
        Task(PAIRS, error=error)
        with pytest.raises(OptionError, match=r"error is \S+; it must be at least 1e-6"):
            check_measurable(error)


# --- one hidden layer ----------------------------------------------------------------------------


def circuit_of(gates: list[Any], outputs: list[int], **options: Any) -> Circuit:
    return build_circuit(NAMES, gates, outputs, name="small", **options)


@pytest.mark.parametrize(
    ("circuit", "reason"),
    [
        (circuit_of([(AND, [0, 1]), (AND, [10, 2])], [11]), "gate 1 reads gate 0; one hidden"),
        (circuit_of([(AND, [0, 1])], [10], inverted=[True]), "rests at 1"),
        (circuit_of([(AND, [0, 1])], [10, -1]), "constant"),
        (circuit_of([(AND, [0, 1, 2, 3])], [10]), "4 features on, more than the 3"),
        (circuit_of([(XOR, list(range(7)))], [10]), "an XOR of more than 6 inputs"),
    ],
)
def test_what_takes_more_than_one_hidden_layer_is_said(circuit: Circuit, reason: str) -> None:
    task = Task(circuit)
    assert not task.one_layer
    assert task.obstacle is not None
    assert reason in task.obstacle
    assert "\n" not in task.obstacle


def test_terms_of_a_deeper_circuit_are_an_error_that_says_so() -> None:
    task = Task(circuit_of([(AND, [0, 1]), (AND, [10, 2])], [11]))
    with pytest.raises(ps.PolysemeError, match="gate 1 reads gate 0"):
        _ = task.terms


@pytest.mark.parametrize(
    "circuit",
    [
        PAIRS,
        circuit_of([(AND, [0, 1]), (AND, [2, 3]), (OR, [10, 11, 4])], [12]),
        circuit_of([(AND, [0, 1, 2])], [10]),
        circuit_of([(GateKind.AND_NOT, [0, 1, 2, 3, 4])], [10]),
    ],
)
def test_ors_of_ands_that_the_promise_can_satisfy_take_one_hidden_layer(circuit: Circuit) -> None:
    task = Task(circuit)
    assert task.obstacle is None
    assert task.one_layer
    assert task.terms.outputs == len(circuit.outputs)


def test_a_wider_promise_takes_the_obstacle_away() -> None:
    wide = circuit_of([(AND, [0, 1, 2, 3])], [10])
    assert not Task(wide, active=3).one_layer
    assert Task(wide, active=4).one_layer


# --- inputs --------------------------------------------------------------------------------------


def test_gates_of_three_inputs_are_tried_with_one_missing_too() -> None:
    assert Task(PAIRS).trials == ("satisfied",)
    assert Task(problems.k_and(30, 30, 3)).trials == ("satisfied", "one-short")
    assert Task(problems.layered(30, 2)).trials == ("satisfied",)
    # Negated literals are none that must be on.
    negations = circuit_of([(GateKind.AND_NOT, [0, 1, 2, 3])], [10])
    assert Task(negations).trials == ("satisfied",)


@pytest.mark.parametrize("circuit", [PAIRS, problems.layered(30, 2)], ids=["one layer", "deep"])
def test_inputs_drawn_keep_the_promise_and_follow_from_the_stream(circuit: Circuit) -> None:
    task = Task(circuit, active=4, seed=5)
    rows = task.draw("satisfied", 50, task.stream(Stream.PROBES))
    assert rows.shape == (50, 4)
    assert rows.dtype == np.int32
    assert rows.max() < len(circuit.features)
    again = task.draw("satisfied", 50, Task(circuit, active=4, seed=5).stream(Stream.PROBES))
    assert np.array_equal(rows, again)
    for other in (task.stream(Stream.CALIBRATION), replace(task, seed=6).stream(Stream.PROBES)):
        assert not np.array_equal(rows, task.draw("satisfied", 50, other))


def test_inputs_are_only_of_the_kinds_there_are() -> None:
    for circuit in (PAIRS, problems.layered(30, 2)):
        task = Task(circuit)
        with pytest.raises(ps.PolysemeError, match="no inputs named 'dense'"):
            task.draw("dense", 5, task.stream(Stream.PROBES))


# --- what is kept --------------------------------------------------------------------------------


def test_what_is_made_of_a_task_is_made_once_for_each_way_to_make_it() -> None:
    made: list[int] = []

    def active(task: Task) -> list[int]:
        made.append(task.active)
        return [task.active]

    def seed(task: Task) -> int:
        return task.seed

    task = Task(PAIRS, active=2, seed=9)
    assert task.once(active) is task.once(active)
    assert task.once(seed) == 9
    assert made == [2]
    # Another task keeps its own.
    assert replace(task, active=4).once(active) == [4]
    assert task.once(active) == [2]
    assert made == [2, 4]


def test_what_fails_to_be_made_is_not_kept() -> None:
    task, tries = Task(PAIRS), []

    def flaky(task: Task) -> int:
        tries.append(task)
        if len(tries) == 1:
            raise OptionError("not yet")
        return 7

    with pytest.raises(OptionError, match="not yet"):
        task.once(flaky)
    assert task.once(flaky) == 7
