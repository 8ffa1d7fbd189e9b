"""Reading errors, kappa and bending units agree with what is worked out by hand."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

import polyseme as ps
from polyseme.circuits import GateKind, build_circuit
from polyseme.errors import OptionError
from polyseme.networks.run import LayerRunner
from polyseme.verification.bending import bending_share
from polyseme.verification.drawing import shallow_terms
from polyseme.verification.interaction import kappa
from polyseme.verification.own_readings import own_readings

AND2 = ps.problems.pairwise_and(600, 600)


@pytest.fixture(scope="module")
def linear() -> ps.Network:
    return ps.compile(AND2, neurons=400, construction="tight-frames")


@pytest.fixture(scope="module")
def bent() -> ps.Network:
    return ps.compile(AND2, neurons=520, construction="least-noise")


def test_an_exact_network_is_computed_without_error():
    network = ps.compile(AND2, construction="monosemantic")
    found = ps.reading_error(network, samples=1000)
    assert found.epsilon == found.layers[0].epsilon_max == 0
    assert found.computed
    assert not found.is_linear
    assert found.layers[0].kappa_min == pytest.approx(1, abs=1e-6)
    assert found.layers[0].bending_units == 1
    assert found.nonlinearities == 1200
    assert str(found).startswith("computed by the hidden layer")


def test_no_linear_layer_computes_an_and(linear):
    found = ps.reading_error(linear, samples=1000)
    assert found.is_linear
    assert found.epsilon > 0.25
    assert not found.computed
    assert found.layers[0].kappa_mean == pytest.approx(0, abs=1e-6)
    assert found.layers[0].kappa_min == pytest.approx(0, abs=1e-6)
    assert str(found).startswith("thresholded behind a linear bottleneck")


def test_a_layer_that_bends_computes(bent):
    found = ps.reading_error(bent, samples=5000)
    assert found.computed
    assert found.layers[0].kappa_mean > 0.7
    assert [kind.inputs for kind in found.layers[0].kinds] == ["satisfied", "uniform", "one-short"]


def test_a_reading_error_is_at_least_a_quarter_of_what_kappa_lacks(linear, bent):
    for network in (linear, bent):
        layer = ps.reading_error(network, samples=1000).layers[0]
        assert layer.epsilon_max >= abs(1 - layer.kappa_mean) / 4


def test_readings_of_a_gate_are_the_sums_of_the_readout(bent):
    runner = LayerRunner(bent)
    rows = np.array([[0, 1, 2], [5, 9, -1], [3, -1, -1]], np.int32)
    hidden = runner.hidden(runner.encode(rows), sparse=True)
    rest = np.full(bent.layers[0].units, 0.25, np.float32)
    expected = runner.readings(hidden - rest)
    outputs = np.array([7, 0, 599])
    found = own_readings(runner, rows, outputs, rest)
    assert np.allclose(found, expected[outputs, np.arange(3)], atol=1e-5)


def test_kappa_is_the_interaction_of_the_affine_reading():
    """The exact reading is relu(a + b - 1) times its weight: its interaction is that weight."""
    circuit = build_circuit("abcdef", [(GateKind.AND, (0, 1)), (GateKind.AND, (2, 3))], [6, 7])
    network = ps.compile(circuit, construction="monosemantic", active=2)
    runner, rest = LayerRunner(network), np.zeros(network.layers[0].units, np.float32)
    weight = network.readout.weights[0]
    slope = np.array([2.0, 2.0], np.float32) / np.float32(weight)
    generator = np.random.default_rng(0)
    terms = shallow_terms(network, circuit)
    found = kappa(runner, circuit, terms, 3, slope, rest, generator)
    assert found is not None
    assert found.mean == found.least == pytest.approx(2)


@pytest.mark.parametrize("kind", [GateKind.AND_NOT, GateKind.XOR, GateKind.AND])
def test_kappa_is_one_where_the_reading_is_the_output(kind):
    circuit = build_circuit("abcd", [(kind, (0, 1)), (kind, (1, 2))], [4, 5])
    network = ps.compile(circuit, construction="monosemantic", active=3)
    layer = ps.reading_error(network, samples=1000).layers[0]
    assert layer.kappa_mean == pytest.approx(1, abs=1e-6)
    assert layer.kappa_min == pytest.approx(1, abs=1e-6)


def test_a_permutation_has_no_kappa():
    network = ps.compile(ps.problems.permutation(40), construction="monosemantic")
    layer = ps.reading_error(network, samples=1000).layers[0]
    assert layer.kappa_mean is layer.kappa_min is None


def test_units_bend_where_some_input_bends_them(bent):
    """The oracle tries all pairs of features on a small network."""
    circuit = ps.problems.pairwise_and(70, 40)
    network = ps.compile(circuit, construction="least-noise", neurons=50, active=2)
    runner = LayerRunner(network)
    rows = [(), *combinations(range(70), 1), *combinations(range(70), 2)]
    padded = np.full((len(rows), 2), -1, np.int32)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = row
    layer = network.layers[0]
    sums = np.asarray(runner.encode(padded) @ layer.weights.T.astype(np.float32)) + layer.bias
    bends = (sums.min(axis=0) < 0) & (sums.max(axis=0) > 0)
    share = bending_share(layer, network.encoder.code, 2, np.random.default_rng(0))
    assert share == bends.mean()


def test_every_layer_of_a_deep_network_is_read():
    network = ps.compile(ps.problems.layered(40, 3), construction="monosemantic")
    found = ps.reading_error(network, samples=1000)
    assert [layer.layer for layer in found.layers] == [0, 1, 2]
    assert found.epsilon == 0
    assert found.computed
    assert str(found).startswith("computed by every hidden layer")


def test_a_deep_network_without_its_key_cannot_be_read():
    circuit = ps.problems.layered(40, 3)
    network = ps.compile(circuit, construction="monosemantic")
    bare = ps.Network(network.encoder, network.layers, network.readout, network.provenance)
    with pytest.raises(OptionError, match="only from its key"):
        ps.reading_error(bare, circuit)
    # One of one hidden layer is read through its readout.
    shallow = ps.compile(AND2, construction="monosemantic")
    bare = ps.Network(shallow.encoder, shallow.layers, shallow.readout, shallow.provenance)
    assert ps.reading_error(bare, AND2, samples=1000).computed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 999}, "samples is 999; it must be"),
        ({"active": 0}, "active is 0; it must be"),
        ({"seed": -1}, "seed is -1; it must be"),
    ],
)
def test_numbers_out_of_range_are_refused(bent, options, message):
    with pytest.raises(OptionError, match=message):
        ps.reading_error(bent, **options)


def test_the_same_seed_reads_the_same(bent):
    first, second, other = (ps.reading_error(bent, samples=1000, seed=k) for k in (3, 3, 4))
    assert first == second
    assert first != other


def test_a_deep_network_is_read_at_the_wires_of_its_own_circuit():
    # A tree has gates that the circuit given has not: ANDs of two of the three.
    circuit = ps.problems.k_and(8, 8, 3)
    network = ps.compile(circuit, construction="and-tree")
    assert ps.reading_error(network, circuit, samples=1000).epsilon == 0
