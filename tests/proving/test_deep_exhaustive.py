"""Every input of deep networks run: the kernel against batches, and against circuits evaluated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.circuits import Circuit
from polyseme.networks.activation import Clip, Relu, Square
from polyseme.networks.ends import Readout
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network
from polyseme.proving.claim import Claim
from polyseme.proving.exhaustive import engines
from polyseme.proving.exhaustive.deep_engine import deep_layers, wires_of
from polyseme.proving.exhaustive.deep_kernel import deep_run_with, fires, follow_with
from polyseme.proving.exhaustive.engines import batch_engine, deep_engine
from support.bending_networks import bending_network
from support.circuits import circuits, oracle


def deep_network(circuit: Circuit, seed: int) -> Network:
    """A network of three layers drawn at random, whose outputs rest as those of the circuit do."""
    generator = np.random.default_rng([seed, 1])
    network = bending_network(circuit, seed)
    layers = [replace(network.layers[0], weights=_weights(network.layers[0]))]
    for kind in (Clip(int(generator.integers(1, 9))), Relu()):
        units, inputs = int(generator.integers(2, 9)), layers[-1].units
        weights = generator.integers(-5, 6, (units, inputs)).astype(np.int8)
        bias = generator.integers(-9, 3, units).astype(np.int32)
        layers.append(Layer(weights, bias, float(generator.choice([1, 0.25])), kind))
    outputs = len(circuit.outputs)
    readout = generator.integers(-2, 4, (outputs, layers[-1].units)).astype(np.int16)
    on = generator.choice([0.25, 1, 3.5, np.inf], outputs)
    thresholds = np.where(circuit.inverted, -1.5, on).astype(np.float32)
    rows = np.arange(outputs + 1) * readout.shape[1]
    columns = np.tile(np.arange(readout.shape[1], dtype=np.int32), outputs)
    ends = Readout(circuit.output_names, rows, columns, readout.ravel(), thresholds)
    return replace(network, layers=tuple(layers), readout=ends)


def _weights(layer: Layer) -> np.ndarray:
    return layer.weights.toarray() if layer.is_sparse else layer.weights


@given(circuits(), st.integers(0, 10**6), st.integers(1, 4))
@settings(max_examples=80, deadline=None)
def test_the_kernel_finds_what_batches_find(circuit: Circuit, seed: int, active: int) -> None:
    claim = Claim(deep_network(circuit, seed), circuit, min(active, len(circuit.features)))
    layers, wires = deep_layers(claim.network, claim.active), wires_of(circuit)
    assert layers is not None
    # The kernel as it is written; machine code is looked at below.
    run = deep_run_with(lambda function: function)
    batches = batch_engine(claim)
    for first in range(len(circuit.features)):
        listed = np.empty((64, claim.active), np.int32)
        inputs, wrong = run(layers, wires, first, claim.active, listed)
        rows = [tuple(one for one in row if one >= 0) for row in listed[:wrong].tolist()]
        found = batches(first)
        assert (inputs, wrong, sorted(rows)) == (*found[:2], sorted(found[2]))


@given(circuits(), st.integers(0, 63))
def test_wires_are_followed(circuit: Circuit, chosen: int) -> None:
    features = [one for one in range(len(circuit.features)) if chosen >> one & 1]
    on = np.zeros(circuit.wires + 1, np.int64)
    on[: len(features)] = features
    read, first = np.zeros(circuit.gates, np.int64), np.zeros(circuit.gates, np.int64)
    count = follow_with(fires)(wires_of(circuit), on, len(features), read, first)
    assert sorted(on[:count]) == np.flatnonzero(oracle(circuit, set(features))).tolist()
    assert not read.any()
    assert not first.any()


@pytest.mark.slow
def test_machine_code_finds_the_same() -> None:
    circuit = crossed()
    claim = Claim(deep_network(circuit, 4), circuit, 3)
    fused, batches = deep_engine(claim), batch_engine(claim)
    assert fused is not None
    found = [(engine(0)[:2], sorted(engine(0)[2])) for engine in (fused, batches)]
    assert found[0] == found[1]
    assert found[0][0][1]


def crossed() -> Circuit:
    return ps.read("layered:width=12,depth=2,active=3")


def test_layers_that_the_kernel_does_not_serve_are_run_in_batches() -> None:
    circuit = crossed()
    network = deep_network(circuit, 4)
    first, *others = network.layers
    for layer in (
        replace(first, activation=Square()),
        replace(first, scale=2.0),
        replace(first, bias=first.bias + 2**23),
    ):
        other = replace(network, layers=(layer, *others))
        assert deep_layers(other, 3) is None
        assert deep_engine(Claim(other, circuit, 3)) is None
    engine, shared = engines.engine_of(Claim(network, circuit, 2))
    assert not shared
    assert engine(0)[0] == 12
