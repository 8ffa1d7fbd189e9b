"""The view that a browser gets of an answer key is what the key says."""

from __future__ import annotations

import json

import numpy as np
import pytest

import polyseme as ps
from polyseme.explorer.view import view_data

TYPES = {"I8": "<i1", "U8": "<u1", "I16": "<i2", "I32": "<i4", "I64": "<i8", "F32": "<f4"}


def tensors(data: bytes) -> dict[str, np.ndarray]:
    length = int.from_bytes(data[:8], "little")
    header, rest = json.loads(data[8 : 8 + length]), data[8 + length :]
    header.pop("__metadata__")
    return {
        name: np.frombuffer(rest[slice(*entry["data_offsets"])], TYPES[entry["dtype"]])
        for name, entry in header.items()
    }


def test_terms_and_units_are_those_of_the_key():
    network = ps.compile(ps.read("and2:features=100,gates=100"), neurons=90, epsilon=None)
    found, [layer] = tensors(view_data(network)), network.key.layers
    assert np.array_equal(found["layers.0.units"], layer.units)
    assert np.array_equal(found["layers.0.offsets"], layer.offsets)
    assert np.array_equal(found["terms.literals"], network.key.terms.literals)
    assert np.array_equal(found["circuit.fan_in"], network.key.circuit.fan_in)


@pytest.mark.filterwarnings("ignore::polyseme.PolysemeWarning")
def test_wires_of_a_deep_network_have_their_names():
    network = ps.compile(ps.read("y = ~(a & b) ^ (c | d & e)"), active=5)
    found = tensors(view_data(network))
    for number, layer in enumerate(network.key.layers):
        names = found[f"layers.{number}.names"].tobytes().decode().split("\n")
        assert names == [network.key.describe(i, number) for i in range(len(layer.wires))]
    assert found["circuit.inverted"].tolist() == network.key.circuit.inverted.tolist()
