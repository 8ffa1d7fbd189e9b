"""The worst case of linear networks, against all inputs tried one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.circuits import Circuit, GateKind, build_circuit, evaluate_sparse, problems
from polyseme.errors import CapacityError, OptionError
from polyseme.networks.activation import Clip, Square
from polyseme.networks.network import Network
from polyseme.proving import cases as cases_module
from polyseme.proving import failing, linear_reads, worst_sums
from support.linear_networks import drawn_network, tried_worst
from support.progress import Watcher

CIRCUIT = problems.pairwise_and(64, 64)
# With this seed, 64 neurons are right on every input with two features on.
SEED = 4


def found_as_tried(
    network: Network, circuit: Circuit, active: int, most: int | None = None
) -> ps.WorstCase:
    """The worst case, after it was compared with that of all inputs tried, up to `most` on."""
    found = ps.worst_case(network, circuit, active=active)
    tried = tried_worst(network, circuit, active, most)
    limit = len(circuit.features) if most is None else most
    assert found.active == active
    assert min(found.linear_active, limit) == tried.linear_active
    assert min(found.largest_active, limit) == tried.largest_active
    assert found.outputs_wrong == tried.outputs_wrong
    assert found.margin == tried.margin
    assert found.inputs == tried.inputs
    if tried.outputs_wrong:
        assert found.output is not None
        assert tried.wrong[list(network.readout.outputs).index(found.output)]
    assert is_wrong(network, circuit, found) == (tried.outputs_wrong > 0)
    return found


def is_wrong(network: Network, circuit: Circuit, found: ps.WorstCase) -> bool:
    """Whether there is a failing input, which must keep the promise and fail as it says."""
    if found.counterexample is None:
        assert found.output is None
        assert found.must_be_on is None
        return False
    on = [circuit.features.position(name) for name in found.counterexample]
    assert len(set(on)) == len(on) <= found.active
    must = circuit.inverted.copy()
    must[evaluate_sparse(circuit, np.array([on], np.int32).reshape(1, -1)).indices] ^= True
    wanted = [circuit.output_names[int(output)] for output in np.flatnonzero(must)]
    assert (found.output in wanted) == found.must_be_on
    assert (found.output in network.run(found.counterexample)) != found.must_be_on
    return True


# Networks that constructions make


@pytest.mark.parametrize(
    ("circuit", "construction", "neurons", "active"),
    [
        (problems.pairwise_and(64, 64), "tight-frames", 64, 3),
        (problems.pairwise_and(64, 64), "tight-frames", 32, 2),
        (problems.k_and(64, 64, 3), "tight-frames", 64, 3),
        (problems.k_and(64, 200, 3), "tight-frames", 48, 3),
        (problems.permutation(128, seed=3), "tight-frames", 96, 2),
        (problems.pairwise_and(128, 128), "one-bit", 64, 2),
        (problems.pairwise_and(128, 100, seed=2), "one-bit", 128, 2),
        (problems.permutation(256), "one-bit", 256, 2),
    ],
)
def test_frames_are_as_bad_as_their_worst_input(
    circuit: Circuit, construction: str, neurons: int, active: int
) -> None:
    network = ps.compile(circuit, construction=construction, neurons=neurons, active=active)
    found = found_as_tried(network, circuit, active, active)
    assert found.linear_active >= active
    assert found.proved == (found.outputs_wrong == 0)


@given(st.integers(0, 30), st.sampled_from([48, 64]), st.integers(1, 3))
@settings(max_examples=12, deadline=None)
def test_frames_of_any_seed(seed: int, neurons: int, inputs: int) -> None:
    if inputs == 1:
        circuit, neurons = problems.permutation(128, seed=seed), 96
    else:
        circuit = problems.k_and(64, 64, inputs, seed=seed)
    active = max(2, inputs)
    network = ps.compile(
        circuit, construction="tight-frames", neurons=neurons, active=active, seed=seed
    )
    found_as_tried(network, circuit, active, active)


def test_some_of_these_frames_are_right_and_some_are_wrong() -> None:
    proved = {
        ps.worst_case(
            ps.compile(CIRCUIT, construction="tight-frames", neurons=neurons, active=2, seed=SEED)
        ).proved
        for neurons in (32, 64)
    }
    assert proved == {True, False}


# Networks drawn at random


@pytest.mark.filterwarnings("ignore:.* features are on, more than the")
@given(st.integers(0, 10**6), st.integers(1, 7))
@settings(max_examples=150, deadline=None)
def test_any_linear_network_is_as_bad_as_its_worst_input(seed: int, active: int) -> None:
    network, circuit = drawn_network(seed)
    active = min(active, len(circuit.features))
    if tried_worst(network, circuit, active).linear_active == 0:
        with pytest.raises(OptionError, match="whose ReLUs bend is not a sum"):
            ps.worst_case(network, circuit, active=active)
    else:
        found_as_tried(network, circuit, active)


@pytest.mark.filterwarnings("ignore:.* features are on, more than the")
@given(st.integers(0, 10**6), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_outputs_may_be_any_functions_of_few_features(seed: int, active: int) -> None:
    network, like = drawn_network(seed)
    circuit = other_circuit(like, np.random.default_rng(seed))
    active = min(active, len(circuit.features))
    assume(tried_worst(network, circuit, 1).linear_active > 0)
    found_as_tried(network, circuit, active)


def other_circuit(like: Circuit, generator: np.random.Generator) -> Circuit:
    """Gates of all kinds, some inverted, under the names of another circuit."""
    features = len(like.features)
    gates = []
    for _ in like.outputs:
        kind = generator.choice([GateKind.AND, GateKind.OR, GateKind.AND_NOT, GateKind.XOR])
        gates.append((GateKind(kind), generator.permutation(features)[: generator.integers(2, 4)]))
    outputs = np.where(generator.random(len(gates)) < 0.1, -1, features + np.arange(len(gates)))
    inverted = generator.random(len(gates)) < 0.3
    return build_circuit(like.features, gates, outputs, like.output_names, inverted=inverted)


def test_networks_drawn_are_of_every_kind() -> None:
    kinds = set()
    for seed in range(150):
        network, circuit = drawn_network(seed)
        if tried_worst(network, circuit, 2).linear_active:
            found = ps.worst_case(network, circuit, active=2)
            kinds |= {("proved", found.proved), ("must be on", found.must_be_on)}
            kinds |= {("right up to", found.largest_active), ("ties", found.margin == 0)}
    assert {("proved", answer) for answer in (True, False, None)} <= kinds
    assert {("must be on", answer) for answer in (True, False)} <= kinds
    assert {("right up to", number) for number in (0, 1, 2, 3)} <= kinds
    assert ("ties", True) in kinds


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_blocks_and_threads_change_nothing(seed: int) -> None:
    network, circuit = drawn_network(seed)
    assume(tried_worst(network, circuit, 1).linear_active > 0)
    whole = ps.worst_case(network, circuit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear_reads, "_LEAST_ROWS", 1)
        patch.setattr(linear_reads, "_BLOCK_NUMBERS", 1)
        for threads in ("1", "3"):
            patch.setenv("OMP_NUM_THREADS", threads)
            assert ps.worst_case(network, circuit) == whole


# Directions, thresholds at infinity, inputs beyond those that are linear


@pytest.fixture(scope="module")
def frames() -> Network:
    return ps.compile(CIRCUIT, construction="tight-frames", neurons=64, active=2, seed=SEED)


def test_progress_counts_units_and_outputs(frames: Network) -> None:
    watcher = Watcher()
    ps.worst_case(frames, active=1, progress=watcher)
    seen = watcher.counts
    assert seen[-1] == (128, 128)
    assert {of for _, of in seen} == {128}
    assert 64 in {done for done, _ in seen}


def with_thresholds(network: Network, thresholds: np.ndarray) -> Network:
    return replace(network, readout=replace(network.readout, thresholds=thresholds))


def test_the_direction_is_that_of_the_threshold(frames: Network) -> None:
    assert ps.worst_case(frames).outputs_wrong == 0
    for shift, must_be_on in ((30, True), (-30, False)):
        thresholds = frames.readout.thresholds.copy()
        thresholds[7] += np.float32(shift)
        found = found_as_tried(with_thresholds(frames, thresholds), CIRCUIT, 2, 2)
        assert (found.outputs_wrong, found.output) == (1, frames.readout.outputs[7])
        assert found.must_be_on == must_be_on
        assert found.margin < 0


def test_an_output_that_is_never_on_is_infinitely_wrong(frames: Network) -> None:
    thresholds = frames.readout.thresholds.copy()
    thresholds[3] = np.inf
    never = with_thresholds(frames, thresholds)
    found = found_as_tried(never, CIRCUIT, 2, 2)
    assert (found.outputs_wrong, found.margin, found.must_be_on) == (1, -np.inf, True)
    # One feature on satisfies no AND of two, so nothing fails.
    assert found_as_tried(never, CIRCUIT, 1, 2).outputs_wrong == 0


def test_an_output_that_is_on_at_rest_is_wrong_with_nothing_on(frames: Network) -> None:
    thresholds = np.full(64, 1e6, np.float32)
    thresholds[5] = 0
    found = found_as_tried(with_thresholds(frames, thresholds), CIRCUIT, 1, 2)
    assert (found.largest_active, found.output) == (0, frames.readout.outputs[5])


def test_nothing_is_said_of_inputs_on_which_a_relu_may_bend(frames: Network) -> None:
    linear = ps.worst_case(frames).linear_active
    largest = ps.worst_case(frames, active=linear)
    beyond = ps.worst_case(frames, active=linear + 1)
    assert replace(beyond, active=linear) == largest
    patient = with_thresholds(frames, np.full(64, 1e6, np.float32))
    right = ps.worst_case(replace(patient, key=None), far_ands(linear + 2), active=linear + 1)
    assert (right.outputs_wrong, right.proved, right.largest_active) == (0, None, linear)
    assert ps.worst_case(patient, far_ands(linear + 2), active=linear).proved is True


def far_ands(inputs: int) -> Circuit:
    """64 ANDs of the same many features, under the names of `pairwise_and(64, 64)`."""
    like = CIRCUIT
    gates = [(GateKind.AND, range(inputs))] * 64
    return build_circuit(like.features, gates, range(64, 128), like.output_names)


# Refusals


@pytest.mark.parametrize(
    ("circuit", "construction", "message"),
    [
        (problems.pairwise_and(800, 800), "three-channel", "whose ReLUs bend is not a sum"),
        (problems.pairwise_and(30, 30), "monosemantic", "is off at rest"),
        (problems.layered(20, 3), "deep", r"only in one hidden layer of ReLUs; .* has 3 hidden"),
    ],
)
def test_networks_that_bend_are_refused(circuit: Circuit, construction: str, message: str) -> None:
    neurons = 400 if construction == "three-channel" else None
    network = ps.compile(circuit, construction=construction, neurons=neurons)
    with pytest.raises(OptionError, match=message):
        ps.worst_case(network)


def test_clipped_squaring_and_carrying_layers_are_refused(frames: Network) -> None:
    layer = frames.layers[0]
    for activation in (Clip(9), Square()):
        other = replace(frames, layers=(replace(layer, activation=activation),))
        with pytest.raises(OptionError, match=f"of this network is a {activation.name}"):
            ps.worst_case(other)
    carrying = replace(frames, layers=(replace(layer, carried=np.array([2], np.int32)),))
    with pytest.raises(OptionError, match="this layer passes on 1 numbers"):
        ps.worst_case(carrying)


def test_a_network_that_bends_with_one_feature_on_is_refused(frames: Network) -> None:
    layer = frames.layers[0]
    tight = replace(frames, layers=(replace(layer, bias=layer.bias * 0),))
    with pytest.raises(OptionError, match="one bends with one feature on"):
        ps.worst_case(tight)


def test_outputs_that_lie_deeper_or_depend_on_much_are_refused(frames: Network) -> None:
    like = CIRCUIT
    ands = [(GateKind.AND, (2, 3))] * 63
    deep = build_circuit(
        like.features, [*ands, (GateKind.AND, (64, 5))], range(64, 128), like.output_names
    )
    with pytest.raises(OptionError, match="gate 63 reads gate 0; one hidden layer computes"):
        ps.worst_case(frames, deep)
    ors = [(GateKind.OR, (64, 65))] * 64
    pairs = build_circuit(like.features, [*ands, *ands, *ors], range(190, 254), like.output_names)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worst_sums, "MOST_OWN", 7)
        with pytest.raises(OptionError, match="an output depends on 8 features; sums serve 7"):
            ps.worst_case(frames, far_ands(8))
        patch.setattr(cases_module, "MOST_SPLITS", 1)
        with pytest.raises(OptionError, match="output g0 has too many cases to find its worst"):
            ps.worst_case(frames, pairs)


def test_a_network_without_its_key_needs_the_circuit(frames: Network) -> None:
    keyless = replace(frames, key=None)
    with pytest.raises(OptionError, match="needs the circuit to compare with"):
        ps.worst_case(keyless)
    assert ps.worst_case(keyless, CIRCUIT) == ps.worst_case(frames)


@pytest.mark.parametrize(
    ("active", "message"),
    [
        (0, "active is 0; it must be 1 to the 64 features there are"),
        (65, "active is 65; it must be 1 to the 64 features there are"),
    ],
)
def test_active_is_one_to_the_number_of_features(
    frames: Network, active: int, message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        ps.worst_case(frames, active=active)
    assert ps.worst_case(frames, active=64).active == 64


def test_sums_that_float32_would_round_are_refused(frames: Network) -> None:
    readout = frames.readout
    loud = replace(readout, weights=readout.weights * np.int16(2000))
    with pytest.raises(CapacityError, match="may reach 16,777,216 with 2 features on"):
        ps.worst_case(replace(frames, readout=loud))


def test_a_failing_input_that_does_not_fail_is_an_internal_error(frames: Network) -> None:
    assert frames.key is not None
    circuit = frames.key.circuit
    gate = tuple(sorted(int(wire) for wire in circuit.fan_in[:2]))
    for must_be_on in (True, False):
        with pytest.raises(AssertionError, match="does not make output 0 wrong"):
            failing.confirm(frames, circuit, failing.Failing(gate, 0, must_be_on))


def test_a_worst_case_says_its_numbers_in_a_sentence(frames: Network) -> None:
    found = ps.worst_case(frames)
    assert str(found) == (
        "0 outputs can be wrong on the 2,081 inputs with at most 2 on; "
        f"none up to {found.largest_active} on"
    )
