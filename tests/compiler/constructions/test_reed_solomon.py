"""Reed-Solomon codes: sizes as published, right on every input, and no lighter code would do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyseme.circuits import problems
from polyseme.circuits.circuit import build_circuit
from polyseme.circuits.evaluate import evaluate_dense
from polyseme.codes.reed_solomon import reed_solomon_code
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.reed_solomon import choice_of, exact_choice
from polyseme.compiler.parts import assembly
from polyseme.networks.run import LayerRunner, encode, outputs_on
from polyseme.verification.sampling import wrong_samples
from support.basic_constructions import AND, all_rows, bits_of, built, quick, task_of


@pytest.mark.parametrize(
    ("active", "weight", "field", "neurons"), [(2, 3, 47, 141), (3, 5, 47, 235)]
)
def test_published_example_sizes_at_one_shared_neuron(
    active: int, weight: int, field: int, neurons: int
) -> None:
    task = task_of(problems.pairwise_and(2000, 2000), active, 0.0)
    choice = choice_of(task, 1)
    assert (choice.weight, choice.field, choice.neurons) == (weight, field, neurons)
    # Words that share more may take fewer neurons, and the construction takes the fewest.
    assert exact_choice(task).neurons <= neurons
    every = [choice_of(task, shared).neurons for shared in range(10)]
    assert exact_choice(task).neurons == min(every)


@quick
@given(st.integers(4, 9), st.integers(1, 12), st.integers(2, 4), st.data())
def test_reed_solomon_is_right_on_every_input(
    features: int, gates: int, active: int, data: st.DataObject
) -> None:
    inputs = data.draw(st.integers(2, min(active, features - 1)))
    gates = min(gates, assembly.comb(features, inputs))
    circuit = problems.k_and(features, gates, inputs, seed=data.draw(st.integers(0, 99)))
    network = built(CATALOGUE["reed-solomon"], task_of(circuit, active, 0.0))
    rows = all_rows(features, active)
    expected = evaluate_dense(circuit, bits_of(rows, features))
    np.testing.assert_array_equal(outputs_on(network, rows).toarray(), expected)


@pytest.mark.parametrize("active", [2, 3])
def test_adversarial_inputs_meet_the_bound_with_equality(active: int) -> None:
    circuit = problems.pairwise_and(2000, 2000, seed=3)
    task = task_of(circuit, active, 0.0)
    network = built(CATALOGUE["reed-solomon"], task)
    choice = exact_choice(task)
    assert choice.shared >= 1
    reads = network.key.layers[0].compression
    gates = assembly.gate_inputs(task)
    runner = LayerRunner(network)
    worst = 0.0
    for gate in range(200):
        own = network.key.layers[0].units[slice(*network.key.layers[0].offsets[gate : gate + 2])]
        met = np.asarray(reads[own].sum(axis=0)).ravel()
        met[gates[gate]] = 0
        others = np.argsort(-met, kind="stable")[: active - 1]
        row = np.array([[gates[gate, 0], *others]], np.int32)
        reading = runner.readings(runner.hidden(encode(network, row), True))[gate, 0]
        worst = max(worst, float(reading))
        assert not wrong_samples(network, circuit, row)[0]
    # As much as (s - 1) f lam, one less than a true gate reads: no margin is left over.
    assert worst == (active - 1) * 2 * choice.shared == choice.weight - 1


def test_codes_one_neuron_lighter_would_fail() -> None:
    # 9 = 3^2 gates, all words of degree 2 over the field of 3: with weight 2 instead of 3, one
    # other feature on can make a false gate read as much as a true one.
    gates = [(AND, [i, (i + 1) % 9]) for i in range(9)]
    circuit = build_circuit([f"x{i}" for i in range(9)], gates, list(range(9, 18)))
    task = task_of(circuit, 2, 0.0)
    assert choice_of(task, 1).weight == 3
    words = reed_solomon_code(9, 3, 2).positions[:, :2]
    lighter = assembly.reads_of_gates(assembly.gate_inputs(task), words, 9, 9)
    sums = np.asarray(lighter @ bits_of(all_rows(9, 2), 9).T.astype(int))
    readings = np.maximum(sums - 1, 0)[words].sum(axis=1).T
    expected = evaluate_dense(circuit, bits_of(all_rows(9, 2), 9))
    assert readings[~expected].max() >= readings[expected].min()
