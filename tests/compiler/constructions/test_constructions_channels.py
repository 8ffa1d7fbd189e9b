"""Constructions that put every term through one channel, trees of ANDs, and error correction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from polyseme import GateKind, build_circuit, compile
from polyseme.circuits import problems
from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import evaluate_dense
from polyseme.circuits.terms import terms_of
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.staged.and_tree import tree_circuit
from polyseme.compiler.constructions.staged.error_correction import code_weight
from polyseme.compiler.constructions.three_channel.channels import (
    Channel,
    one_channel,
    overlapping_pools,
)
from polyseme.compiler.constructions.three_channel.single_channel import code_neurons, gap_variance
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network
from polyseme.networks.run import outputs_on
from polyseme.verification.inputs import draw_deep_inputs, draw_inputs
from polyseme.verification.sampling import wrong_samples
from support.heavy_light import heavy_and_light


def task(circuit: Circuit, active: int = 3, error: float = 0.05, encoder: str = "auto") -> Task:
    return Task(circuit, active, error, encoder, 0)


PAIRS = problems.pairwise_and(500, 500, seed=1)
TASKS = {
    "three-channel": task(PAIRS),
    "output-channel": task(PAIRS),
    "single-use": task(problems.pairwise_and(800, 400, seed=1)),
    "input-channel": task(problems.universal_and(40)),
    "mixed-channel": task(heavy_and_light(4, 700)),
    "k-and": task(problems.k_and(600, 400, 3, seed=1), active=4),
    "and-tree": task(problems.k_and(8000, 2000, 4, seed=1), active=4),
    "permutation": task(problems.permutation(1500, seed=1)),
    "error-correction": task(problems.layered(200, 2, seed=1), error=0.1),
}


@pytest.fixture(scope="module", params=TASKS)
def built(request: pytest.FixtureRequest) -> tuple[str, Task, Network]:
    asked, construction = TASKS[request.param], CATALOGUE[request.param]
    assert construction.refusal(asked) is None
    candidate = construction.candidate(asked)
    return request.param, asked, candidate.build(candidate.declared.neurons)


def declared(name: str, asked: Task) -> int:
    return CATALOGUE[name].candidate(asked).declared.neurons


def slow_outputs(circuit: Circuit, on: set[int]) -> list[bool]:
    """Every wire in turn, by the definition of its gate."""
    values = [feature in on for feature in range(len(circuit.features))]
    for gate, kind in enumerate(circuit.kinds):
        begin, end = circuit.fan_in_offsets[gate : gate + 2]
        read = [values[wire] for wire in circuit.fan_in[begin:end]]
        values.append(
            {
                GateKind.IDENTITY: read[0],
                GateKind.AND: all(read),
                GateKind.OR: any(read),
                GateKind.AND_NOT: read[0] and not any(read[1:]),
                GateKind.XOR: sum(read) % 2 == 1,
            }[GateKind(kind)]
        )
    return [values[wire] for wire in circuit.outputs]


def drawn(asked: Task, name: str, samples: int) -> np.ndarray:
    generator = np.random.default_rng(7)
    if asked.one_layer:
        return draw_inputs(name, asked.terms, asked.active, samples, generator)
    return draw_deep_inputs(name, asked.circuit, asked.active, samples, generator)


def test_the_declared_size_meets_the_error(built):
    name, asked, network = built
    assert network.neurons <= declared(name, asked)
    kinds = ["satisfied", "uniform"] + ["one-short"] * (name in ("k-and", "and-tree"))
    for kind in kinds:
        wrong = wrong_samples(network, asked.circuit, drawn(asked, kind, 1000))
        assert wrong.mean() <= asked.error, kind


def test_decisions_are_those_of_a_slow_oracle(built):
    _, asked, network = built
    rows = drawn(asked, "satisfied", 60)
    expected = [slow_outputs(asked.circuit, {int(x) for x in row if x >= 0}) for row in rows]
    differs = (outputs_on(network, rows).toarray() != np.array(expected)).any(axis=1)
    # Some inputs may go wrong; a network of other gates, or of none, would fail on nearly all.
    assert differs.mean() <= max(3 * asked.error, 0.05)


def test_fewer_units_than_an_eighth_of_the_declared_do_not_do(built):
    name, asked, _ = built
    try:
        network = CATALOGUE[name].candidate(asked).build(declared(name, asked) // 8)
    except TooFewNeuronsError:
        return
    assert wrong_samples(network, asked.circuit, drawn(asked, "satisfied", 300)).mean() > 0.3


def test_networks_name_their_construction_and_hold_inputs_as_declared(built):
    name, asked, network = built
    assert network.provenance.construction == name
    assert network.provenance.gates == asked.circuit.gates
    # Small error-correcting networks need more units than there are wires, and say so.
    if name != "error-correction":
        assert network.encoder.in_superposition == (name != "input-channel")
    elif not network.encoder.in_superposition:
        assert network.units >= len(asked.circuit.features)


def test_declared_parameters_are_about_those_of_the_network(built):
    name, asked, network = built
    parameters = CATALOGUE[name].candidate(asked).declared.parameters
    assert parameters == pytest.approx(network.parameters, rel=0.35)


def test_the_answer_key_belongs_and_names_the_channel(built):
    name, _, network = built
    if not isinstance(network.key, AnswerKey):
        assert name in ("and-tree", "error-correction")
        return
    assert network.key.belongs_to(network)
    expected = {"input-channel": Channel.INPUT, "mixed-channel": Channel.MIXED}
    assert (network.key.layers[0].channels == expected.get(name, Channel.OUTPUT)).all()


def same_bytes(first: Network, second: Network) -> bool:
    """Not an assertion: under CI pytest writes out the difference of megabytes for minutes."""
    arrays = [
        [array for layer in network.layers for array in (layer.weights, layer.bias)]
        + [network.readout.neurons, network.readout.thresholds]
        for network in (first, second)
    ]
    return [array.tobytes() for array in arrays[0]] == [array.tobytes() for array in arrays[1]]


def test_the_seed_alone_decides_the_bytes(built):
    name, asked, network = built
    construction = CATALOGUE[name]
    neurons = declared(name, asked)
    again = Task(asked.circuit, asked.active, asked.error, asked.encoder, 0)
    assert same_bytes(network, construction.candidate(again).build(neurons))
    other = Task(asked.circuit, asked.active, asked.error, asked.encoder, 1)
    assert not same_bytes(network, construction.candidate(other).build(neurons))


def test_three_channel_is_what_compile_builds():
    asked = TASKS["three-channel"]
    ours = CATALOGUE["three-channel"].candidate(asked).build(300)
    theirs = compile(PAIRS, neurons=300, error=asked.error, construction="three-channel")
    assert same_bytes(ours, theirs)


# --- the law -------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(st.integers(10, 5000), st.integers(1, 9), st.floats(5, 200))
def test_the_law_is_the_smallest_size_whose_noise_fits(features, influence, variance):
    reads = features * influence

    def fits(neurons):
        dimensions = min(neurons, 0.75 * features)
        return reads / neurons * (1 / dimensions + 1 / features) * variance <= 1 + 1e-9

    neurons = code_neurons(reads, influence, variance)
    assert fits(neurons)
    assert not fits(neurons - 1 - 1e-6)


def test_the_gap_variance_grows_with_what_makes_noise_and_has_its_floor():
    assert gap_variance(4, 2, 0.01, 10) > gap_variance(3, 2, 0.01, 10)
    assert gap_variance(3, 2, 0.001, 10) > gap_variance(3, 2, 0.01, 10)
    assert gap_variance(3, 2, 0.01, 100) > gap_variance(3, 2, 0.01, 10)
    # No feature is foreign to a gate that uses up the promise: only near-misses are left.
    assert gap_variance(2, 2, 0.08, 1) == pytest.approx(1.3 * norm.isf(0.01) ** 2 + 6)


def test_every_declared_size_grows_with_the_demand():
    for name in ("output-channel", "single-use", "permutation", "k-and", "mixed-channel"):
        asked = TASKS[name]
        stricter = task(asked.circuit, asked.active, 1e-3)
        busier = task(asked.circuit, asked.active + 1, asked.error)
        assert declared(name, stricter) > declared(name, asked), name
        assert declared(name, busier) > declared(name, asked), name


# --- forced channels -----------------------------------------------------------------------------


def test_one_channel_gives_nobody_a_pool():
    chosen = one_channel(terms_of(PAIRS), Channel.OUTPUT)
    assert (chosen.channel == Channel.OUTPUT).all()
    assert (chosen.owner == -1).all()
    assert (chosen.pool == -1).all()
    assert not chosen.owner_sign.any()


def test_overlapping_pools_belong_to_the_heaviest_literal():
    circuit = heavy_and_light(3, 60)
    chosen = overlapping_pools(terms_of(circuit))
    assert (chosen.channel == Channel.MIXED).all()
    assert (chosen.owner == -1).all()
    assert np.array_equal(chosen.pool, circuit.fan_in[::2])


# --- refusals ------------------------------------------------------------------------------------


def gates_of(*gates, features=6, **names):
    wires = range(features, features + len(gates))
    labels = [f"f{place}" for place in range(features)]
    return build_circuit(labels, gates, list(wires), **names)


DEEP = build_circuit(
    ["a", "b", "c"], [(GateKind.AND, [0, 1]), (GateKind.AND, [2, 3])], [4], name="deep"
)
TWICE = gates_of((GateKind.AND, [0, 1]), (GateKind.AND, [1, 2]))
UNEVEN = gates_of((GateKind.AND, [0, 1]), (GateKind.AND, [2, 3, 4]))
CROWD = build_circuit(
    [f"f{place}" for place in range(20)],
    [*((GateKind.AND, [2 * k, 2 * k + 1]) for k in range(9)), (GateKind.OR, range(20, 29))],
    [29],
)
RESTS_AT_ONE = build_circuit(["a", "b", "c"], [(GateKind.AND, [0, 1])], [3], inverted=[True])


@pytest.mark.parametrize(
    ("name", "circuit", "reason"),
    [
        ("three-channel", DEEP, "gate 1 reads gate 0"),
        ("three-channel", RESTS_AT_ONE, "rests at 1"),
        ("output-channel", heavy_and_light(2, 40), "'x0' is read by 20 terms, more than 8"),
        ("output-channel", CROWD, "'y0' is an OR of 9 terms, more than 8"),
        ("output-channel", DEEP, "gate 1 reads gate 0"),
        ("single-use", TWICE, "'f1' is read by 2 terms, more than 1"),
        ("input-channel", PAIRS, "every feature must be read by more than"),
        ("input-channel", UNEVEN, "2 to 3 inputs"),
        ("mixed-channel", PAIRS, "no AND of one heavy feature"),
        ("mixed-channel", problems.universal_and(30), "no AND of one heavy feature"),
        ("k-and", UNEVEN, "2 to 3 inputs"),
        ("k-and", problems.permutation(20), "1 inputs"),
        ("and-tree", UNEVEN, "2 to 3 inputs"),
        ("and-tree", heavy_and_light(2, 40), "'x0' is read by 20 terms"),
        ("permutation", TWICE, "'y0' is no feature but an AND of 2"),
        ("permutation", DEEP, "gate 1 reads gate 0"),
        ("error-correction", gates_of((GateKind.AND, [0, 1, 2])), "3 inputs, more than 2"),
        ("error-correction", RESTS_AT_ONE, "rests at 1"),
    ],
)
def test_circuits_that_do_not_suit_are_refused_in_a_line(name, circuit, reason):
    refusal = CATALOGUE[name].refusal(task(circuit))
    assert refusal is not None
    assert reason in refusal
    assert "\n" not in refusal


@pytest.mark.parametrize("name", sorted(set(TASKS) - {"three-channel"}))
def test_the_other_kind_of_inputs_is_refused(name):
    asked = TASKS[name]
    other = "superposed" if name == "input-channel" else "basis"
    refusal = CATALOGUE[name].refusal(task(asked.circuit, asked.active, encoder=other))
    assert refusal in ("its inputs are in superposition", "its inputs are basis-aligned")


@pytest.mark.parametrize("name", ["output-channel", "k-and", "and-tree", "three-channel"])
def test_gates_wider_than_the_promise_are_refused(name):
    wide = problems.k_and(40, 20, 4)
    assert "4" in (CATALOGUE[name].refusal(task(wide, active=3)) or "")
    assert CATALOGUE[name].refusal(task(wide, active=4)) is None


@pytest.mark.parametrize("name", ["output-channel", "and-tree", "error-correction", "permutation"])
def test_too_few_neurons_are_an_error(name):
    with pytest.raises(TooFewNeuronsError, match=r"too few|fewer than"):
        CATALOGUE[name].candidate(TASKS[name]).build(10)


def test_error_correction_is_refused_where_it_was_measured_to_fail():
    refusal = CATALOGUE["error-correction"].refusal
    circuit = problems.layered(96, 2, seed=2)
    assert refusal(task(circuit, active=3)) is None
    assert refusal(task(circuit, active=4)) == "it holds for up to 3 active features, not 4"


# --- trees ---------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 7), st.integers(1, 12), st.integers(0, 99))
def test_a_tree_computes_its_gates(inputs, gates, seed):
    circuit = problems.k_and(14, gates, inputs, influence="uniform", seed=seed)
    tree, stages = tree_circuit(task(circuit, active=7))
    assert len(stages) == int(np.ceil(np.log2(inputs)))
    assert set(np.diff(tree.fan_in_offsets)) <= {1, 2}
    generator = np.random.default_rng(seed)
    bits = generator.random((200, 14)) < 0.8
    assert np.array_equal(evaluate_dense(tree, bits), evaluate_dense(circuit, bits))
    # Stages are levels: what each computes from the one before is what its wires are.
    values = bits
    for stage in stages:
        values = np.logical_and.reduceat(values[:, stage.literals], stage.offsets[:-1], axis=1)
    assert np.array_equal(values, evaluate_dense(circuit, bits))


def test_a_tree_whose_first_level_has_a_neuron_a_column_is_exact():
    asked = task(problems.k_and(300, 100, 3, seed=1))
    candidate = CATALOGUE["and-tree"].candidate(asked)
    assert candidate.declared.neurons == 200
    network = candidate.build(200)
    assert not network.encoder.in_superposition
    for kind in ("satisfied", "one-short", "uniform"):
        assert not wrong_samples(network, asked.circuit, drawn(asked, kind, 500)).any()


def test_a_tree_has_a_layer_a_level_and_costs_more_than_the_direct_gate():
    asked = TASKS["and-tree"]
    tree = CATALOGUE["and-tree"].candidate(asked).build(declared("and-tree", asked))
    assert len(tree.layers) == 2
    assert declared("and-tree", asked) > 2 * declared("k-and", asked)


# --- error correction ----------------------------------------------------------------------------


def test_error_correction_holds_at_depth_and_has_two_layers_a_stage():
    asked = task(problems.layered(96, 6, seed=2), error=0.2)
    candidate = CATALOGUE["error-correction"].candidate(asked)
    network = candidate.build(candidate.declared.neurons)
    assert len(network.layers) == 12
    # Computing layers clip at one and a half, correcting ones at one.
    assert [layer.activation.cap * layer.scale for layer in network.layers] == [1.5, 1.0] * 6
    rows = draw_deep_inputs("satisfied", asked.circuit, 3, 500, np.random.default_rng(3))
    assert wrong_samples(network, asked.circuit, rows).mean() <= asked.error


def test_error_correction_needs_more_units_when_it_is_deeper_or_busier():
    def neurons(asked: Task) -> int:
        return declared("error-correction", asked)

    shallow = neurons(task(problems.layered(96, 2, seed=2)))
    assert neurons(task(problems.layered(96, 8, seed=2))) > shallow
    assert neurons(task(problems.layered(384, 2, seed=2))) == pytest.approx(2 * shallow, rel=0.1)


def test_reads_of_an_error_correcting_network_are_linear_with_little_cross_talk(built):
    name, asked, network = built
    if name != "error-correction":
        return
    code = network.encoder.code
    assert code.weight == code_weight(network.units, asked.active)
    shared = (code.matrix() @ code.matrix().T).toarray() - code.weight * np.eye(code.features)
    # Two codes share at most one unit: a read is off by at most 1/w for each other feature.
    assert shared.max() <= 1
    assert not network.provenance.readout_parameters
