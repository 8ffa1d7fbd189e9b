"""Networks: what running means, that every way of running agrees, and what parts may be made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits.evaluate import evaluate_dense
from polyseme.circuits.names import Names
from polyseme.codes.code import SparseCode
from polyseme.errors import SourceError
from polyseme.networks.network import Encoder, Layer, Network, Provenance, Readout
from polyseme.networks.run import encode, hidden_activity, outputs_on
from small_networks import (
    KINDS,
    deep_network,
    draw_bits,
    network_of,
    oracle,
    rows_of,
    with_output_never_on,
)


@pytest.mark.parametrize("kind", KINDS)
def test_sparse_and_dense_runs_are_the_definition(kind):
    network = network_of(kind)
    bits = draw_bits(network, 40)
    expected = oracle(network, bits)
    assert expected.any()
    assert not expected.all()
    for sparse in (True, False):
        ours = outputs_on(network, rows_of(bits), sparse=sparse)
        assert np.array_equal(ours.toarray(), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_activations_are_the_same_numbers_sparse_and_dense(kind):
    network = network_of(kind)
    rows = rows_of(draw_bits(network, 30, seed=3))
    sparse = hidden_activity(network, rows, sparse=True)
    assert sparse.dtype == np.float32
    assert sparse.shape == (30, network.layers[-1].neurons)
    assert np.array_equal(sparse, hidden_activity(network, rows, sparse=False))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(-1, 24), min_size=7, max_size=7), min_size=1, max_size=4))
def test_any_list_of_features_runs_as_its_set_does(rows):
    network = network_of("deep")
    bits = np.zeros((len(rows), 25), bool)
    for sample, row in enumerate(rows):
        bits[sample, [feature for feature in row if feature >= 0]] = True
    ours = outputs_on(network, np.array(rows, np.int32))
    assert np.array_equal(ours.toarray(), oracle(network, bits))


def test_an_output_is_on_at_its_threshold_exactly():
    network = network_of("ties")
    assert network.run(["x2", "x0"]) == ["more than 0", "more than 1"]


def test_a_compiled_network_computes_its_circuit():
    network = network_of("monosemantic")
    bits = draw_bits(network, 200)
    ours = outputs_on(network, rows_of(bits)).toarray()
    assert np.array_equal(ours, evaluate_dense(network.key.circuit, bits))


def test_an_output_of_infinite_threshold_is_never_on():
    network = network_of("monosemantic")
    every = np.arange(30, dtype=np.int32)[None, :]
    assert outputs_on(network, every).toarray()[0, 4]
    on = outputs_on(with_output_never_on(network, 4), every).toarray()[0]
    assert not on[4]
    assert on.sum() == 29


def test_encoding_adds_up_the_signs_of_active_features():
    code = SparseCode(3, np.array([[0, 1], [1, 2]]), np.array([[1, 1], [-1, 1]]))
    network = _minimal(encoder=Encoder(Names(["a", "b"]), code), inputs=3)
    encoded = encode(network, np.array([[0, -1], [1, -1], [0, 1], [-1, -1]], np.int32))
    assert encoded.toarray().tolist() == [[1, 1, 0], [0, -1, 1], [1, 0, 1], [0, 0, 0]]


def test_names_in_names_out():
    network = network_of("monosemantic")
    circuit = network.key.circuit
    for gate in range(5):
        features = [circuit.features[int(wire)] for wire in circuit.fan_in[2 * gate : 2 * gate + 2]]
        assert circuit.output_names[gate] in network.run(features)
        assert network.run(features[:1]) == []
    assert network.run([]) == []
    everything = network.run(list(circuit.features) * 2)
    assert everything == list(circuit.output_names)


def test_a_name_the_network_does_not_have_is_refused():
    with pytest.raises(SourceError, match="feature 'X1' is not defined; did you mean 'x1'"):
        network_of("pairwise").run(["x0", "X1"])


def test_sizes_and_parameters():
    network = deep_network()
    assert (network.neurons, network.neurons_total) == (20, 53)
    hidden = 20 * 12 + 20 + 15 * 20 + 15 + 18 * 15 + 18
    assert network.parameters == hidden + network.provenance.readout_parameters
    assert network.encoder.in_superposition
    assert not network_of("monosemantic").encoder.in_superposition


def test_weight_bits_are_entropy_times_number():
    weights = np.array([[0, 0, 1, -1], [0, 0, 1, -1]], np.int8)
    network = _minimal(layers=(Layer(weights, np.zeros(2, np.int32), 1.0),), inputs=4)
    assert network.weight_bits() == pytest.approx(8 * 1.5)


@pytest.mark.parametrize("scale", [2.0**-24, 0.25, 1.0, 2.0**24])
def test_powers_of_two_are_scales(scale):
    assert _layer(scale=scale).scale == scale


@pytest.mark.parametrize("scale", [0.0, -1.0, 0.3, 3.0, 2.0**-25, 2.0**25, np.inf, np.nan])
def test_other_scales_are_refused(scale):
    with pytest.raises(ValueError, match="not a power of two"):
        _layer(scale=scale)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"weights": np.ones((2, 3), np.int32)}, "weights must be int8 or int16"),
        ({"weights": np.ones((2, 3), np.float32)}, "weights must be int8 or int16"),
        ({"weights": np.ones(3, np.int8)}, "two-dimensional"),
        ({"weights": np.ones((2, 0), np.int8)}, "must not be empty"),
        ({"bias": np.ones(2, np.int64)}, "bias must be int32"),
        ({"bias": np.ones(3, np.int32)}, "bias must be int32, one a neuron"),
        ({"bias": np.array([0, 2**24], np.int32)}, "bias must lie within"),
        ({"bias": np.array([0, -(2**31)], np.int32)}, "bias must lie within"),
    ],
)
def test_layers_that_break_a_rule_are_refused(change, rule):
    with pytest.raises(ValueError, match=rule):
        _layer(**change)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"outputs": Names(["a"])}, "2 thresholds for 1 outputs"),
        ({"offsets": np.array([0, 1])}, "readout offsets must be 3 numbers, not 2"),
        ({"offsets": np.array([1, 1, 3])}, "rise from 0 to 3"),
        ({"offsets": np.array([0, 2, 2])}, "rise from 0 to 3"),
        ({"offsets": np.array([0, 4, 3])}, "rise from 0 to 3"),
        ({"offsets": np.array([0, 1, 3], np.int32)}, "must be int64"),
        ({"neurons": np.array([[0, 1, 0]], np.int32)}, "must be int32 of 1 dimensions"),
        ({"neurons": np.array([0.0, 1.0, 0.0])}, "must be int32"),
        ({"weights": np.ones(2, np.int16)}, "2 readout weights for 3 neurons"),
        ({"thresholds": np.array([1, np.nan], np.float32)}, "not a number"),
        ({"thresholds": np.array([1, -np.inf], np.float32)}, "minus infinity"),
    ],
)
def test_readouts_that_break_a_rule_are_refused(change, rule):
    with pytest.raises(ValueError, match=rule):
        replace(_readout(), **change)


def test_offsets_whose_differences_wrap_around_are_refused():
    # Each step up is below 2^63 when computed modulo 2^64, though the third number is negative.
    offsets = np.array([0, 2**63 - 1, -(2**63), -1, 3])
    with np.errstate(over="ignore"):
        assert (np.diff(offsets) >= 0).all()
    four = Names(prefix="y", count=4)
    with pytest.raises(ValueError, match="rise from 0 to 3"):
        replace(_readout(), outputs=four, offsets=offsets, thresholds=np.ones(4, np.float32))


@pytest.mark.parametrize("neuron", [-1, 2, 2**31 - 1])
def test_a_readout_of_neurons_that_are_not_there_is_refused(neuron):
    readout = replace(_readout(), neurons=np.array([0, 1, neuron], np.int32))
    with pytest.raises(ValueError, match=r"readout neurons must lie in 0\.\.1"):
        _minimal(readout=readout)


def test_parts_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="layer 0 reads 5 numbers but gets 3"):
        _minimal(layers=(_layer(weights=np.ones((2, 5), np.int8)),))
    with pytest.raises(ValueError, match="at least one layer"):
        _minimal(layers=())
    with pytest.raises(ValueError, match="1 names for 2 codes"):
        Encoder(Names(["a"]), SparseCode(3, np.array([[0], [1]]), np.array([[1], [1]])))
    with pytest.raises(ValueError, match="must have a feature"):
        Encoder(Names(["a"]), SparseCode(3, np.zeros((1, 0)), np.zeros((1, 0))))


def _layer(weights=None, bias=None, scale=1.0):
    weights = np.ones((2, 3), np.int8) if weights is None else weights
    return Layer(weights, np.zeros(2, np.int32) if bias is None else bias, scale)


def _readout():
    return Readout(
        outputs=Names(["first", "second"]),
        offsets=np.array([0, 1, 3]),
        neurons=np.array([0, 1, 0], np.int32),
        weights=np.ones(3, np.int16),
        thresholds=np.array([0.5, 1.5], np.float32),
    )


def _minimal(encoder=None, layers=None, readout=None, inputs=3):
    if encoder is None:
        encoder = Encoder(Names(["a"]), SparseCode(inputs, np.array([[0]]), np.array([[1]])))
    if layers is None:
        layers = (_layer(weights=np.ones((2, inputs), np.int8)),)
    provenance = Provenance("made by hand", "none", 1, 0, 0, 2, 0, {})
    return Network(encoder, layers, readout or _readout(), provenance)
