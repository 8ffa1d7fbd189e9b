"""Circuits of any depth: exact where monosemantic, noise held down where in superposition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme import GateKind, build_circuit
from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import evaluate_dense
from polyseme.compiler.constructions.staged.build import WEIGHT, build_stages
from polyseme.compiler.constructions.staged.carrier import Carrier
from polyseme.compiler.constructions.staged.layer_weights import layer_weights
from polyseme.compiler.constructions.staged.placing import _evening, place_stage
from polyseme.compiler.constructions.staged.plan import make_staged_plan
from polyseme.compiler.constructions.staged.prediction import predicted_neurons
from polyseme.compiler.schedule.scheduling import Carry
from polyseme.compiler.task import Task
from polyseme.errors import OptionError, TooFewNeuronsError
from polyseme.networks.activation import Clip
from polyseme.networks.run import outputs_on
from polyseme.verification.sampling import wrong_samples
from support.progress import Watcher

KINDS = [GateKind.AND, GateKind.OR, GateKind.AND_NOT, GateKind.XOR]


def every_input(features: int) -> np.ndarray:
    return (np.arange(2**features)[:, None] >> np.arange(features)) & 1 == 1


def lists_of(bits: np.ndarray) -> np.ndarray:
    width = max(1, int(bits.sum(axis=1).max()))
    rows = np.full((len(bits), width), -1, np.int32)
    for row, on in zip(rows, bits, strict=True):
        found = np.flatnonzero(on)
        row[: len(found)] = found
    return rows


@st.composite
def circuits(draw: st.DrawFn) -> Circuit:
    features = draw(st.integers(2, 6))
    gates = []
    for gate in range(draw(st.integers(1, 14))):
        wires = features + gate
        read = draw(st.lists(st.integers(0, wires - 1), min_size=1, max_size=4, unique=True))
        kind = draw(st.sampled_from(KINDS)) if len(read) > 1 else GateKind.IDENTITY
        gates.append((kind, read))
    wires = features + len(gates)
    outputs = draw(st.lists(st.integers(-1, wires - 1), min_size=1, max_size=4))
    inverted = [draw(st.booleans()) for _ in outputs]
    names = [f"x{number}" for number in range(features)]
    return build_circuit(names, gates, outputs, inverted=inverted)


@settings(max_examples=150, deadline=None)
@given(circuits())
def test_the_monosemantic_network_is_the_circuit_on_every_input(circuit: Circuit) -> None:
    plan = make_staged_plan(Task(circuit, min(3, len(circuit.features))))
    network = build_stages(plan, plan.monosemantic_neurons)
    bits = every_input(len(circuit.features))
    computed = outputs_on(network, lists_of(bits)).toarray()
    assert np.array_equal(computed, evaluate_dense(circuit, bits))
    assert not wrong_samples(network, circuit, lists_of(bits)).any()
    assert network.key is not None
    assert network.key.belongs_to(network)


@settings(max_examples=60, deadline=None)
@given(circuits())
def test_a_residual_stream_takes_no_neurons_and_changes_nothing(circuit: Circuit) -> None:
    bits = every_input(len(circuit.features))
    sizes = {}
    for carry in Carry:
        plan = make_staged_plan(Task(circuit, 1, carry=carry))
        network = build_stages(plan, plan.monosemantic_neurons)
        computed = outputs_on(network, lists_of(bits)).toarray()
        assert np.array_equal(computed, evaluate_dense(circuit, bits))
        assert network.neurons == max(plan.monosemantic_neurons, 1)
        assert bool(network.carried) <= (carry != Carry.GATES)
        sizes[carry] = network.neurons
    assert sizes[Carry.AUTO] == min(sizes.values())


def test_a_layer_computes_gates_and_passes_the_rest() -> None:
    # A chain; feature d is needed last, and the OR of a and b is put out as well.
    gates = [(GateKind.OR, [0, 1]), (GateKind.AND, [4, 2]), (GateKind.OR, [5, 3])]
    circuit = build_circuit(["a", "b", "c", "d"], gates, [6, 4], inverted=[False, True])
    network = ps.compile(circuit, active=2, carry="residual")
    assert [layer.neurons for layer in network.layers] == [1, 1, 1]
    assert [len(layer.carried) for layer in network.layers] == [2, 2, 1]
    bits = every_input(4)
    computed = outputs_on(network, lists_of(bits)).toarray()
    assert np.array_equal(computed, evaluate_dense(circuit, bits))


def test_only_deeper_circuits_carry_wires() -> None:
    with pytest.raises(OptionError, match="carry 'residual' can only be chosen"):
        ps.compile(ps.problems.pairwise_and(20, 20), carry="residual")
    with pytest.raises(OptionError, match="carry is 'skip'; it must be one of auto"):
        ps.compile(ps.problems.layered(20, 2), carry="skip")


def test_no_layer_has_more_neurons_than_asked_for() -> None:
    """Behind a layer in superposition one neuron per wire is two ReLUs."""
    wide, narrow = ps.problems.pairwise_and(1500, 1500), 600
    gates = [(GateKind.AND, pair) for pair in wide.fan_in.reshape(-1, 2).tolist()]
    ands = 1500 + np.arange(1500)
    gates += [(GateKind.OR, ands[row::narrow].tolist()) for row in range(narrow)]
    ors = 3000 + np.arange(narrow)
    gates += [(GateKind.AND, [ors[row], ors[row - 1]]) for row in range(narrow)]
    circuit = build_circuit(wide.features, gates, (3000 + narrow + np.arange(narrow)).tolist())
    for neurons, superposed in ((1000, 3), (1300, 1)):
        network = ps.compile(circuit, active=2, neurons=neurons)
        assert max(layer.neurons for layer in network.layers) <= neurons
        assert network.provenance.channels["superposed"] == superposed


@pytest.fixture(scope="module")
def shallow_stack() -> tuple[Circuit, ps.Network]:
    circuit = ps.problems.layered(2000, 3, active=2)
    return circuit, ps.compile(circuit, active=2, neurons=1900, carry="gates")


def test_layers_in_superposition_compute_more_gates_than_neurons(
    shallow_stack: tuple[Circuit, ps.Network],
) -> None:
    circuit, network = shallow_stack
    assert [layer.neurons for layer in network.layers] == [1900] * 3
    seen = ps.verify(network, circuit, samples=4000)
    assert seen.error < 0.02


def test_far_too_few_neurons_fail_and_are_seen_to(
    shallow_stack: tuple[Circuit, ps.Network],
) -> None:
    circuit, _ = shallow_stack
    network = ps.compile(circuit, active=2, neurons=800)
    assert ps.verify(network, circuit, samples=500).error > 0.5


def test_the_same_seed_gives_the_same_bytes(shallow_stack: tuple[Circuit, ps.Network]) -> None:
    circuit, network = shallow_stack
    again = ps.compile(circuit, active=2, neurons=1900, carry="gates")
    for ours, theirs in zip(network.layers, again.layers, strict=True):
        assert np.array_equal(ours.weights, theirs.weights)
        assert np.array_equal(ours.bias, theirs.bias)
    other = ps.compile(circuit, active=2, neurons=1900, seed=1, carry="gates")
    assert not np.array_equal(network.layers[0].weights, other.layers[0].weights)


def test_narrow_stages_after_wide_ones_are_monosemantic_and_right() -> None:
    """3,000 pairs are ANDed, their ANDs ORed in fours, and those ANDed with their neighbours."""
    wide = ps.problems.pairwise_and(3000, 3000)
    gates = [(GateKind.AND, pair) for pair in wide.fan_in.reshape(-1, 2).tolist()]
    first = len(wide.features)
    ors = first + 3000 + np.arange(750)
    gates += [(GateKind.OR, (first + 4 * row + np.arange(4)).tolist()) for row in range(750)]
    gates += [(GateKind.AND_NOT, ors[row : row + 2].tolist()) for row in range(749)]
    outputs = first + 3750 + np.arange(749)
    circuit = build_circuit(wide.features, gates, outputs.tolist())
    network = ps.compile(circuit, active=3, neurons=2500)
    assert isinstance(network.layers[0].activation, Clip)
    assert network.layers[-1].is_sparse
    seen = ps.verify(network, circuit, samples=3000)
    assert seen.error < 0.02


def test_codes_are_handed_on_as_they_are() -> None:
    plan = make_staged_plan(Task(ps.problems.layered(1200, 2, active=2), 2, 1e-2))
    units, shared = 500, 400
    generator = np.random.default_rng(0)
    rows = np.array([generator.permutation(shared)[:WEIGHT] for _ in range(1200)], np.int32)
    below = Carrier(shared, rows, np.zeros(1200, bool), shared, False)
    stage = plan.schedule.stages[0]
    placed = place_stage(stage, below, units, shared, WEIGHT, generator)
    heirs = np.flatnonzero(placed.parent >= 0)
    assert len(heirs) > 0.6 * len(stage)
    assert len(np.unique(placed.parent[heirs])) == len(heirs)
    assert np.array_equal(placed.carrier.positions[heirs], rows[placed.parent[heirs]])
    assert (stage.needed[heirs] == 1).all()
    assert all(len(set(row)) == WEIGHT for row in placed.carrier.positions.tolist())
    assert (placed.carrier.positions[stage.needed == 1] < shared).all()
    assert (placed.carrier.positions[stage.needed == 2] >= shared).all()


def test_every_unit_reads_its_own_columns_at_full_strength() -> None:
    plan = make_staged_plan(Task(ps.problems.layered(600, 2, active=2), 2, 1e-2))
    stage = plan.schedule.stages[0]
    generator = np.random.default_rng(0)
    rows = np.array([generator.permutation(400)[:WEIGHT] for _ in range(600)], np.int32)
    below = Carrier(400, rows, np.zeros(600, bool), 400, False)
    placed = place_stage(stage, below, 500, 400, WEIGHT, generator)
    built = layer_weights(stage, below, placed)
    full = np.zeros((600, 400))
    full[np.arange(600)[:, None], rows] = 1
    reads = built.weights @ full.T / built.resolution
    wanted = np.zeros((500, 600))
    for column, (begin, end) in enumerate(zip(stage.offsets[:-1], stage.offsets[1:], strict=True)):
        for literal, sign in zip(stage.literals[begin:end], stage.signs[begin:end], strict=True):
            wanted[placed.carrier.positions[column], literal] += sign
    wanted = np.sign(wanted)
    own = wanted != 0
    assert np.abs(reads[own] - wanted[own]).max() < 0.06
    assert np.abs(reads[own] - wanted[own]).mean() < 0.02
    assert np.abs(reads[~own]).mean() < 0.12


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(0, 2**31), st.integers(20, 60))
def test_fresh_codewords_even_out_the_load(count: int, seed: int, units: int) -> None:
    generator = np.random.default_rng(seed)
    load = generator.integers(0, 5, units)
    rows = _evening(count, 4, load, generator)
    assert rows.shape == (count, 4)
    assert all(len(set(row)) == 4 for row in rows.tolist())
    after = load + np.bincount(rows.ravel(), minlength=units)
    assert after.max() <= max(load.max(), -(-(load.sum() + 4 * count) // units) + 1)


def test_a_circuit_too_small_for_superposition_says_so() -> None:
    circuit = ps.problems.layered(60, 4)
    with pytest.warns(ps.PolysemeWarning, match="superposition does not pay"):
        network = ps.compile(circuit, active=3, carry="gates")
    assert "superposition does not pay" in network.provenance.note
    assert network.neurons == 60
    assert ps.verify(network, circuit, samples=2000).wrong == 0


def test_codes_that_do_not_fit_are_refused() -> None:
    plan = make_staged_plan(Task(ps.problems.layered(200, 2)))
    with pytest.raises(TooFewNeuronsError, match="too few"):
        build_stages(plan, 12)


def test_the_prediction_grows_with_reads_activity_and_depth() -> None:
    sizes = [
        predicted_neurons(make_staged_plan(Task(ps.problems.layered(*size), size[2])), 1e-3)
        for size in ((400, 4, 2), (1600, 4, 2), (400, 4, 8), (400, 16, 2))
    ]
    assert 1.8 < sizes[1] / sizes[0] < 2.2
    assert 1.7 < sizes[2] / sizes[0] < 2.5
    assert sizes[3] > sizes[0]


def test_every_step_of_a_deep_compilation_is_a_phase_and_layers_and_inputs_are_counted() -> None:
    watcher = Watcher()
    ps.compile_report(ps.problems.layered(30, 3), construction="monosemantic", progress=watcher)
    phases = {headway.phase.rpartition(": ")[2] for headway in watcher.headway}
    steps = {"placing 90 gates", "cutting 90 gates into stages", "wires on in every stage"}
    assert steps <= phases
    layers = [one for one in watcher.headway if one.phase.endswith(": layers") and one.total]
    assert [(one.done, one.total) for one in layers] == [(1, 3), (2, 3), (3, 3)]
    read = [one for one in watcher.headway if one.phase.endswith("readings") and one.total]
    counts = [one.done for one in read]
    assert counts == sorted(counts)
    assert counts[-1] == read[-1].total
    # Some are counted while readings are fitted, before the first is tested.
    assert len({one for one in counts if one}) >= 4
