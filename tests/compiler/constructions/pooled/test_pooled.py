"""Pools compute: tables of facts and ANDs of heavy features, read by the hidden layer."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import polyseme as ps
from polyseme import GateKind, build_circuit, problems
from polyseme.circuits.circuit import Circuit
from polyseme.compiler.constructions.catalogue import POOLED
from polyseme.compiler.constructions.pooled.build import owner_strength
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner, outputs_on
from support.circuits import oracle
from support.fact_tables import cities
from support.heavy_light import heavy_and_light

TABLE = cities(800, (3, 40, 600))


def task_of(circuit: Circuit = TABLE, active: int = 2, epsilon: float | None = 0.25) -> Task:
    return Task(circuit, active, epsilon=epsilon)


@cache
def network() -> Network:
    candidate = POOLED.candidate(task_of())
    return candidate.build(candidate.declared.neurons)


def test_a_table_is_computed_at_the_declared_size_in_fewer_units_than_the_exact_network() -> None:
    found = ps.reading_error(network(), samples=4000, seed=3)
    assert found.computed
    assert network().encoder.in_superposition
    assert network().neurons < 0.6 * network().provenance.monosemantic_neurons


def test_every_fact_asked_by_itself_is_answered() -> None:
    rows = TABLE.fan_in[: 2 * int(np.sum(TABLE.kinds == GateKind.AND))].reshape(-1, 2)
    on = outputs_on(network(), rows).toarray()
    for row, answers in zip(rows[::97], on[::97], strict=True):
        wires = oracle(TABLE, set(row.tolist()))
        assert answers.tolist() == [wires[output] for output in TABLE.outputs]
    assert (on.sum(axis=1) == 1).all()


def test_units_rest_without_their_owner_and_read_a_member_exactly_with_it() -> None:
    compiled, task = network(), task_of()
    subjects = len(TABLE.features) - 3
    runner = LayerRunner(compiled)
    alone = np.arange(len(TABLE.features), dtype=np.int32)[:, None]
    assert (runner.hidden(runner.encode(alone), sparse=True) < 0.1).all()
    facts = np.stack((np.arange(subjects), np.full(subjects, subjects)), axis=1).astype(np.int32)
    key = compiled.key
    assert key is not None
    assert key.belongs_to(compiled)
    reads = key.layers[0].reads.toarray() / key.layers[0].resolution
    owner = reads[:, subjects:].max(axis=1)
    assert owner == pytest.approx(owner_strength(task), abs=0.05)
    members = reads[:, :subjects][reads[:, :subjects] != 0]
    assert members == pytest.approx(1, abs=0.05)
    full = runner.hidden(runner.encode(facts), sparse=True).max(axis=1)
    assert full.min() > 0.3


@pytest.mark.parametrize("epsilon", [0.25, 0.15])
def test_smaller_reading_errors_take_more_units_and_are_kept(epsilon: float) -> None:
    candidate = POOLED.candidate(task_of(epsilon=epsilon))
    built = candidate.build(candidate.declared.neurons)
    assert ps.reading_error(built, samples=4000, seed=4).epsilon < epsilon
    assert (built.neurons > network().neurons) == (epsilon < 0.25)


def test_single_ands_of_heavy_features_are_computed_with_three_on() -> None:
    circuit = heavy_and_light(10, 2500)
    candidate = POOLED.candidate(task_of(circuit, 3))
    built = candidate.build(candidate.declared.neurons)
    assert built.neurons < 0.7 * 2500
    assert ps.reading_error(built, samples=4000, seed=5).computed


def test_light_gates_beside_heavy_ones_are_computed_in_the_open_pool() -> None:
    # Four heavy features with 200 others each, and 600 gates of features in one or two gates.
    heavy = [(GateKind.AND, [member % 4, member]) for member in range(4, 804)]
    light = [(GateKind.AND, [804 + gate, 805 + gate]) for gate in range(600)]
    outputs = list(range(1405, 2805))
    circuit = build_circuit([f"x{number}" for number in range(1405)], heavy + light, outputs)
    candidate = POOLED.candidate(task_of(circuit, 3))
    built = candidate.build(candidate.declared.neurons)
    key = built.key
    assert key is not None
    assert np.bincount(key.layers[0].channels).tolist() == [600, 0, 800]
    assert built.neurons < 0.8 * 1400
    assert ps.reading_error(built, samples=4000, seed=6).computed


def test_fewer_neurons_than_codes_take_are_too_few() -> None:
    candidate = POOLED.candidate(task_of())
    with pytest.raises(TooFewNeuronsError):
        candidate.build(60)


NEGATED = build_circuit(
    [f"x{number}" for number in range(200)],
    [(GateKind.AND_NOT, [0, other]) for other in range(1, 200)],
    list(range(200, 399)),
)


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        (replace(task_of(), encoder="basis"), "its inputs are in superposition"),
        (task_of(active=3), "with 3 features on, two terms of output 'relation0=object0' may be"),
        (replace(task_of(), error=0), "never 0"),
        (task_of(problems.k_and(300, 300, 3), 3), "every term must be an AND of two features"),
        (task_of(NEGATED), "none of them negated"),
        (task_of(heavy_and_light(2, 100), 3), "its codes take at least 128 features"),
        (task_of(problems.pairwise_and(400, 400), 3), "no feature is in so many terms"),
        (task_of(problems.layered(200, 3), 3), ""),
    ],
    ids=["basis", "three on", "exact", "threes", "negated", "small", "light", "deep"],
)
def test_what_it_does_not_serve(task: Task, reason: str) -> None:
    refusal = POOLED.refusal(task)
    assert refusal is not None
    assert reason in refusal
    assert POOLED.refusal(task_of()) is None
    assert POOLED.refusal(task_of(heavy_and_light(2, 200), 3)) is None
