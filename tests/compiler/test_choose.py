"""The candidates for a task, their order, and what remains where none is smaller."""

from __future__ import annotations

import pytest

from polyseme import GateKind, build_circuit, problems
from polyseme.circuits.circuit import Circuit
from polyseme.circuits.names import Names
from polyseme.compiler import choose as choosing
from polyseme.compiler.choose import AUTO, CONSTRUCTIONS, choose
from polyseme.compiler.constructions.catalogue import (
    CATALOGUE,
    MONOSEMANTIC,
    SUPERPOSED_LAYERS,
    THREE_CHANNEL,
    TIGHT_FRAMES,
)
from polyseme.compiler.constructions.staged.plan import StagedPlan
from polyseme.compiler.task import Task
from polyseme.errors import CapacityError, OptionError
from support.fact_tables import cities

EVEN = problems.pairwise_and(400, 400)
# Three features are read far more often than the others, which frames pay for.
UNEVEN = problems.pairwise_and(400, 500, "zipf")
UNIFORM = problems.pairwise_and(400, 400, "uniform")
DEEP = problems.layered(40, 3)


TABLE = cities(300, (4, 200))


def negated(features: int) -> Circuit:
    gates = [(GateKind.AND_NOT, [place, place + 1]) for place in range(features - 1)]
    outputs = list(range(features, 2 * features - 1))
    return build_circuit(Names(prefix="x", count=features), gates, outputs)


def names_of(task: Task, name: str = AUTO) -> list[str]:
    return [one.construction.name for one in choose(task, name).candidates]


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[Task]:
    """Tasks that three channels were planned for."""
    tasks: list[Task] = []
    plan = type(THREE_CHANNEL).plan

    def counted(own, task):
        tasks.append(task)
        return plan(own, task)

    monkeypatch.setattr(type(THREE_CHANNEL), "plan", counted)
    return tasks


def test_the_names_are_auto_and_those_of_the_catalogue() -> None:
    assert CONSTRUCTIONS[0] == "auto"
    assert sorted(CONSTRUCTIONS[1:]) == sorted(CATALOGUE)


@pytest.mark.parametrize(
    ("task", "names"),
    [
        (Task(EVEN), ["tight-frames", "three-channel"]),
        (Task(problems.permutation(300)), ["tight-frames", "three-channel"]),
        (Task(EVEN, encoder="superposed"), ["tight-frames", "three-channel"]),
        (Task(EVEN, encoder="basis"), ["reed-solomon", "three-channel"]),
        # Many more gates than features: inputs are basis-aligned, and all features heavy.
        (Task(problems.universal_and(60)), ["three-channel"]),
        (Task(negated(300)), ["three-channel"]),
        (Task(negated(300), encoder="basis"), ["three-channel"]),
        # Frames take 64 features at least.
        (Task(problems.pairwise_and(60, 60)), ["three-channel"]),
        # They declare more than a neuron per gate.
        (Task(problems.pairwise_and(100, 100)), ["three-channel"]),
        # Hidden layers must compute: no feature is heavy; some are; facts, one at a time; or two.
        (Task(EVEN, epsilon=0.25), ["least-noise", "three-channel"]),
        (Task(UNIFORM, epsilon=0.25), ["least-noise", "three-channel"]),
        (Task(UNEVEN, epsilon=0.25), ["pooled", "least-noise", "three-channel"]),
        (Task(TABLE, 2, epsilon=0.25), ["pooled", "three-channel"]),
        (Task(TABLE, 3, epsilon=0.25), ["three-channel"]),
        (Task(TABLE, 2, encoder="basis", epsilon=0.25), ["three-channel"]),
        (Task(DEEP), ["deep"]),
        (Task(DEEP, carry="residual"), ["deep"]),
    ],
    ids=[
        "even", "permutation", "superposed", "basis", "universal", "negated", "negated, basis",
        "few features", "small", "computed, even", "computed, uniform", "computed, zipf",
        "computed facts", "computed facts, two at once", "computed facts, basis",
        "deep", "deep, carried",
    ],
)  # fmt: skip
def test_candidates_in_order(task: Task, names: list[str]) -> None:
    assert names_of(task) == names


def test_where_features_are_read_evenly_three_channels_are_not_planned(
    planned: list[Task],
) -> None:
    candidates = choose(Task(EVEN), AUTO).candidates
    assert next(candidates).construction is TIGHT_FRAMES
    assert planned == []
    # Only their turn plans them, and once.
    assert next(candidates).construction is THREE_CHANNEL
    assert len(planned) == 1


