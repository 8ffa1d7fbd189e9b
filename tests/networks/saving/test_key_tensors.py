"""Key files: round trips, and a line for every fault."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.saving.files import key_path, load, load_key, save_key
from support.saved_files import (
    assert_refused,
    file_of,
    metadata_of,
    packed,
    parts_of,
    sealed,
    tensors_of,
    valid_file,
    with_metadata,
)
from support.small_networks import KINDS, network_of, superposed_network

COMPILED = tuple(kind for kind in KINDS if kind not in ("deep", "mixed", "stream", "ties"))


def test_a_key_keeps_what_is_inverted_and_what_is_constant(tmp_path):
    key = superposed_network(300).key
    outputs = key.circuit.outputs.copy()
    outputs[1:3] = -1
    inverted = np.arange(len(outputs)) % 3 == 1
    circuit = replace(key.circuit, outputs=outputs, inverted=inverted)
    replace(key, circuit=circuit).save(tmp_path / "key")
    loaded = load_key(tmp_path / "key").circuit
    assert np.array_equal(loaded.outputs, outputs)
    assert loaded.inverted.dtype == np.bool_
    assert np.array_equal(loaded.inverted, inverted)


@pytest.mark.parametrize("kind", COMPILED)
def test_a_loaded_key_is_the_one_that_was_saved(kind, tmp_path):
    key = network_of(kind).key
    key.save(tmp_path / "key.safetensors")
    loaded = load_key(tmp_path / "key.safetensors")
    assert loaded.circuit.name == key.circuit.name
    assert loaded.circuit.features == key.circuit.features
    assert loaded.circuit.output_names == key.circuit.output_names
    for ours, theirs in zip(_key_arrays(key), _key_arrays(loaded), strict=True):
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs)
    assert loaded.describe(0) == key.describe(0)


def test_offsets_of_units_are_stored_where_columns_have_different_numbers(tmp_path):
    key = network_of("universal").key
    key.save(tmp_path / "key")
    header, _ = parts_of((tmp_path / "key").read_bytes())
    assert "layers.0.unit_offsets" in header
    assert "weight" not in metadata_of(header)["layers"][0]
    header, body = parts_of(valid_file("deep key"))
    key, tensors = superposed_network(300).key, tensors_of(header, body)
    metadata = metadata_of(header)
    assert [layer.pop("weight") for layer in metadata["layers"]] == [6] * 4
    # As all keys of this version had them at first.
    for number, layer in enumerate(key.layers):
        assert f"layers.{number}.unit_offsets" not in header
        tensors[f"layers.{number}.unit_offsets"] = layer.offsets
    first = _loaded(sealed(packed(tensors, json.dumps(metadata))), tmp_path)
    for ours, theirs in zip(key.layers, first.layers, strict=True):
        assert np.array_equal(ours.offsets, theirs.offsets)


def _loaded(content: bytes, folder: Path) -> AnswerKey:
    (folder / "key").write_bytes(content)
    return load_key(folder / "key")


@pytest.mark.parametrize("kind", COMPILED)
def test_weights_are_compression_times_decompression(kind, tmp_path):
    network = network_of(kind)
    save_key(network.key, tmp_path / "key")
    key = load_key(tmp_path / "key")
    decompression = np.zeros((key.encoder.features, key.encoder.neurons), np.int64)
    for feature, places in enumerate(key.encoder.positions):
        decompression[feature, places] = key.encoder.signs[feature]
    product = key.layers[0].compression.toarray().astype(np.int64) @ decompression
    assert np.array_equal(product, network.layers[0].weights)


@pytest.mark.parametrize("kind", COMPILED)
def test_a_network_takes_its_own_key(kind, tmp_path):
    network = network_of(kind)
    net, key = tmp_path / "net.safetensors", tmp_path / "net.key.safetensors"
    network.save(net)
    network.key.save(key)
    assert key == key_path(net)
    assert load(net, key).key.circuit.name == network.key.circuit.name


@pytest.mark.parametrize(
    ("name", "position", "value", "rule"),
    [
        ("layers.0.compression.columns", 0, 2**31 - 1, "columns of the compression must lie"),
        ("layers.0.compression.offsets", 1, 2**62, "compression.offsets must rise"),
        ("circuit.fan_in_offsets", 1, 2**62, "circuit.fan_in_offsets must rise"),
        ("circuit.fan_in", 0, -1, "reads a negative wire"),
        ("circuit.outputs", 0, 10**6, "which is not defined"),
        ("circuit.outputs", 0, -2, "which is not defined"),
        ("circuit.inverted", 0, 2, r"circuit.inverted must lie in 0\.\.1"),
        ("layers.0.wires", 3, 0, "wires of layer 0 are not those of the terms"),
        ("layers.0.inverted", 3, 1, "where columns are terms, neither they nor outputs"),
        ("layers.0.channels", 0, 4, "channels must lie"),
        ("layers.0.units", 0, 80, r"units must lie in 0\.\.79"),
        ("names.features", 0, 255, "can't decode byte 0xff"),
        ("names.features", 0, 10, "printable characters"),
    ],
)
def test_wrong_numbers_in_a_key_are_named(name, position, value, rule, tmp_path):
    header, body = parts_of(valid_file("key"))
    tensors = tensors_of(header, body)
    tensors[name].reshape(-1)[position] = value
    assert_refused(load_key, tmp_path, packed(tensors, json.dumps(metadata_of(header))), rule)


@pytest.mark.parametrize(
    ("name", "position", "value", "rule"),
    [
        ("layers.0.wires", 0, -2, "wires of layer 0 are not all wires"),
        ("layers.3.wires", 0, 2**31 - 1, "wires of layer 3 are not all wires"),
        ("layers.1.units", 0, 150, r"units must lie in 0\.\.149"),
        ("layers.1.inverted", 0, 2, r"layers\.1\.inverted must lie in 0\.\.1"),
        ("layers.1.reads.offsets", 1, 2**62, r"reads\.offsets must rise"),
        ("layers.1.reads.columns", 0, -1, "columns of the reads must lie"),
        ("encoder.positions", 0, 115, r"outside 0\.\.114"),
    ],
)
def test_wrong_numbers_in_a_deep_key_are_named(name, position, value, rule, tmp_path):
    header, body = parts_of(valid_file("deep key"))
    tensors = tensors_of(header, body)
    tensors[name].reshape(-1)[position] = value
    assert_refused(load_key, tmp_path, packed(tensors, json.dumps(metadata_of(header))), rule)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"width": 2**60}, "metadata 'width' must be 1 to"),
        ({"width": 0}, "metadata 'width' must be 1 to"),
        ({"weight": 2**64}, r"layers\.\d: \d+ units are not 18446744073709551616 each of"),
        ({"weight": -6}, "metadata 'weight' must be a whole number"),
        ({"width": 149}, r"units must lie in 0\.\.148"),
        ({"width": None}, "metadata 'width' must be a whole number"),
        ({"width": True}, "metadata 'width' must be a whole number"),
        ({"resolution": 10**30}, "is not from 1 to"),
        ({"resolution": 0}, "is not from 1 to"),
        ({"resolution": -1}, "metadata 'resolution' must be a whole number"),
        ({"of_terms": 1}, "metadata 'of_terms' must be true or false"),
        ({"of_terms": True}, "channels' is missing"),
    ],
)
def test_wrong_metadata_of_a_deep_layer_is_named(change, rule, tmp_path):
    header, body = parts_of(valid_file("deep key"))
    metadata = metadata_of(header)
    metadata["layers"][1] |= change
    assert_refused(
        load_key, tmp_path, file_of(with_metadata(header, json.dumps(metadata)), body), rule
    )


@pytest.mark.parametrize(
    ("layers", "rule"),
    [
        ([], "at least one layer"),
        ([[]], "metadata 'layers' must be a list of JSON objects"),
        ({}, "metadata 'layers' must be a list of JSON objects"),
        ([{}], "'of_terms' is missing"),
        (None, "metadata 'layers' must be a list"),
    ],
)
def test_wrong_layers_of_a_deep_key_are_named(layers, rule, tmp_path):
    header, body = parts_of(valid_file("deep key"))
    text = json.dumps({**metadata_of(header), "layers": layers})
    assert_refused(load_key, tmp_path, file_of(with_metadata(header, text), body), rule)


@pytest.mark.parametrize("kind", ["key", "deep key"])
def test_keys_of_no_weight_are_refused_however_many_features_they_claim(kind, tmp_path):
    header, body = parts_of(valid_file(kind))
    features = {"prefix": "x", "count": 2**31 - 1}
    tensors = tensors_of(header, body)
    for name in ("encoder.positions", "encoder.signs"):
        tensors[name] = np.zeros((2**31 - 1, 0), tensors[name].dtype)
    text = json.dumps({**metadata_of(header), "features": features})
    assert_refused(load_key, tmp_path, packed(tensors, text), "must have a feature")


def _key_arrays(key: AnswerKey) -> list[np.ndarray]:
    circuit = [getattr(key.circuit, each.name) for each in fields(key.circuit)]
    held = [getattr(layer, each.name) for layer in key.layers for each in fields(layer)]
    whole = [each.toarray() if sp.issparse(each) else each for each in circuit + held]
    arrays = [each for each in whole if isinstance(each, np.ndarray)]
    return [*arrays, key.encoder.positions, key.encoder.signs]


def test_a_key_of_an_older_polyseme_is_refused_with_what_to_do(tmp_path):
    header, body = parts_of(valid_file("key"))
    text = json.dumps({**metadata_of(header), "version": 4})
    rule = "is of version 4, written by an older polyseme; this one reads 6: compile its source"
    assert_refused(load_key, tmp_path, file_of(with_metadata(header, text), body), rule)


def test_terms_are_not_stored(tmp_path):
    header, _ = parts_of(valid_file("key"))
    assert not [name for name in header if "terms" in name or "literals" in name]


@pytest.mark.parametrize("neurons", [300, 10_000])
def test_a_loaded_key_of_wires_is_the_one_that_was_saved(neurons, tmp_path):
    network = superposed_network(neurons)
    network.save(tmp_path / "net")
    network.key.save(tmp_path / "key")
    loaded, key = load(tmp_path / "net", tmp_path / "key").key, network.key
    for ours, theirs in zip(_key_arrays(key), _key_arrays(loaded), strict=True):
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs)
    for ours, theirs in zip(key.layers, loaded.layers, strict=True):
        assert (ours.resolution, ours.width) == (theirs.resolution, theirs.width)
        assert (ours.reads is None, ours.factors) == (theirs.reads is None, theirs.factors)
    loaded.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "key").read_bytes()


@pytest.mark.parametrize(
    ("names", "rule"),
    [
        (b"both", "1 lines of names.gates for"),
        (b"\n".join([b"both"] * 2), "2 lines of names.gates for"),
        (b"\xff", "can't decode byte 0xff"),
    ],
)
def test_wrong_names_of_gates_are_refused(names, rule, tmp_path):
    header, body = parts_of(valid_file("key"))
    tensors = tensors_of(header, body)
    tensors["names.gates"] = np.frombuffer(names, np.uint8)
    assert_refused(load_key, tmp_path, packed(tensors, json.dumps(metadata_of(header))), rule)


def test_names_of_gates_must_be_distinct(tmp_path):
    header, body = parts_of(valid_file("key"))
    tensors = tensors_of(header, body)
    names = b"\n".join([b"both"] * len(tensors["circuit.kinds"]))
    tensors["names.gates"] = np.frombuffer(names, np.uint8)
    data = packed(tensors, json.dumps(metadata_of(header)))
    assert_refused(load_key, tmp_path, data, "also that of another gate")
