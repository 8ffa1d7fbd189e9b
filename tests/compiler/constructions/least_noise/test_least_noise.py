"""least-noise: its hidden layer computes, its key is true, and it refuses what it cannot serve."""

from __future__ import annotations

import numpy as np
import pytest

import polyseme as ps
from polyseme.compiler.constructions.least_noise.build import finest_resolution, in_steps
from polyseme.compiler.constructions.least_noise.codes import draw_codes, gate_weight
from polyseme.compiler.constructions.least_noise.least_noise import LeastNoise
from polyseme.compiler.task import Task
from polyseme.errors import CapacityError, TooFewNeuronsError

CONSTRUCTION = LeastNoise()


@pytest.mark.parametrize(
    ("source", "active", "neurons"),
    [
        ("and2:features=500,gates=500", 3, 480),
        ("and2:features=500,gates=500,seed=4", 2, 400),
        ("and:k=3,features=700,gates=400", 4, 500),
        ("permutation:features=700", 2, 520),
    ],
)
def test_the_hidden_layer_computes(source, active, neurons):
    circuit = ps.read(source)
    network = ps.compile(circuit, construction="least-noise", active=active, neurons=neurons)
    assert network.neurons <= neurons
    assert ps.reading_error(network, samples=4000).computed
    assert ps.verify(network, samples=4000).wrong == 0
    assert network.key is not None
    assert network.key.belongs_to(network)
    # One threshold for all outputs, and nothing else that the seed does not give.
    assert len(np.unique(network.readout.thresholds)) == 1
    assert network.provenance.readout_parameters == 1


def test_more_neurons_read_better():
    circuit = ps.problems.pairwise_and(800, 800)
    errors = [
        ps.reading_error(
            ps.compile(circuit, construction="least-noise", neurons=neurons), samples=4000
        ).epsilon
        for neurons in (420, 520, 640)
    ]
    assert errors == sorted(errors, reverse=True)


def test_two_gates_share_one_unit_at_most():
    task = Task(ps.problems.pairwise_and(600, 600), epsilon=0.25)
    for neurons in (300, 401, 560):
        codes = draw_codes(task, neurons)
        assert codes.gates.neurons <= neurons
        members = codes.gates.matrix().toarray()
        shared = members @ members.T
        np.fill_diagonal(shared, 0)
        assert shared.max() <= 1


def test_a_smaller_reading_error_takes_more_units_per_gate_and_more_neurons():
    assert gate_weight(None) == gate_weight(0.25) < gate_weight(0.15) <= gate_weight(0.1)
    circuit = ps.problems.pairwise_and(2000, 2000)
    declared = [
        CONSTRUCTION.candidate(Task(circuit, epsilon=epsilon)).declared.neurons
        for epsilon in (0.25, 0.1)
    ]
    assert declared[1] > 2 * declared[0]


@pytest.mark.parametrize(
    ("source", "options", "reason"),
    [
        ("uand:features=80", {"encoder": "basis"}, "its inputs are in superposition"),
        ("and2:features=40,gates=40", {}, "at least 64 features"),
        ("and2:features=400,gates=400", {"error": 0.0}, "never 0"),
        ("layered:width=100,depth=2", {}, ""),
    ],
)
def test_what_it_does_not_serve_is_refused(source, options, reason):
    task = Task(ps.read(source), **options)
    refusal = CONSTRUCTION.refusal(task)
    assert refusal is not None
    assert reason in refusal


def test_too_few_neurons_are_refused():
    task = Task(ps.problems.pairwise_and(400, 400))
    with pytest.raises(TooFewNeuronsError, match="fewer than"):
        CONSTRUCTION.candidate(task).build(7)


def test_weights_are_bytes_where_they_fit():
    small = in_steps(np.array([[0.3, -0.1], [0.05, 1.98]]), 64)
    assert small.dtype == np.int8
    assert small.tolist() == [[19, -6], [3, 127]]
    assert in_steps(np.array([[2.0]]), 64).dtype == np.int16
    with pytest.raises(CapacityError, match="a weight of 38,400 steps does not fit into 16 bits"):
        in_steps(np.array([[600.0]]), 64)


@pytest.mark.parametrize(("largest", "finest"), [(0.24, 512), (0.26, 256), (1.9, 64), (5.0, 64)])
def test_the_finest_steps_keep_weights_in_bytes_where_64_do(largest, finest):
    assert finest_resolution(np.array([[0.1, -largest]])) == finest


def test_the_same_seed_makes_the_same_network():
    circuit = ps.problems.pairwise_and(300, 300)
    first, second, other = (
        ps.compile(circuit, construction="least-noise", neurons=250, seed=seed)
        for seed in (1, 1, 2)
    )
    assert np.array_equal(first.layers[0].weights, second.layers[0].weights)
    assert not np.array_equal(first.layers[0].weights, other.layers[0].weights)
