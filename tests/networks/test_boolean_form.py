"""Networks of ANDs, run as bits, against the same networks run in float32."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.circuits import problems
from polyseme.networks.activation import Clip
from polyseme.networks.boolean_form import boolean_form
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from support.circuits import circuits

CIRCUIT = ps.build_circuit(
    "abcde",
    [
        (ps.GateKind.OR, (0, 1)),
        (ps.GateKind.XOR, (5, 2)),
        (ps.GateKind.AND_NOT, (6, 3)),
        (ps.GateKind.AND, (7, 4)),
    ],
    [8, 6, 8, -1],
    inverted=[False, True, True, True],
)


def compiled(carry: str = "auto") -> Network:
    network = ps.compile(CIRCUIT, active=5, construction="monosemantic", carry=carry)
    assert len(network.layers) > 2
    return network


def every_row(features: int) -> np.ndarray:
    places = np.arange(features)
    return np.where(np.arange(2**features)[:, None] >> places & 1, places, -1).astype(np.int32)


def check(network: Network) -> None:
    """Compare all that a Boolean form computes with what running the layers gives."""
    form, runner = boolean_form(network), LayerRunner(network)
    assert form is not None
    rows = every_row(len(network.encoder.features))
    values = form.values(rows)
    for slots, activations in zip(form.slots, runner.activations(rows), strict=True):
        bits = [values[slot, sample // 64] >> np.uint64(sample % 64) & np.uint64(1)
                for sample in range(len(rows)) for slot in slots]  # fmt: skip
        assert np.array_equal(np.array(bits, float).reshape(activations.shape), activations)
    assert np.array_equal(form.resting, runner.resting)
    found, wanted = form.outputs(rows), runner.outputs(rows)
    assert found.dtype == wanted.dtype == np.bool_
    assert np.array_equal(found.toarray(), wanted.toarray())


@pytest.mark.parametrize("carry", ["gates", "residual"])
def test_an_exact_network_is_one_of_ands(carry: str) -> None:
    check(compiled(carry))


@given(circuits())
@settings(max_examples=60, deadline=None)
def test_every_deep_exact_network_is_one_of_ands(circuit: ps.Circuit) -> None:
    active = len(circuit.features)
    network = ps.compile(circuit, active=active, construction="monosemantic")
    if len(network.layers) > 1:
        check(network)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_a_changed_weight_changes_both_or_ends_the_form(seed: int) -> None:
    generator = np.random.default_rng(seed)
    network = compiled()
    number = int(generator.integers(len(network.layers)))
    layer = network.layers[number]
    weights, bias = layer.weights.copy(), layer.bias.copy()
    place = int(generator.integers(weights.nnz))
    weights.data[place] = generator.integers(-2, 3)
    bias[generator.integers(len(bias))] += generator.integers(-1, 2)
    layers = list(network.layers)
    layers[number] = replace(layer, weights=weights, bias=bias)
    changed = replace(network, layers=tuple(layers), key=None)
    if boolean_form(changed) is not None:
        check(changed)


@pytest.mark.parametrize(
    ("weights", "bias", "scale", "is_and"),
    [
        ([1, 1], -1, 1.0, True),
        ([1, -1], 0, 1.0, True),
        ([-1, -1], 1, 1.0, True),
        ([2, 2], -2, 0.5, True),
        ([3, 0], -2, 1.0, True),
        # A unit that never is above zero, whatever its weights.
        ([1, 1], -2, 1.0, True),
        # Up to 2; half way; and a scale that does not bring the largest sum to 1.
        ([1, 1], 0, 1.0, False),
        ([1, 2], -1, 0.5, False),
        ([1, 1], -1, 0.5, False),
    ],
)
def test_what_is_an_and(weights: list[int], bias: int, scale: float, is_and: bool) -> None:
    matrix = sp.csr_array(np.array([weights], np.int8))
    layer = Layer(matrix, np.array([bias], np.int32), scale)
    network = bare(layer)
    assert (boolean_form(network) is not None) == is_and
    if is_and:
        check(network)


def bare(layer: Layer) -> Network:
    """A network of two features and one layer, whose output reads its first unit."""
    circuit = ps.build_circuit("ab", [(ps.GateKind.AND, (0, 1))], [2])
    network = ps.compile(circuit, active=2, construction="monosemantic")
    readout = replace(
        network.readout,
        offsets=np.array([0, 1]),
        neurons=np.array([0], np.int32),
        weights=np.array([1], np.int16),
        thresholds=np.array([0.5], np.float32),
    )
    return replace(network, layers=(layer,), readout=readout, key=None)


def test_other_networks_have_none() -> None:
    matrix, bias = sp.csr_array(np.array([[1, 1]], np.int8)), np.array([-1], np.int32)
    assert boolean_form(bare(Layer(matrix, bias, 1.0))) is not None
    assert boolean_form(bare(Layer(matrix, bias, 1.0, Clip(1)))) is None
    assert boolean_form(bare(Layer(matrix.toarray(), bias, 1.0))) is None
    assert boolean_form(ps.compile(problems.pairwise_and(200, 200), neurons=150)) is None


def test_an_output_of_several_units_ends_the_form() -> None:
    network = compiled()
    several = replace(
        network.readout,
        offsets=np.array([0, 2, 2, 2, 2]),
        neurons=np.array([0, 1], np.int32),
        weights=np.array([1, 1], np.int16),
    )
    assert boolean_form(replace(network, readout=several, key=None)) is None
