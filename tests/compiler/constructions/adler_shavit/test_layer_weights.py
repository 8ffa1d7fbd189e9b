"""W = C D less the mean of every row, and where units bend."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.codes.code import SparseCode
from polyseme.compiler.constructions.adler_shavit.layer_weights import grain_of, layer_of
from polyseme.compiler.constructions.adler_shavit.random_sets import random_sets
from polyseme.networks.activation import Clip, Relu


def code(features: int, neurons: int, weight: int, seed: int) -> SparseCode:
    positions = random_sets(features, neurons, weight, np.random.default_rng(seed))
    return SparseCode(neurons, positions, np.ones(positions.shape, np.int8))


def reads(units: int, features: int, each: int, seed: int) -> sp.csr_array:
    found = random_sets(units, features, each, np.random.default_rng(seed))
    return sp.csr_array(
        (np.ones(found.size, np.int16), found.ravel(), np.arange(units + 1) * each),
        shape=(units, features),
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 9), st.integers(1, 20), st.integers(0, 99))
def test_weights_are_the_product_less_the_mean_of_each_row(weight, each, seed):
    below, wanted = code(25, 31, weight, seed), reads(12, 25, each, seed)
    needed = np.full(12, 2)
    layer = layer_of(wanted, needed, below, False, np.random.default_rng(seed))
    product = grain_of(below) * wanted.toarray() @ below.matrix().toarray()
    lost = product - layer.weights
    mean = product.mean(axis=1)
    # Every entry loses the whole number below the mean or above it, and a row its sum.
    assert (lost >= np.floor(mean)[:, None]).all()
    assert (lost <= np.floor(mean)[:, None] + 1).all()
    assert np.abs(lost.sum(axis=1) - product.sum(axis=1)).max() <= 1


def test_a_column_that_is_on_adds_the_resolution_and_others_nothing_on_average():
    below, wanted = code(600, 400, 8, 0), reads(50, 600, 60, 1)
    layer = layer_of(wanted, np.full(50, 2), below, False, np.random.default_rng(2))
    sums = layer.weights.astype(np.int64) @ below.matrix().toarray().T
    own = wanted.toarray() > 0
    resolution = grain_of(below) * below.weight
    # Sixty reads would add 60 x 8 / 400 = 1.2 of a column to every sum.
    assert np.abs(sums[~own].mean()) < 0.02 * resolution
    assert sums[own].mean() == pytest.approx(resolution, rel=0.05)


@pytest.mark.parametrize("resets", [False, True])
@pytest.mark.parametrize("needed", [1, 2, 3])
def test_units_bend_one_input_below_what_they_need(resets, needed):
    # Codes that share nothing, read by one unit each three: sums are exact but for the mean.
    below = SparseCode(48, np.arange(48).reshape(6, 8), np.ones((6, 8), np.int8))
    wanted = sp.csr_array(np.ones((1, 3), np.int16) @ np.eye(3, 6, dtype=np.int16))
    layer = layer_of(wanted, np.array([needed]), below, resets, np.random.default_rng(0))
    resolution = grain_of(below) * below.weight
    activation = Clip(32) if resets else Relu()
    assert layer.activation == activation
    assert -layer.bias[0] == (needed - 1) * resolution + (resolution // 2 if resets else 0)
    full = np.array([[resolution + layer.bias[0] + (needed - 1) * resolution]], np.float32)
    activation.apply(full)
    assert full[0, 0] * layer.scale == 1.0
