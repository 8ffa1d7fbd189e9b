"""Requests of the benchmarks to the compiler."""

from __future__ import annotations

import numpy as np
import pytest

import polyseme as ps
from harness.compiling import (
    build_staged,
    declared_neurons,
    factor_of,
    layers_superposed,
    plan_staged,
    predicted_superposed,
    sized,
    smallest,
    with_random_weights,
    without_caps,
)


def test_sizes_are_those_of_compile() -> None:
    circuit = ps.problems.pairwise_and(300, 300)
    found = smallest("tight-frames", circuit, active=3, error=1e-2)
    asked = sized(circuit, error=1e-2, construction="tight-frames")
    assert found.reached
    assert found.network.neurons == asked.network.neurons
    assert asked.confirmation is not None
    assert found.wrong == asked.confirmation.wrong
    assert found.declared == declared_neurons("tight-frames", circuit, active=3, error=1e-2)


def test_random_weights_are_as_many_in_other_places() -> None:
    circuit = ps.problems.pairwise_and(300, 300)
    network = ps.compile(circuit, neurons=200, construction="tight-frames")
    random = with_random_weights(network)
    same = np.sort(factor_of(network).data).sum() == np.sort(factor_of(random).data).sum()
    assert same
    assert random.neurons == network.neurons
    assert not np.array_equal(random.layers[0].weights, network.layers[0].weights)


def test_plain_units_are_half_the_relus() -> None:
    plan = plan_staged(ps.problems.layered(1_000, 3, active=3), active=3)
    network = build_staged(plan, 980)
    plain = without_caps(plan, network)
    assert plain.neurons == network.neurons // 2


@pytest.mark.filterwarnings("ignore:the network falls short")
def test_one_layer_counts_as_superposed_by_its_construction() -> None:
    shallow = sized(ps.problems.pairwise_and(300, 300), neurons=200)
    assert layers_superposed(shallow) == 1
    assert predicted_superposed(shallow) is None
    deep = sized(ps.problems.layered(50, 3, active=3), construction="monosemantic")
    assert layers_superposed(deep) == 0
    assert predicted_superposed(deep) is not None
