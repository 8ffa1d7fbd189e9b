"""Networks: what running means, that every way of running agrees, and what parts may be made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits.evaluate import evaluate_dense
from polyseme.circuits.names import Names
from polyseme.codes.code import SparseCode
from polyseme.errors import SourceError
from polyseme.networks import run as run_module
from polyseme.networks.network import Encoder, Layer, Network, Provenance, Readout
from polyseme.networks.run import LayerRunner, encode, hidden_activity, outputs_on
from support.small_networks import (
    KINDS,
    deep_network,
    draw_bits,
    full_weights,
    mixed_network,
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
    assert sparse.shape == (30, network.layers[-1].width)
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


@pytest.mark.parametrize("kind", KINDS)
def test_activations_of_every_layer_are_the_definition(kind):
    network = network_of(kind)
    rows = rows_of(draw_bits(network, 30, seed=6))
    values = encode(network, rows).toarray().astype(np.float64)
    layers = LayerRunner(network).activations(rows)
    for layer, ours in zip(network.layers, layers, strict=True):
        sums = values @ full_weights(layer).astype(np.float64).T + layer.bias
        computed = sums**2 if layer.squared else np.clip(sums, 0, layer.cap or np.inf)
        values = np.concatenate((computed * layer.scale, values[:, layer.carried]), axis=1)
        assert ours.dtype == np.float32
        assert ours.shape == (30, layer.width)
        assert np.array_equal(ours, values)
        if layer.cap:
            assert 0.05 < (ours == layer.cap * layer.scale).mean() < 0.6
            assert ((ours > 0) & (ours < layer.cap * layer.scale)).mean() > 0.05
    assert np.array_equal(layers[-1], hidden_activity(network, rows))


@pytest.mark.parametrize("kind", ["deep", "mixed", "facts"])
@pytest.mark.parametrize(
    ("constant", "value"),
    [
        ("_SPARSE_SHARE", 0.0),
        ("_SPARSE_SHARE", 1.1),
        ("_SPARSE_SHARE_DENSE", 0.0),
        ("_SPARSE_SHARE_DENSE", 1.1),
        ("_KEPT_WEIGHTS", 0),
    ],
)
def test_how_products_are_made_changes_nothing(kind, constant, value, monkeypatch):
    network = network_of(kind)
    rows = rows_of(draw_bits(network, 20, seed=7))
    expected = [
        *LayerRunner(network).activations(rows),
        LayerRunner(network).outputs(rows).toarray(),
    ]
    monkeypatch.setattr(run_module, constant, value)
    runner = LayerRunner(network)
    # Twice: nothing may be changed in place that the next batch needs.
    for _ in range(2):
        ours = [*runner.activations(rows), runner.outputs(rows).toarray()]
        assert all(np.array_equal(*pair) for pair in zip(ours, expected, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_a_runner_says_what_differs_from_rest(kind):
    network = network_of(kind)
    bits = draw_bits(network, 40, seed=5)
    resting = oracle(network, np.zeros((1, len(network.encoder.features)), bool))[0]
    assert np.array_equal(LayerRunner(network).resting, resting)
    assert resting.any() == (kind in ("deep", "mixed", "stream"))
    for sparse in (True, False):
        differs = LayerRunner(network).outputs(rows_of(bits), sparse).toarray()
        assert np.array_equal(differs, oracle(network, bits) ^ resting)


def test_outputs_that_are_on_at_rest():
    # Not a, always on, never on, a: of one feature and one unit that carries it.
    readout = Readout(
        outputs=Names(["not a", "true", "false", "a"]),
        offsets=np.array([0, 1, 1, 1, 2]),
        neurons=np.zeros(2, np.int32),
        weights=np.array([-1, 1], np.int16),
        thresholds=np.array([-0.5, -0.5, np.inf, 0.5], np.float32),
    )
    layer = Layer(np.ones((1, 1), np.int8), np.zeros(1, np.int32), 1.0)
    network = _minimal(layers=(layer,), readout=readout, inputs=1)
    assert LayerRunner(network).resting.tolist() == [True, True, False, False]
    assert network.run([]) == ["not a", "true"]
    assert network.run(["a"]) == ["true", "a"]
    rows = np.array([[-1], [0]], np.int32)
    differs = LayerRunner(network).outputs(rows)
    assert differs.nnz == 2
    assert differs.toarray().tolist() == [[False] * 4, [True, False, False, True]]
    assert outputs_on(network, rows).toarray().tolist() == [
        [True, True, False, False],
        [False, True, False, True],
    ]


def test_an_output_at_threshold_zero_is_on_at_rest():
    thresholds = np.array([0.0, 2.0**-30], np.float32)
    network = _minimal(readout=replace(_readout(), thresholds=thresholds))
    assert LayerRunner(network).resting.tolist() == [True, False]


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


def test_a_clipped_unit_is_two_neurons():
    network = mixed_network()
    assert [layer.units for layer in network.layers] == [20, 15, 18]
    assert [layer.neurons for layer in network.layers] == [40, 30, 18]
    assert [layer.inputs for layer in network.layers] == [12, 20, 15]
    assert (network.units, network.neurons, network.neurons_total) == (20, 40, 88)


def test_the_widest_layer_is_the_one_of_most_neurons():
    wide, clipped = np.ones((3, 3), np.int8), np.ones((2, 3), np.int8)
    layers = (
        Layer(wide, np.zeros(3, np.int32), 1.0),
        Layer(clipped, np.zeros(2, np.int32), 1.0, 5),
    )
    network = _minimal(layers=layers)
    assert (network.units, network.neurons) == (2, 4)


def test_a_sparse_layer_counts_what_it_stores():
    network = mixed_network()
    stored = sum(np.count_nonzero(full_weights(network.layers[number])) for number in (0, 2))
    assert network.parameters == stored + 15 * 20 + 53 + network.provenance.readout_parameters


def test_weight_bits_do_not_depend_on_how_weights_are_stored():
    network = mixed_network()
    full = tuple(replace(layer, weights=full_weights(layer)) for layer in network.layers)
    assert network.weight_bits() == pytest.approx(replace(network, layers=full).weight_bits())
    nothing = Layer(sp.csr_array((2, 3), dtype=np.int8), np.zeros(2, np.int32), 1.0)
    assert _minimal(layers=(nothing,)).weight_bits() == 0


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


@pytest.mark.parametrize("cap", [0, 1, np.int64(7), 2**24 - 1])
def test_whole_numbers_are_caps(cap):
    assert _layer(cap=cap).neurons == (4 if cap else 2)


@pytest.mark.parametrize("cap", [-1, 2**24, 1.0, np.nan, "1"])
def test_other_caps_are_refused(cap):
    with pytest.raises(ValueError, match=r"cap .* is not a whole number from 0 to 16777215"):
        _layer(cap=cap)


@pytest.mark.parametrize(
    ("values", "columns", "offsets", "rule"),
    [
        ([1, 1, 1], [0, 2, 1], [0, 2, 3], None),
        ([1, 1, 1], [2, 0, 1], [0, 1, 3], None),
        ([1, 1, 1], [0, 1, 2], [0, 0, 3], None),
        ([1, 1, 1], [0, 1, 2], [0, 3, 3], None),
        ([], [], [0, 0, 0], None),
        ([1, 1, 1], [2, 0, 1], [0, 2, 3], "columns of sparse weights must rise in each row"),
        ([1, 1, 1], [0, 0, 1], [0, 2, 3], "columns of sparse weights must rise in each row"),
        ([1, 1, 1], [0, 1, 1], [0, 1, 3], "columns of sparse weights must rise in each row"),
        ([1, 1, 1], [1, 0, 0], [0, 0, 3], "columns of sparse weights must rise in each row"),
        ([1, 1, 1], [0, 3, 1], [0, 2, 3], r"columns of sparse weights must lie in 0\.\.2"),
        ([1, 1, 1], [0, -1, 1], [0, 2, 3], r"columns of sparse weights must lie in 0\.\.2"),
        ([1, 1, 1], [0, 2, 1], [0, 2, 2], "offsets of sparse weights must rise from 0 to 3"),
        ([1, 1, 1], [0, 2, 1], [0, 4, 3], "offsets of sparse weights must rise from 0 to 3"),
        ([1, 1], [0, 2, 1], [0, 2, 3], "2 values for 3 columns"),
    ],
)
def test_sparse_weights_are_written_in_one_way(values, columns, offsets, rule):
    weights = sp.csr_array((2, 3), dtype=np.int8)
    # Past the constructor, which would find some of these faults itself.
    weights.data = np.array(values, np.int8)
    weights.indices, weights.indptr = np.array(columns, np.int32), np.array(offsets, np.int32)
    if rule is None:
        assert _layer(weights=weights).is_sparse
        return
    with pytest.raises(ValueError, match=rule):
        _layer(weights=weights)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"weights": sp.csr_array((2, 3), dtype=np.int32)}, "weights must be int8 or int16"),
        ({"weights": sp.csr_array((0, 3), dtype=np.int8)}, "must not be empty"),
        ({"weights": sp.csr_array((2, 0), dtype=np.int8)}, "must not be empty"),
        ({"weights": sp.csr_array((2, 2**24 + 1), dtype=np.int8)}, "reads 16777217 numbers"),
        ({"weights": sp.csr_array((3, 3), dtype=np.int8)}, "bias must be int32, one a unit"),
        ({"weights": sp.csc_array((2, 3), dtype=np.int8)}, "must be in compressed rows"),
        ({"weights": np.ones((2, 3), np.int32)}, "weights must be int8 or int16"),
        ({"weights": np.ones((2, 3), np.float32)}, "weights must be int8 or int16"),
        ({"weights": np.ones(3, np.int8)}, "two-dimensional"),
        ({"weights": np.ones((2, 0), np.int8)}, "must not be empty"),
        ({"bias": np.ones(2, np.int64)}, "bias must be int32"),
        ({"bias": np.ones(3, np.int32)}, "bias must be int32, one a unit"),
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


def _layer(weights=None, bias=None, scale=1.0, cap=0):
    weights = np.ones((2, 3), np.int8) if weights is None else weights
    return Layer(weights, np.zeros(2, np.int32) if bias is None else bias, scale, cap)


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
