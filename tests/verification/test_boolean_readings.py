"""What is read of networks of ANDs by bits, against the same read in float32."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

import polyseme as ps
from polyseme.networks.network import Network
from polyseme.verification import layers as layers_module
from polyseme.verification import wire_readings
from polyseme.verification.boolean_columns import boolean_columns
from polyseme.verification.layers import LayerReport
from polyseme.verification.reading_error import ReadingError

GATES = [
    (ps.GateKind.OR, (0, 1)),
    (ps.GateKind.XOR, (6, 2)),
    (ps.GateKind.AND_NOT, (7, 3)),
    (ps.GateKind.AND, (8, 4)),
    (ps.GateKind.OR, (9, 5)),
]


def exact(carry: str = "residual") -> Network:
    circuit = ps.build_circuit("abcdef", GATES, [10, 7, 5], inverted=[False, True, False])
    return ps.compile(circuit, active=3, construction="monosemantic", carry=carry)


def broken(number: int, place: int) -> Network:
    """The network with one literal negated, which leaves it one of ANDs."""
    network = exact()
    layer = network.layers[number]
    weights, bias = layer.weights.copy(), layer.bias.copy()
    unit = int(np.searchsorted(weights.indptr, place, side="right")) - 1
    bias[unit] += weights.data[place]
    weights.data[place] *= -1
    layers = list(network.layers)
    layers[number] = replace(layer, weights=weights, bias=bias)
    return replace(network, layers=tuple(layers))


def both(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[ReadingError, LayerReport]]:
    """What is said of a network by bits, and by running its layers."""
    assert network.key is not None
    assert boolean_columns(network, network.key, network.key.circuit) is not None
    said = []
    for _ in range(2):
        read = ps.reading_error(network, samples=1000)
        said.append((read, ps.verify_layers(network, samples=300)))
        for module in (wire_readings, layers_module):
            monkeypatch.setattr(module, "boolean_columns", lambda *_: None)
    return said


@pytest.mark.parametrize("carry", ["gates", "residual"])
def test_an_exact_network_reads_the_same(carry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bits, run = both(exact(carry), monkeypatch)
    assert bits == run
    assert bits[0].epsilon == 0
    assert bits[1].first_wrong is None
    assert any(0 < layer.bending_units <= 1 for layer in bits[0].layers)


# Layer 1 has halves of an XOR, which are no wires and not read.
@pytest.mark.parametrize(
    ("number", "place", "first"), [(0, 0, 0), (0, 1, 0), (1, 1, 2), (2, 0, 2), (4, 0, 4)]
)
def test_a_broken_network_reads_the_same(
    number: int, place: int, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bits, layers), (run, run_layers) = both(broken(number, place), monkeypatch)
    assert layers == run_layers
    assert layers.first_wrong is not None
    assert layers.first_wrong.layer == first
    assert bits == run
    assert bits.epsilon > 0


def test_bits_come_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = (
        ps.verify_layers(broken(1, 1), samples=300),
        ps.reading_error(broken(1, 1), samples=1000),
    )
    monkeypatch.setattr(sys.modules["polyseme.common.bits"], "_MOST_PER_THING", 1)
    monkeypatch.setattr(sys.modules["polyseme.verification.boolean_columns"], "_AT_ONCE", 2)
    assert ps.verify_layers(broken(1, 1), samples=300) == whole[0]
    assert ps.reading_error(broken(1, 1), samples=1000) == whole[1]
