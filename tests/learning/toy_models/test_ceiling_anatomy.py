"""Anatomy: networks whose anatomy can be said beforehand, and a slow oracle for the others."""

from __future__ import annotations

import numpy as np
import pytest

import polyseme as ps
from polyseme.learning.toy_models.ceiling.anatomy import anatomy_of


def _exact() -> ps.Network:
    circuit = ps.read("and2:features=12,gates=10")
    return ps.compile(circuit, active=3, construction="monosemantic")


def test_an_exact_network_has_a_unit_for_every_gate():
    found = anatomy_of(_exact(), 0)
    assert found.units_per_gate == found.bent == 1
    assert found.features_per_unit == 2
    assert found.kappa == pytest.approx(1)


def test_a_linear_bottleneck_carries_no_interaction():
    network = ps.compile(ps.read("and2:features=256"), active=2, epsilon=None)
    found = anatomy_of(network, 0)
    assert network.provenance.construction == "tight-frames"
    assert found.bent == found.units_per_gate == found.kappa == 0
    assert found.features_per_unit > 20


def test_where_gates_have_one_input_a_gate_is_what_that_input_does():
    network = ps.compile(ps.read("permutation:features=9"), active=2, construction="monosemantic")
    found = anatomy_of(network, 0)
    assert found.units_per_gate == found.features_per_unit == found.code_weight == 1


def test_numbers_are_those_of_a_slow_count():
    network = ps.compile(
        ps.read("and2:features=70,gates=70"), active=3, construction="least-noise", neurons=64
    )
    layer, readout, key = network.layers[0], network.readout, network.key
    assert key is not None
    code = network.encoder.code
    weights = np.asarray(layer.weights, np.float64)

    def sums(*features: int) -> np.ndarray:
        coded = np.zeros(code.neurons)
        for feature in features:
            coded[code.positions[feature]] += code.signs[feature]
        return np.maximum(weights @ coded + layer.bias, 0)

    def effective(values: np.ndarray) -> float:
        return float((values**2).sum() ** 2 / (values**4).sum()) if values.any() else 0.0

    counts = []
    for term, output in enumerate(key.terms.output):
        one, two = key.terms.literals[2 * term : 2 * term + 2]
        interaction = sums(one, two) - sums(one) - sums(two) + sums()
        part = slice(readout.offsets[output], readout.offsets[output + 1])
        units = readout.neurons[part]
        counts.append(effective(interaction[units] * readout.weights[part]))
    reads = np.array(
        [weights[:, code.positions[row]] @ code.signs[row] for row in range(code.features)]
    )
    found = anatomy_of(network, 0)
    assert found.units_per_gate == pytest.approx(np.median(counts))
    assert found.code_weight == pytest.approx(np.median([effective(row) for row in reads]))
    assert found.features_per_unit == pytest.approx(np.median([effective(row) for row in reads.T]))
