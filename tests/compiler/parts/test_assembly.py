"""The parts that basic constructions share: input codes, interference, crowds, searches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyseme.circuits import problems
from polyseme.circuits.circuit import build_circuit
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.parts import assembly
from polyseme.errors import CapacityError
from support.basic_constructions import AND, NAMES, all_rows, bits_of, quick, task_of


@quick
@given(st.integers(2, 3000), st.integers(1, 3000))
def test_superposed_dimensions_are_few_enough(features: int, neurons: int) -> None:
    dimensions = assembly.superposed_dimensions(features, neurons)
    assert 1 <= dimensions <= neurons
    assert dimensions <= features // 2 + 32
    code = assembly.superposed_code(features, neurons, np.random.default_rng(0))
    assert code.neurons == dimensions


@pytest.mark.parametrize(("active", "on"), [(2, 0), (2, 1), (2, 2), (4, 1), (4, 2)])
def test_shared_interference_is_that_of_random_overlaps(active: int, on: int) -> None:
    # Overlaps of the gate's inputs 0 and 1 with what is on, drawn independent with variance 1.
    features = [0, 1][:on] + list(range(2, 2 + active - on))
    overlaps = np.random.default_rng(5).standard_normal((40_000, 8, 8))
    overlaps = np.triu(overlaps, 1) + np.triu(overlaps, 1).transpose(0, 2, 1)
    read = overlaps[:, [0, 1]][:, :, features].sum(axis=(1, 2))
    assert read.var() == pytest.approx(assembly.shared_interference(2, active, on), rel=0.05)


def test_interference_is_what_codes_have_on_average() -> None:
    code = assembly.superposed_code(1024, 256, np.random.default_rng(1))
    matrix = code.matrix().toarray()
    gram = matrix @ matrix.T / code.weight
    np.fill_diagonal(gram, 0)
    measured = (gram**2).sum(axis=1) / 1024
    np.testing.assert_allclose(measured, assembly.interference(1024, code.neurons), rtol=1e-5)
    assert assembly.interference(10, 10) == 0


@quick
@given(st.integers(1, 5000))
def test_the_smallest_number_is_found(limit: int) -> None:
    assert assembly.smallest_number(lambda number: number >= limit) == limit


def test_a_search_without_end_is_given_up() -> None:
    with pytest.raises(CapacityError, match="would be needed"):
        assembly.smallest_number(lambda number: False)


@quick
@given(st.integers(4, 9), st.integers(1, 12), st.integers(2, 3), st.integers(0, 99))
def test_crowds_bound_the_gates_with_some_inputs_on(
    features: int, gates: int, inputs: int, seed: int
) -> None:
    circuit = problems.k_and(features, min(gates, features), inputs, seed=seed)
    task = task_of(circuit, 3)
    bits = bits_of(all_rows(features, 3), features)
    on = bits[:, assembly.gate_inputs(task)].sum(axis=2)
    for count, limit in enumerate(assembly.crowds(task)):
        assert (on == count).sum(axis=1).max() <= limit


def test_only_all_sets_are_universal() -> None:
    everything = problems.universal_and(7)
    assert assembly.is_universal(task_of(everything))
    assert assembly.is_universal(task_of(problems.k_and(7, 35, 3), 3))
    assert not assembly.is_universal(task_of(problems.pairwise_and(7, 20)))
    gates = [(AND, [0, 1]), (AND, [1, 2]), (AND, [1, 2])]
    assert not assembly.is_universal(task_of(build_circuit(["a", "b", "c"], gates, [3, 4, 5])))


def test_thresholds_lie_between_readings() -> None:
    thresholds = assembly.off_lattice(np.array([0.5, 1.0, 1.25]), 2)
    np.testing.assert_array_equal(thresholds, np.array([0.75, 1.25, 1.25], np.float32))


def test_a_task_of_another_seed_has_the_same_declared_size() -> None:
    task = task_of(problems.pairwise_and(60, 40), 2)
    for name in NAMES:
        construction = CATALOGUE[name]
        other = construction.candidate(replace(task, seed=9))
        assert construction.candidate(task).declared == other.declared
