"""Keys of layers: what they may be made of, and how columns are read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from polyseme.errors import OptionError
from polyseme.networks.layer_key import LayerKey, wire_key
from support.network_parts import layer
from support.small_networks import network_of, superposed_network


def key_of(**changes: object) -> LayerKey:
    """Three columns on four units, the last of which is one that passes."""
    parts = {
        "width": 4,
        "wires": np.array([5, -1, 2], np.int32),
        "offsets": np.array([0, 2, 3, 5]),
        "units": np.array([2, 0, 3, 1, 2], np.int32),
        "inverted": np.array([False, True, False]),
    }
    return LayerKey(**(parts | changes))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"units": np.array([2, 0, 4, 1, 2], np.int32)}, r"units must lie in 0\.\.3"),
        ({"units": np.array([2, 0, -1, 1, 2], np.int32)}, r"units must lie in 0\.\.3"),
        ({"units": np.array([2, 2, 3, 1, 2], np.int32)}, "uses the same unit twice"),
        ({"units": np.zeros(5, np.int64)}, "units must be int32"),
        ({"offsets": np.array([0, 3, 3, 5])}, "needs at least one unit"),
        ({"offsets": np.array([0, 2, 5])}, "offsets of units must be 4 numbers"),
        ({"offsets": np.array([0, 2, 3, 6])}, "offsets of units must rise from 0 to 5"),
        ({"inverted": np.zeros(2, bool)}, "inversion must be said of 3 columns"),
        ({"wires": np.zeros(3, np.int64)}, "wires must be int32"),
        ({"channels": np.zeros(3, np.uint8)}, "3 channels for 3 columns"),
        ({"of_terms": True}, "0 channels for 3 columns"),
        ({"of_terms": True, "channels": np.full(3, 4, np.uint8)}, r"channels must lie in 0\.\.3"),
        ({"resolution": 8}, "resolution 8 is not from 0"),
        ({"compression": sp.csr_array((3, 9), dtype=np.int16)}, "resolution 0 is not from 1"),
        ({"reads": sp.csr_array((5, 9), dtype=np.int16)}, "reads of 5 units in 4"),
        ({"compression": sp.csr_array((3, 9), dtype=np.int32)}, "compression must be int16"),
        (
            dict.fromkeys(("compression", "reads"), sp.csr_array((3, 9), dtype=np.int16)),
            "needs no reads",
        ),
    ],
)
def test_keys_that_break_a_rule_are_refused(change, rule):
    key_of()
    with pytest.raises(OptionError, match=rule):
        key_of(**change)


@pytest.mark.parametrize("resolution", [0, -1, 2**24])
def test_a_resolution_is_of_what_float32_holds(resolution):
    compression = sp.csr_array((3, 9), dtype=np.int16)
    assert key_of(compression=compression, resolution=2**24 - 1).factors
    with pytest.raises(OptionError, match="is not from 1 to 16777215"):
        key_of(compression=compression, resolution=resolution)


def test_terms_may_have_no_unit():
    key = key_of(of_terms=True, channels=np.zeros(3, np.uint8), offsets=np.array([0, 2, 2, 5]))
    assert key.counts.tolist() == [2, 0, 3]
    assert key.columns_of(3).tolist() == [2]


def test_columns_and_units_ragged():
    key = key_of()
    assert key.columns_of(2).tolist() == [0, 2]
    assert key.hosts().toarray().astype(int).tolist() == [
        [1, 0, 0],
        [0, 0, 1],
        [1, 0, 1],
        [0, 1, 0],
    ]
    with pytest.raises(OptionError, match="1 to 2 units, and no one weight"):
        _ = key.positions
    with pytest.raises(OptionError, match="no one weight"):
        _ = key.code


def test_readings_are_means_of_units():
    ragged = key_of()
    activations = np.array([[0, 1, 0.5, 1], [1, 0, 0, 0]], np.float32)
    assert ragged.readings(activations).tolist() == [[0.25, 0.5], [0.0, 1.0], [0.75, 0.0]]
    held = superposed_network(300).key.layers[2]
    activations = np.random.default_rng(0).random((5, 150), np.float32)
    readings = held.readings(activations)
    assert readings.shape == (400, 5)
    for column, units in enumerate(held.positions):
        mean = activations[:, units].mean(axis=1)
        expected = 1 - mean if held.inverted[column] else mean
        assert np.allclose(readings[column], expected, atol=1e-5)


def test_the_code_of_columns_has_the_signs_of_inversion():
    positions = np.array([[0, 2], [1, 3]], np.int32)
    key = wire_key(4, np.array([0, 1], np.int32), positions, np.array([False, True]))
    assert key.code.matrix().toarray().tolist() == [[1, 0, 1, 0], [0, -1, 0, -1]]
    assert np.array_equal(key.positions, positions)


def test_a_key_describes_a_layer_of_its_width_and_weights():
    positions = np.array([[0], [1]], np.int32)
    below = wire_key(3, np.zeros(2, np.int32), positions, np.array([False, True])).code
    compression = sp.csr_array(np.array([[2, 0], [3, 1]], np.int16))
    key = wire_key(
        2,
        np.zeros(2, np.int32),
        positions,
        np.zeros(2, bool),
        compression=compression,
        resolution=1,
    )
    right = np.array([[2, 0, 0], [3, -1, 0]], np.int8)
    assert key.describes(layer(weights=right), below)
    assert key.describes(layer(weights=sp.csr_array(right)), below)
    assert not key.describes(layer(weights=-right), below)
    assert not key.describes(layer(weights=right[:, :2]), below)
    wider = replace(layer(weights=right), carried=np.array([2], np.int32))
    assert not key.describes(wider, below)


def test_keys_are_shown_in_a_line():
    assert repr(key_of()) == "LayerKey(3 wires on 4 units)"
    assert repr(superposed_network(300).key.layers[0]).endswith("wires on 150 units, reads)")
    assert repr(network_of("facts").key.layers[0]).endswith("terms on 80 units, W = C D)")