def test_where_they_are_not_three_channels_are_asked_what_they_declare(
    planned: list[Task],
) -> None:
    task = Task(UNEVEN)
    frames, channels = (one.candidate(task).declared for one in (TIGHT_FRAMES, THREE_CHANNEL))
    planned.clear()
    found = names_of(task)
    assert found == ["tight-frames"] * (frames.neurons < channels.neurons) + ["three-channel"]
    assert len(planned) == 1


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_of_two_the_one_that_declares_fewer_is_tried_first(
    more: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = Task(UNEVEN)
    channels = THREE_CHANNEL.candidate(task).declared.neurons
    monkeypatch.setattr(type(TIGHT_FRAMES), "neurons", lambda own, plan, error: channels + more)
    assert names_of(task) == ["tight-frames"] * (more < 0) + ["three-channel"]


def test_one_that_no_number_of_neurons_is_enough_for_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def endless(own, plan, error):
        raise CapacityError("more neurons than there can be")

    monkeypatch.setattr(type(TIGHT_FRAMES), "neurons", endless)
    assert names_of(Task(EVEN)) == ["three-channel"]


@pytest.mark.parametrize("name", ["auto", "three-channel"])
@pytest.mark.parametrize("encoder", ["auto", "basis", "superposed"])
def test_what_is_chosen_for_falls_back_to_a_neuron_per_gate(name: str, encoder: str) -> None:
    choice = choose(Task(EVEN, encoder=encoder), name)
    assert choice.fallback is not None
    assert choice.fallback.construction is MONOSEMANTIC
    assert choice.fallback.declared.neurons == 400


def test_a_deep_circuit_falls_back_to_a_neuron_per_wire() -> None:
    task = Task(DEEP)
    choice = choose(task, AUTO)
    assert choice.fallback is not None
    assert choice.fallback.construction is MONOSEMANTIC
    (superposed,) = choice.candidates
    assert superposed.construction is SUPERPOSED_LAYERS
    # Both are of one plan, made once.
    assert isinstance(superposed.plan, StagedPlan)
    assert superposed.plan is choice.fallback.plan
    assert choice.fallback.declared.neurons == superposed.plan.monosemantic_neurons


def test_three_channels_asked_for_are_tried_alone() -> None:
    assert names_of(Task(EVEN), "three-channel") == ["three-channel"]


@pytest.mark.parametrize(
    ("name", "circuit"),
    [("tight-frames", EVEN), ("reed-solomon", EVEN), ("deep", DEEP), ("monosemantic", EVEN),
     ("monosemantic", DEEP)],
)  # fmt: skip
def test_one_asked_for_by_name_is_the_only_one_and_nothing_replaces_it(
    name: str, circuit: Circuit
) -> None:
    choice = choose(Task(circuit), name)
    assert choice.fallback is None
    assert [one.construction for one in choice.candidates] == [CATALOGUE[name]]


@pytest.mark.parametrize(
    ("task", "name", "says"),
    [
        (Task(DEEP), "three-channel", "three-channel builds one hidden layer"),
        (Task(DEEP), "tight-frames", "tight-frames does not serve this task: "),
        (Task(DEEP, encoder="basis"), "auto", "encoder 'basis' can only be chosen for"),
        (Task(DEEP, encoder="superposed"), "monosemantic", "encoder 'superposed' can only be"),
        (
            Task(DEEP, encoder="basis"),
            "deep",
            "deep does not serve this task: it chooses its input code",
        ),
        (Task(EVEN), "deep", "deep does not serve this task: the circuit needs only one"),
        (Task(EVEN, carry="gates"), "auto", "carry 'gates' can only be chosen for"),
        (Task(EVEN, carry="residual"), "monosemantic", "carry 'residual' can only be chosen"),
        (Task(EVEN, carry="residual"), "three-channel", "carry 'residual' can only be chosen"),
        (Task(EVEN, encoder="basis"), "tight-frames", "its inputs are in superposition"),
        (Task(EVEN, encoder="superposed"), "reed-solomon", "its inputs are basis-aligned"),
    ],
)
def test_what_does_not_go_with_the_circuit_is_refused(task: Task, name: str, says: str) -> None:
    with pytest.raises(OptionError) as refused:
        choose(task, name)
    assert says in str(refused.value)
    assert str(refused.value).startswith(f"{task.circuit.name}: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("circuit", "even"),
    [(EVEN, True), (problems.permutation(100), True), (UNEVEN, False), (negated(100), True)],
)
def test_features_are_even_where_none_is_read_more_than_once_more_than_the_mean(
    circuit: Circuit, even: bool
) -> None:
    assert choosing._is_even(Task(circuit)) == even
    # Of basis-aligned features influence says nothing about frames.
    assert not choosing._is_even(Task(circuit, encoder="basis"))
