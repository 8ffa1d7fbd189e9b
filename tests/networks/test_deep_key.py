"""Deep keys: round trips through files, and refusal of networks they do not belong to."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import scipy.sparse as sp

from polyseme.circuits.circuit import GateKind
from polyseme.errors import FileFormatError
from polyseme.networks.deep_key import DeepKey, LayerKey
from polyseme.networks.network import Network
from polyseme.networks.saving.files import load, load_key
from support.small_networks import full_weights, network_of, superposed_network

SIZES = (300, 10_000)


def _arrays(layer: LayerKey) -> list[np.ndarray]:
    return [layer.wires, layer.positions, layer.inverted, layer.reads.toarray()]


def _with_layer(key: DeepKey, number: int, **changes: object) -> DeepKey:
    layers = list(key.layers)
    layers[number] = replace(layers[number], **changes)
    return replace(key, layers=tuple(layers))


def _refused(network: Network, key: DeepKey, directory) -> None:
    network.save(directory / "net")
    key.save(directory / "key")
    with pytest.raises(FileFormatError, match="is not the answer key of") as caught:
        load(directory / "net", directory / "key")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("neurons", SIZES)
def test_a_loaded_deep_key_is_the_one_that_was_saved(neurons, tmp_path):
    network = superposed_network(neurons)
    network.save(tmp_path / "net")
    network.key.save(tmp_path / "key")
    loaded, key = load(tmp_path / "net", tmp_path / "key").key, network.key
    assert isinstance(loaded, DeepKey)
    for ours, theirs in zip(key.layers, loaded.layers, strict=True):
        assert ours.unit == theirs.unit
        assert ours.superposed == theirs.superposed == (neurons == 300)
        for mine, read in zip(_arrays(ours), _arrays(theirs), strict=True):
            assert mine.dtype == read.dtype
            assert np.array_equal(mine, read)
    for field in fields(key.circuit):
        ours, theirs = getattr(key.circuit, field.name), getattr(loaded.circuit, field.name)
        assert np.array_equal(ours, theirs) if isinstance(ours, np.ndarray) else ours == theirs
    loaded.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "key").read_bytes()


@pytest.mark.parametrize("neurons", SIZES)
def test_compiling_twice_gives_the_same_bytes(neurons, tmp_path):
    for name in ("1", "2"):
        network = superposed_network.__wrapped__(neurons)
        network.save(tmp_path / f"net{name}")
        network.key.save(tmp_path / f"key{name}")
    for what in ("net", "key"):
        assert (tmp_path / f"{what}1").read_bytes() == (tmp_path / f"{what}2").read_bytes()


def test_units_read_what_the_key_says():
    network = superposed_network(300)
    key = network.key
    below = key.encoder.matrix().toarray().astype(np.int64)
    for layer, carried in zip(network.layers, key.layers, strict=True):
        every = full_weights(layer).astype(np.int64) @ below.T
        reads = carried.reads.tocoo()
        assert np.array_equal(every[reads.row, reads.col], reads.data)
        # At full strength, or silent, within the rounding of a column's units.
        strength = np.round(reads.data / carried.unit)
        assert set(strength.tolist()) == {-1, 0, 1}
        weight = np.abs(below).sum(axis=1).max()
        assert np.abs(reads.data - strength * carried.unit).max() <= weight / 2 + 0.05
        below = np.zeros((len(carried.wires), layer.units), np.int64)
        for column, units in enumerate(carried.positions):
            below[column, units] = -1 if carried.inverted[column] else 1


@pytest.mark.parametrize("number", [0, 3])
def test_units_read_what_their_gates_read(number):
    """Every input of every gate is among the reads of the units that carry it, with its sign."""
    key = superposed_network(300).key
    circuit, layer = key.circuit, key.layers[number]
    below = np.arange(circuit.wires) if not number else key.layers[number - 1].wires
    column = {wire: place for place, wire in enumerate(below.tolist())}
    strength = np.round(layer.reads.toarray() / layer.unit)
    seen = 0
    for wire, units in zip(layer.wires.tolist(), layer.positions, strict=True):
        gate = wire - len(circuit.features)
        inputs = circuit.fan_in[slice(*circuit.fan_in_offsets[gate : gate + 2])].tolist()
        for place, source in enumerate(inputs):
            negated = circuit.kinds[gate] == GateKind.AND_NOT and place > 0
            # A unit whose columns want a wire with either sign does not hear it.
            assert (strength[units, column[source]] * (-1 if negated else 1) >= 0).mean() > 0.5
            seen += int((strength[units, column[source]] != 0).sum())
    assert seen > 0.9 * layer.positions.shape[1] * 1.7 * len(layer.wires)


@pytest.mark.parametrize("number", [0, 3])
def test_another_weight_that_the_key_names_is_refused(number, tmp_path):
    network = superposed_network(300)
    layers = list(network.layers)
    weights = layers[number].weights.copy()
    key = network.key
    code = key.encoder.positions if not number else key.layers[number - 1].positions
    weights[-1, code[key.layers[number].reads[[-1]].indices[0], 0]] ^= 1
    layers[number] = replace(layers[number], weights=weights)
    _refused(replace(network, layers=tuple(layers)), network.key, tmp_path)


@pytest.mark.parametrize("number", [0, 3])
def test_another_read_is_refused(number, tmp_path):
    network = superposed_network(300)
    reads = network.key.layers[number].reads.copy()
    reads.data[-1] += 1
    _refused(network, _with_layer(network.key, number, reads=reads), tmp_path)


def test_another_inversion_below_is_refused(tmp_path):
    network = superposed_network(300)
    inverted = ~network.key.layers[0].inverted
    _refused(network, _with_layer(network.key, 0, inverted=inverted), tmp_path)


def test_keys_of_other_networks_are_refused_without_more_ado(tmp_path):
    wide, narrow, one = superposed_network(10_000), superposed_network(300), network_of("facts")
    positions = wide.key.layers[1].positions.copy()
    positions[0] = 400
    _refused(wide, _with_layer(wide.key, 1, positions=positions), tmp_path)
    _refused(wide, replace(wide.key, layers=wide.key.layers[:3]), tmp_path)
    for network, key in ((wide, narrow.key), (narrow, wide.key), (one, wide.key), (wide, one.key)):
        _refused(network, key, tmp_path)


def test_a_key_of_one_layer_takes_the_same_weights_stored_sparsely():
    network = network_of("facts")
    layer = network.layers[0]
    weights = sp.csr_array(layer.weights)
    sparse = replace(network, layers=(replace(layer, weights=weights, cap=9),))
    assert network.key.belongs_to(sparse)
    weights.data[3] += 1
    assert not network.key.belongs_to(sparse)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"unit": 2**24}, "unit 16777216 is not a whole number"),
        ({"positions": np.full((400, 1), 150, np.int32)}, r"positions must lie in 0\.\.149"),
        ({"positions": np.full((400, 1), -1, np.int32)}, r"positions must lie in 0\.\.149"),
        ({"positions": np.zeros((400, 2), np.int32)}, "uses the same unit twice"),
        ({"positions": np.zeros((400, 0), np.int32)}, "needs at least one unit"),
        ({"inverted": np.zeros(3, bool)}, "must serve 400 columns"),
        ({"wires": np.full(400, 10**6, np.int32)}, "not all wires of the circuit"),
        ({"reads": sp.csr_array((150, 9), dtype=np.int16)}, "must read 400 columns"),
    ],
)
def test_deep_keys_that_break_a_rule_are_refused(change, rule):
    with pytest.raises(ValueError, match=rule):
        _with_layer(superposed_network(300).key, 1, **change)


def test_readings_are_means_of_units(tmp_path):
    key = superposed_network(300).key
    key.save(tmp_path / "key")
    layer = load_key(tmp_path / "key").layers[2]
    activations = np.random.default_rng(0).random((5, 150), np.float32)
    readings = layer.readings(activations)
    assert readings.shape == (400, 5)
    for column, units in enumerate(layer.positions):
        mean = activations[:, units].mean(axis=1)
        expected = 1 - mean if layer.inverted[column] else mean
        assert np.allclose(readings[column], expected, atol=1e-5)
