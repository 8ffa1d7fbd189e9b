"""Layers: what they may be made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from polyseme.networks.activation import Clip, Relu, Square
from support.network_parts import layer


@pytest.mark.parametrize("scale", [2.0**-24, 0.25, 1.0, 2.0**24])
def test_powers_of_two_are_scales(scale):
    assert layer(scale=scale).scale == scale


@pytest.mark.parametrize("scale", [0.0, -1.0, 0.3, 3.0, 2.0**-25, 2.0**25, np.inf, np.nan])
def test_other_scales_are_refused(scale):
    with pytest.raises(ValueError, match="not a power of two"):
        layer(scale=scale)


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
        assert layer(weights=weights).is_sparse
        return
    with pytest.raises(ValueError, match=rule):
        layer(weights=weights)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"weights": sp.csr_array((2, 3), dtype=np.int32)}, "weights must be int8, int16 or"),
        ({"weights": sp.csr_array((0, 3), dtype=np.int8)}, "must not be empty"),
        ({"weights": sp.csr_array((2, 0), dtype=np.int8)}, "must not be empty"),
        ({"weights": sp.csr_array((2, 2**24 + 1), dtype=np.int8)}, "reads 16777217 numbers"),
        ({"weights": sp.csr_array((3, 3), dtype=np.int8)}, "bias must be int32, one per unit"),
        ({"weights": sp.csc_array((2, 3), dtype=np.int8)}, "must be in compressed rows"),
        ({"weights": np.ones((2, 3), np.int32)}, "weights must be int8, int16 or float32"),
        ({"weights": np.ones((2, 3), np.float32)}, "bias must be float32, one per unit"),
        ({"weights": np.ones(3, np.int8)}, "two-dimensional"),
        ({"weights": np.ones((2, 0), np.int8)}, "must not be empty"),
        ({"bias": np.ones(2, np.int64)}, "bias must be int32"),
        ({"bias": np.ones(3, np.int32)}, "bias must be int32, one per unit"),
        ({"bias": np.array([0, 2**24], np.int32)}, "bias must lie within"),
        ({"bias": np.array([0, -(2**31)], np.int32)}, "bias must lie within"),
        ({"activation": "relu"}, "activation 'relu' must be"),
    ],
)
def test_layers_that_break_a_rule_are_refused(change, rule):
    with pytest.raises(ValueError, match=rule):
        layer(**change)


@pytest.mark.parametrize(
    ("activation", "expected"),
    [(Relu(), [0.0, 6.0]), (Clip(5), [0.0, 2.5]), (Square(), [8.0, 72.0])],
)
def test_what_a_layer_is_at_rest(activation, expected):
    made = layer(bias=np.array([-4, 12], np.int32), scale=0.5, activation=activation)
    assert made.resting.tolist() == expected


def test_a_layer_is_shown_in_a_line():
    weights = sp.csr_array(np.ones((2, 3), np.int8))
    made = layer(weights=weights, activation=Clip(5))
    made = replace(made, carried=np.array([0, 2], np.int32))
    assert repr(made) == (
        "Layer(4 ReLUs (2 clipped units) read 3 numbers, sparse int8, 2 numbers pass)"
    )
    assert repr(layer(activation=Square())) == "Layer(2 squares read 3 numbers, int8)"
