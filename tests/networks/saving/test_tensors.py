"""Tensors of network files: all needed, each of one type, and a line for every fault."""

from __future__ import annotations

import json

import numpy as np
import pytest

from polyseme.networks.saving.files import load
from support.saved_files import (
    FUZZED,
    assert_refused,
    file_of,
    metadata_of,
    packed,
    parts_of,
    reader_of,
    tensors_of,
    valid_file,
    with_metadata,
)


@pytest.mark.parametrize(
    ("layers", "rule"),
    [
        (0, "at least one layer"),
        (1, "tensor 'layers.1.bias' is no part of a polyseme-network file"),
        (4, "'layers.3.bias' is missing"),
    ],
)
def test_tensors_that_are_not_the_layers_claimed_are_named(layers, rule, tmp_path):
    header, body = parts_of(valid_file("deep"))
    metadata = {**metadata_of(header), "scales": [1.0] * layers, "caps": [0] * layers}
    metadata["squared"] = [False] * layers
    assert_refused(load, tmp_path, file_of(with_metadata(header, json.dumps(metadata)), body), rule)


def test_codes_of_no_weight_are_refused_however_many_features_they_claim(tmp_path):
    header, body = parts_of(valid_file("deep"))
    metadata = metadata_of(header)
    metadata["features"] = {"prefix": "x", "count": 2**31 - 1}
    tensors = tensors_of(header, body)
    for name in ("encoder.positions", "encoder.signs"):
        tensors[name] = np.zeros((2**31 - 1, 0), tensors[name].dtype)
    assert_refused(load, tmp_path, packed(tensors, json.dumps(metadata)), "must have a feature")


@pytest.mark.parametrize(
    ("name", "position", "value", "rule"),
    [
        ("readout.thresholds", 0, np.nan, "not a number"),
        ("readout.thresholds", 0, -np.inf, "minus infinity"),
        ("readout.neurons", 3, 18, r"readout neurons must lie in 0\.\.17"),
        ("readout.neurons", 3, -1, "readout neurons must lie"),
        ("readout.offsets", 1, 2**62, "readout offsets must rise"),
        ("encoder.positions", 5, 12, r"outside 0\.\.11"),
        ("encoder.signs", 5, 0, r"signs must be \+1 or -1"),
        ("layers.1.bias", 0, 2**24, "bias must lie within"),
    ],
)
def test_wrong_numbers_are_named(name, position, value, rule, tmp_path):
    header, body = parts_of(valid_file("deep"))
    tensors = tensors_of(header, body)
    tensors[name].reshape(-1)[position] = value
    assert_refused(load, tmp_path, packed(tensors, json.dumps(metadata_of(header))), rule)


@pytest.mark.parametrize(
    ("name", "position", "value", "rule"),
    [
        ("layers.0.offsets", 4, 2**62, r"layers\.0\.offsets must rise from 0 to"),
        ("layers.0.offsets", 0, 1, r"layers\.0\.offsets must rise from 0 to"),
        ("layers.0.columns", 3, 12, r"columns of sparse weights must lie in 0\.\.11"),
        ("layers.0.columns", 3, -1, r"columns of sparse weights must lie in 0\.\.11"),
        ("layers.2.columns", 3, 15, r"columns of sparse weights must lie in 0\.\.14"),
        ("layers.0.columns", 1, 0, "columns of sparse weights must rise in each row"),
        ("layers.0.bias", 1, 2**24, "bias must lie within"),
    ],
)
def test_wrong_numbers_in_sparse_layers_are_named(name, position, value, rule, tmp_path):
    header, body = parts_of(valid_file("mixed"))
    tensors = tensors_of(header, body)
    tensors[name][position] = value
    assert_refused(load, tmp_path, packed(tensors, json.dumps(metadata_of(header))), rule)


def test_a_layer_is_stored_one_way(tmp_path):
    header, body = parts_of(valid_file("mixed"))
    tensors = tensors_of(header, body)
    tensors["layers.0.weights"] = np.ones((20, 12), np.int8)
    content = packed(tensors, json.dumps(metadata_of(header)))
    assert_refused(load, tmp_path, content, r"tensor 'layers\.0\.weights' is no part of")


def test_sparse_layers_do_not_read_as_much_as_a_file_may_claim(tmp_path):
    header, body = parts_of(valid_file("mixed"))
    text = json.dumps({**metadata_of(header), "dimensions": 2**31 - 1})
    content = file_of(with_metadata(header, text), body)
    assert_refused(load, tmp_path, content, "a sparse layer reads 2147483647 numbers")


@pytest.mark.parametrize("kind", FUZZED)
def test_every_tensor_is_needed_and_has_one_type_and_shape(kind, tmp_path):
    header, body = parts_of(valid_file(kind))
    text, read = json.dumps(metadata_of(header)), reader_of(kind)
    for name in tensors_of(header, body):
        tensors = tensors_of(header, body)
        dtype = tensors[name].dtype
        for other in (
            tensors[name].astype(np.float64),
            tensors[name].astype("u8" if dtype.kind != "f" else "f2"),
            tensors[name][None],
            tensors[name][: len(tensors[name]) // 2],
            tensors[name][:0],
        ):
            assert_refused(read, tmp_path, packed({**tensors, name: other}, text))
        del tensors[name]
        # Without a list of what it carries a layer carries nothing: whoever reads it notices.
        rule = "." if name.endswith(".carried") else f"'{name}' is missing"
        assert_refused(read, tmp_path, packed(tensors, text), rule)


@pytest.mark.parametrize("kind", ["deep", "key"])
def test_a_tensor_too_many_is_refused(kind, tmp_path):
    header, body = parts_of(valid_file(kind))
    tensors = tensors_of(header, body) | {"later": np.zeros(3, np.float32)}
    content = packed(tensors, json.dumps(metadata_of(header)))
    assert_refused(reader_of(kind), tmp_path, content, "tensor 'later' is no part of a polyseme-")
