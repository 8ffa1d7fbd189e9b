"""Running: what it means, and that every way of running agrees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits.evaluate import evaluate_dense
from polyseme.circuits.names import Names
from polyseme.codes.code import SparseCode
from polyseme.errors import OptionError, PolysemeWarning, SourceError
from polyseme.networks import run as run_module
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer
from polyseme.networks.run import LayerRunner, encode, hidden_activity, outputs_on
from support.network_parts import minimal, readout
from support.small_networks import (
    KINDS,
    draw_bits,
    full_weights,
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
        cap, squared = layer.activation.stored
        computed = sums**2 if squared else np.clip(sums, 0, cap or np.inf)
        values = np.concatenate((computed * layer.scale, values[:, layer.carried]), axis=1)
        assert ours.dtype == np.float32
        assert ours.shape == (30, layer.width)
        assert np.array_equal(ours, values)
        if cap:
            assert 0.05 < (ours == cap * layer.scale).mean() < 0.6
            assert ((ours > 0) & (ours < cap * layer.scale)).mean() > 0.05
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
    ends = Readout(
        outputs=Names(["not a", "true", "false", "a"]),
        offsets=np.array([0, 1, 1, 1, 2]),
        neurons=np.zeros(2, np.int32),
        weights=np.array([-1, 1], np.int16),
        thresholds=np.array([-0.5, -0.5, np.inf, 0.5], np.float32),
    )
    layer = Layer(np.ones((1, 1), np.int8), np.zeros(1, np.int32), 1.0)
    network = minimal(layers=(layer,), ends=ends, inputs=1)
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
    network = minimal(ends=replace(readout(), thresholds=thresholds))
    assert LayerRunner(network).resting.tolist() == [True, False]


def test_encoding_adds_up_the_signs_of_active_features():
    code = SparseCode(3, np.array([[0, 1], [1, 2]]), np.array([[1, 1], [-1, 1]]))
    network = minimal(encoder=Encoder(Names(["a", "b"]), code), inputs=3)
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
    with pytest.warns(PolysemeWarning, match="30 features are on, more than the 3"):
        everything = network.run(list(circuit.features) * 2)
    assert everything == list(circuit.output_names)


def test_a_name_the_network_does_not_have_is_refused():
    with pytest.raises(SourceError, match="feature 'X1' is not defined; did you mean 'x1'"):
        network_of("pairwise").run(["x0", "X1"])


@pytest.mark.parametrize(
    "on", [3, None, "x0", b"x0", ["x", 5], [None], {"x0": 0}, [["x0"], "x0"], [[["x0"]]]]
)
def test_what_is_no_list_of_names_is_refused(on):
    with pytest.raises(OptionError, match="on must be") as caught:
        network_of("pairwise").run(on)
    assert len(str(caught.value).splitlines()) == 1


def test_any_iterable_of_names_is_a_list():
    network = network_of("ties")
    assert network.run(name for name in ("x2", "x0")) == network.run(("x2", "x0"))
