"""onnxruntime, which we did not write: it reads and decides bit for bit as numpy does."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.networks.exporting.to_onnx import to_onnx
from support.certified import certified
from support.checker import read_network

INPUTS = 10_000


@pytest.mark.parametrize("kind", ["linear", "bending"])
def test_onnxruntime_and_numpy_are_equal_on_ten_thousand_inputs(kind):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    network, _ = certified(kind).loaded()
    generator = np.random.default_rng(1)
    features = len(network.encoder.features)
    bits = np.zeros((INPUTS, features), bool)
    on = np.argsort(generator.random((INPUTS, features)), axis=1)[:, :2]
    np.put_along_axis(bits, on, True, axis=1)
    session = runtime.InferenceSession(to_onnx(network))
    readings, decided = session.run(["outputs", "on"], {"features": bits.astype(np.float32)})
    expected = by_hand(network, bits)
    assert readings.dtype == expected.dtype == np.float32
    assert np.array_equal(readings, expected)
    assert np.array_equal(decided, expected >= 0)
    assert np.array_equal(decided, network.run(bits))


def by_hand(network, bits):
    """Readings minus thresholds, from the file as the stand-alone checker reads it."""
    read = read_network(network)
    layer = read.layers[0]
    encoder = np.zeros((len(read.features), read.dimensions), np.float32)
    for feature, code in enumerate(read.codes):
        for place, sign in code:
            encoder[feature, place] = sign
    weights = np.array([layer.column(place) for place in range(read.dimensions)], np.float32)
    hidden = np.maximum(bits.astype(np.float32) @ encoder @ weights + np.float32(layer.bias), 0)
    reader = np.zeros((len(layer.bias), len(read.outputs)), np.float32)
    for output, entries in enumerate(read.readout):
        for unit, weight in entries:
            reader[unit, output] += weight
    return hidden * np.float32(layer.scale) @ reader - np.float32(read.thresholds)
