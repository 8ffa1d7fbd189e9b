"""Sums beyond float32: made wider or refused, never wrong, and never with a warning of numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from polyseme.circuits.names import Names
from polyseme.codes.code import SparseCode
from polyseme.errors import CapacityError
from polyseme.networks.activation import Clip, Relu, Square
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer
from polyseme.networks.run import LayerRunner, outputs_on
from polyseme.networks.wide_sums import largest, may_exceed, wide_product
from support.network_parts import layer, minimal, readout

REFUSED = "is not below 2\\^24"


def reading_three(weights, bias=0, scale=1.0, ends=None, activation=None):
    """A network of three features, each its own dimension, and two units that read them all."""
    encoder = Encoder(
        Names(["a", "b", "c"]),
        SparseCode(3, np.arange(3, dtype=np.int32)[:, None], np.ones((3, 1), np.int8)),
    )
    made = layer(
        np.array([weights, [0, 0, 1]], np.int16), np.array([bias, 0], np.int32), scale, activation
    )
    return replace(
        minimal(encoder, (made,), ends),
        provenance=replace(minimal().provenance, active=3),
    )


def test_the_largest_magnitude():
    assert largest(np.array([-5, 3])) == 5
    assert largest(np.array([-128, 3], np.int8)) == 128
    assert largest(np.array([], np.int8)) == 0


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_array])
def test_a_sum_may_exceed_where_the_parts_of_a_sample_together_do(kind):
    # No number is as large as in the second sample, and none as many as in the first.
    values = kind(np.array([[1, -1, 1, -1], [3, 0, 0, 0]], np.float32))
    assert not may_exceed(values, 2**22 - 1, 3)
    assert may_exceed(values, 2**22 - 1, 4)
    assert may_exceed(values, 2**22, 0)
    assert not may_exceed(values[:0], 2**30, 0)
    assert may_exceed(kind(np.array([[np.inf]], np.float32)), 1, 0)


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_array])
@pytest.mark.parametrize("of_weights", [np.asarray, sp.csr_array])
def test_a_wide_product_is_the_product(kind, of_weights):
    generator = np.random.default_rng(0)
    values = generator.integers(-9, 9, (5, 7)).astype(np.float32)
    weights = generator.integers(-9, 9, (7, 600)).astype(np.float32)
    found = wide_product(kind(values), of_weights(weights))
    assert found.dtype == np.float64
    assert np.array_equal(found, values @ weights)


@pytest.mark.parametrize("sparse", [True, False])
def test_parts_that_cancel_leave_no_rounding(sparse):
    # In float32, 30000 * 1000 + 1 - 30000 * 1000 is 0 in this order.
    network = reading_three([30_000, 1, -30_000])
    given = np.array([[1000, 1, 1000]], np.float32)
    assert network.run(given).tolist() == [[True, True]]
    runner = LayerRunner(network)
    encoded = sp.csr_array(given) if sparse else given
    assert runner.hidden(encoded, sparse).tolist() == [[1, 1000]]


def test_a_sum_is_refused_from_2_to_the_24_on():
    below, at = (reading_three([0, 0, 1], bias=bias) for bias in (2**24 - 3, 2**24 - 1))
    assert below.run(["c"]) == ["first", "second"]
    with pytest.raises(CapacityError, match=f"a sum of layer 0 {REFUSED}"):
        at.run(["c"])
    with pytest.raises(CapacityError, match=REFUSED):
        at.activations(["c"])
    with pytest.raises(CapacityError, match=REFUSED):
        outputs_on(at, np.array([[2]], np.int32), sparse=False)


@pytest.mark.parametrize("given", [3e38, -3e38])
def test_numbers_that_float32_hardly_holds_are_refused(given):
    network = reading_three([1, 1, 1])
    with pytest.raises(CapacityError, match=REFUSED):
        network.run(np.full((1, 3), given, np.float32))
    # Parts that cancel leave what is right.
    found = network.activations(np.array([[given, -given, 1]], np.float32))
    assert found["layers.0.hook_pre"].tolist() == [[1, 1]]


def test_a_reading_is_measured_in_the_scale_of_the_last_layer():
    ends = readout()
    ends = Readout(ends.outputs, ends.offsets, ends.neurons, ends.weights * 1000, ends.thresholds)
    for scale in (2.0**-20, 1.0, 2.0**20):
        fine, much = (
            reading_three([weight, 0, 0], scale=scale, ends=ends) for weight in (16_000, 17_000)
        )
        assert "first" in fine.run(["a"])
        with pytest.raises(CapacityError, match=f"a reading of an output {REFUSED}"):
            much.run(["a"])


@pytest.mark.parametrize("activation", [Relu(), Clip(2**24 - 1), Square()])
def test_layer_upon_layer_grows_until_it_is_refused(activation):
    layers = tuple(
        Layer(np.full((2, width), 32_767, np.int16), np.zeros(2, np.int32), 2.0**24, activation)
        for width in (3, 2, 2, 2)
    )
    with pytest.raises(CapacityError, match=f"a sum of layer 1 {REFUSED}|a sum of layer 0"):
        minimal(layers=layers).run(["a"])
