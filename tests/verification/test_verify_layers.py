"""Verifying deep networks: polarity, inputs, an evaluator apart, and looking at every layer."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.circuits import (
    Circuit,
    GateKind,
    Netlist,
    build_circuit,
    evaluate_dense,
    evaluate_sparse,
    problems,
    wires_on,
)
from polyseme.circuits.logic.aig import netlist_of, two_input_ands
from polyseme.errors import OptionError
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.verification.drawing import shallow_terms
from polyseme.verification.independent import evaluate_aig, independent_reference
from polyseme.verification.inputs import DEEP_DESCRIPTIONS
from polyseme.verification.layers import verify_layers
from polyseme.verification.sampling import (
    batch_size,
    compare,
    draw_fresh,
    verify,
    wrong_samples,
)
from support.netlists import computed, every_input, netlists
from support.progress import Watcher

# Gates of all kinds, three levels of them, and outputs of both polarities and both constants.
GATES = [
    (GateKind.AND, (0, 1)),
    (GateKind.OR, (1, 2, 3)),
    (GateKind.AND_NOT, (7, 6)),
    (GateKind.XOR, (6, 2)),
    (GateKind.AND, (8, 9)),
    (GateKind.OR, (8, 5)),
]


@pytest.fixture(scope="module")
def mixed() -> Circuit:
    return build_circuit(
        "abcdef",
        GATES,
        [10, 10, 11, 11, -1, -1, 8],
        inverted=[False, True, False, True, False, True, False],
    )


@pytest.fixture(scope="module")
def exact(mixed: Circuit) -> Network:
    return ps.compile(mixed, active=3)


@pytest.fixture(scope="module")
def straight() -> Network:
    return ps.compile(problems.layered(400, 4), construction="monosemantic", carry="gates")


@pytest.fixture(scope="module")
def crowded() -> Network:
    return ps.compile(problems.layered(400, 4), neurons=300, carry="gates")


def every_bits(features: int) -> np.ndarray:
    return np.array(every_input(features), bool)


def rows_of(bits: np.ndarray) -> np.ndarray:
    return np.where(bits, np.arange(bits.shape[1], dtype=np.int32), np.int32(-1))


# Polarity


def test_outputs_of_both_polarities_are_right(exact: Network, mixed: Circuit) -> None:
    assert LayerRunner(exact).resting.tolist() == mixed.inverted.tolist()
    rows = rows_of(every_bits(6))
    assert not wrong_samples(exact, mixed, rows).any()


@pytest.mark.parametrize("output", range(7))
def test_a_wrong_polarity_is_always_wrong(exact: Network, mixed: Circuit, output: int) -> None:
    inverted = mixed.inverted.copy()
    inverted[output] ^= True
    rows = rows_of(every_bits(6))
    assert wrong_samples(exact, replace(mixed, inverted=inverted), rows).all()


@given(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0, np.inf]), min_size=7, max_size=7))
@settings(max_examples=60, deadline=None)
def test_wrong_is_what_a_user_sees_as_wrong(
    exact: Network, mixed: Circuit, thresholds: list[float]
) -> None:
    readout = replace(exact.readout, thresholds=np.array(thresholds, np.float32))
    broken = replace(exact, readout=readout)
    bits = every_bits(6)
    truth = evaluate_dense(mixed, bits)
    runner = LayerRunner(broken)
    rows = rows_of(bits)
    seen = runner.over_threshold(runner.activations(rows)[-1]).T
    assert np.array_equal(wrong_samples(broken, mixed, rows), (seen != truth).any(axis=1))


def test_batches_count_units(exact: Network, crowded: Network) -> None:
    assert batch_size(exact) == 2048
    wide = ps.compile(problems.permutation(8000), construction="monosemantic")
    assert batch_size(wide) == 1000


# Inputs


@pytest.mark.parametrize("inputs", sorted(DEEP_DESCRIPTIONS))
def test_a_deep_network_is_tried_on_deep_inputs(straight: Network, inputs: str) -> None:
    report = verify(straight, samples=400, inputs=inputs)
    assert (report.samples, report.wrong, report.inputs) == (400, 0, inputs)
    bare = replace(straight, key=None)
    assert verify(bare, problems.layered(400, 4), samples=400, inputs=inputs) == report


@pytest.mark.parametrize("inputs", ["near-miss", "one-short"])
def test_inputs_of_one_layer_are_refused(straight: Network, inputs: str) -> None:
    with pytest.raises(OptionError, match="for circuits of one hidden layer"):
        verify(straight, samples=10, inputs=inputs)


def test_what_counts_as_shallow(straight: Network) -> None:
    circuit = problems.pairwise_and(30, 30)
    network = ps.compile(circuit, construction="monosemantic")
    bare = replace(network, key=None)
    assert shallow_terms(network, circuit) is not None
    assert shallow_terms(bare, circuit) is not None
    upside_down = replace(circuit, inverted=np.ones(30, bool))
    constant = replace(circuit, outputs=np.append(circuit.outputs[:-1], -1).astype(np.int32))
    for other in (upside_down, constant, problems.layered(30, 3)):
        assert shallow_terms(bare, other) is None
    assert shallow_terms(straight, circuit) is None


# An evaluator apart


@given(netlists())
@settings(max_examples=150, deadline=None)
def test_the_simulator_computes_what_the_netlist_says(netlist: Netlist) -> None:
    bits = every_input(min(len(netlist.inputs), 8))
    found = evaluate_aig(netlist, np.array(bits, bool).reshape(len(bits), -1))
    assert found.tolist() == [computed(netlist, row) for row in bits]


@pytest.mark.parametrize("samples", [0, 1, 63, 64, 65, 1000])
def test_the_simulator_agrees_with_the_circuit(samples: int) -> None:
    circuit = problems.layered(60, 5)
    bits = np.random.default_rng(0).random((samples, 60)) < 0.1
    assert np.array_equal(evaluate_aig(netlist_of(circuit), bits), evaluate_dense(circuit, bits))


def test_the_simulator_works_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    circuit = problems.layered(60, 5)
    bits = np.random.default_rng(0).random((300, 60)) < 0.1
    # By module, for polyseme.verify is also the name of a function.
    monkeypatch.setattr(sys.modules[evaluate_aig.__module__], "_WORDS", 1)
    assert np.array_equal(evaluate_aig(netlist_of(circuit), bits), evaluate_dense(circuit, bits))


def test_the_simulator_agrees_with_another_tool(mixed: Circuit) -> None:
    aigverse = pytest.importorskip("aigverse")
    if not hasattr(aigverse.algorithms, "simulate_sequential"):
        pytest.skip("this aigverse simulates truth tables only")
    for circuit in (mixed, problems.layered(100, 4)):
        ands = two_input_ands(netlist_of(circuit))
        graph = aigverse.networks.SequentialAig()
        signals = [graph.get_constant(False), *(graph.create_pi() for _ in ands.inputs)]

        def read(literal: int, signals: list = signals):
            return ~signals[literal >> 1] if literal & 1 else signals[literal >> 1]

        for one, other in ands.fan_in.reshape(-1, 2).tolist():
            signals.append(graph.create_and(read(one), read(other)))
        for literal in ands.outputs.tolist():
            graph.create_po(read(literal))
        bits = np.random.default_rng(1).random((200, len(ands.inputs))) < 0.2
        # Without registers, every cycle is a sample.
        run = aigverse.algorithms.simulate_sequential(graph, len(bits), bits.tolist())
        assert np.array_equal(evaluate_aig(netlist_of(circuit), bits), np.array(run.outputs))


def test_the_simulator_refuses_other_shapes(mixed: Circuit) -> None:
    with pytest.raises(ValueError, match=r"\(samples, 6\)"):
        evaluate_aig(netlist_of(mixed), np.zeros((3, 5), bool))
    assert evaluate_aig(netlist_of(mixed), np.zeros((3, 6), bool)).shape == (3, 7)


def test_an_independent_reference_says_the_same(crowded: Network, mixed: Circuit) -> None:
    reference = independent_reference(netlist_of(mixed))
    rows = rows_of(every_bits(6))
    assert reference.resting.tolist() == mixed.inverted.tolist()
    differing = reference.differing(rows)
    assert np.array_equal(differing.toarray(), evaluate_sparse(mixed, rows).toarray())
    assert crowded.key is not None
    circuit = crowded.key.circuit
    one, other = (
        verify(crowded, samples=300, reference=chosen)
        for chosen in (None, independent_reference(netlist_of(circuit)))
    )
    assert one == other


def test_comparing_with_an_independent_reference_finds_wrong_polarity(
    exact: Network, mixed: Circuit
) -> None:
    rows = rows_of(every_bits(6))
    upside_down = replace(mixed, inverted=~mixed.inverted)
    for circuit, wrong in ((mixed, False), (upside_down, True)):
        reference = independent_reference(netlist_of(circuit))
        assert (compare(exact, reference, rows) == wrong).all()


# Layers


def without_unit(network: Network, layer: int, unit: int) -> Network:
    """The network with one unit that never fires."""
    broken = network.layers[layer]
    bias = broken.bias.copy()
    bias[unit] = -(2**20)
    layers = list(network.layers)
    layers[layer] = replace(broken, bias=bias)
    return replace(network, layers=tuple(layers))


def test_no_layer_of_an_exact_network_is_wrong(straight: Network, exact: Network) -> None:
    for network in (straight, exact):
        report = verify_layers(network, samples=300)
        assert report.first_wrong is None
        assert [layer.layer for layer in report.layers] == list(range(len(network.layers)))
        assert all(layer.first_wrong == "" for layer in report.layers)


@pytest.mark.parametrize("layer", [0, 1, 2, 3])
def test_the_first_wrong_layer_is_found(straight: Network, layer: int) -> None:
    key = straight.key
    assert key is not None
    rows = np.random.default_rng(3).integers(400, size=(200, 3)).astype(np.int32)
    often = wires_on(key.circuit, rows).toarray().sum(axis=0)[key.layers[layer].wires]
    column = int(np.argmax(often))
    unit = int(key.layers[layer].positions[column, 0])
    report = verify_layers(without_unit(straight, layer, unit), samples=1000)
    first = report.first_wrong
    assert first is not None
    assert first.layer == layer
    assert first.first_wrong == key.circuit.known_as(int(key.layers[layer].wires[column]))
    assert all(found.wrong == 0 for found in report.layers[:layer])


def test_layers_are_counted_as_an_obvious_loop_counts_them(crowded: Network) -> None:
    key = crowded.key
    assert key is not None
    report = verify_layers(crowded, samples=40, seed=6)
    rows = drawn(crowded, 40, 6)
    truth = wires_on(key.circuit, rows).toarray()
    activations = LayerRunner(crowded).activations(rows)
    for number, (held, values) in enumerate(zip(key.layers, activations, strict=True)):
        wrong, on, first = 0, 0, ""
        for sample in range(40):
            misread = []
            for wire, units in zip(held.wires.tolist(), held.positions.tolist(), strict=True):
                on += int(truth[sample, wire])
                reading = sum(float(values[sample, unit]) for unit in units) / len(units)
                if (reading >= 0.6) != truth[sample, wire]:
                    misread.append(wire)
            wrong += bool(misread)
            if misread and not first:
                first = key.circuit.known_as(misread[0])
        found = report.layers[number]
        assert (found.columns, found.wrong, found.first_wrong) == (len(held.wires), wrong, first)
        assert found.mean_on == on / 40
        assert found.mean_active == (values > 0).sum() / 40


def drawn(network: Network, samples: int, seed: int) -> np.ndarray:
    assert network.key is not None
    return draw_fresh(network, network.key.circuit, "satisfied", 3, samples, seed)


def test_columns_that_are_no_wire_are_not_compared(exact: Network) -> None:
    key = exact.key
    assert key is not None
    report = verify_layers(exact, samples=50)
    helpers = [int((held.wires < 0).sum()) for held in key.layers]
    assert sum(helpers) > 0
    for found, held, spare in zip(report.layers, key.layers, helpers, strict=True):
        assert found.columns == len(held.wires) - spare


def test_progress_of_layers_reaches_the_end(straight: Network) -> None:
    watcher = Watcher()
    verify_layers(straight, samples=40_000, progress=watcher)
    seen = watcher.counts
    assert len(seen) > 1
    assert seen[-1] == (40_000, 40_000)


def test_layers_need_a_key_of_wires(straight: Network) -> None:
    shallow = ps.compile(problems.pairwise_and(30, 30), construction="monosemantic")
    with pytest.raises(OptionError, match="one hidden layer has nothing in between"):
        verify_layers(shallow, samples=10)
    with pytest.raises(OptionError, match="answer key"):
        verify_layers(replace(straight, key=None), samples=10)
    with pytest.raises(OptionError, match="samples is 0"):
        verify_layers(straight, samples=0)
