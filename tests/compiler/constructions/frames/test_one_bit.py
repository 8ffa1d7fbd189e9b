"""Weights of one bit: signs, with which every output reads its own features alike."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.circuits import problems
from polyseme.circuits.circuit import Circuit
from polyseme.codes.code import SparseCode
from polyseme.codes.orthogonal_blocks import orthogonal_block_code
from polyseme.compiler.compile import compile
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.frames import one_bit
from polyseme.compiler.constructions.frames.even_signs import even_signs
from polyseme.compiler.constructions.frames.frame_network import wanted_reads
from polyseme.compiler.task import Task
from polyseme.counting_argument.drawn_codes import Agreed, CodeSource
from polyseme.counting_argument.message import read_message, write_message
from polyseme.errors import TooFewNeuronsError
from polyseme.networks.answer_key import AnswerKey
from polyseme.networks.network import Network
from polyseme.networks.run import hidden_activity
from polyseme.verification.sampling import verify

ONE_BIT, FRAMES = CATALOGUE["one-bit"], CATALOGUE["tight-frames"]


def task_of(circuit: Circuit, active: int = 3, error: float = 1e-2, seed: int = 0) -> Task:
    return Task(circuit, active, error, "auto", seed)


def slow_own(
    wanted: sp.csr_array, outputs: SparseCode, inputs: SparseCode, weights: np.ndarray
) -> np.ndarray:
    """Output by output, feature by feature, one entry of W at a time."""
    found = []
    for output in range(wanted.shape[0]):
        for feature in wanted.indices[wanted.indptr[output] : wanted.indptr[output + 1]]:
            total = 0
            for neuron, sign in zip(outputs.positions[output], outputs.signs[output], strict=True):
                row = weights[neuron, inputs.positions[feature]].astype(int)
                total += int(sign) * int(row @ inputs.signs[feature])
            found.append(total)
    return np.array(found)


@given(st.integers(0, 2**32), st.integers(1, 3))
@settings(max_examples=15, deadline=None)
def test_signs_are_signs_and_own_reads_are_what_they_are_said_to_be(seed: int, read: int) -> None:
    generator = np.random.default_rng(seed)
    wanted = np.zeros((90, 60), np.float32)
    for row in wanted:
        row[generator.permutation(60)[:read]] = 1
    # Sets of neurons with eight outputs, and some with fewer.
    outputs = orthogonal_block_code(90, 40, 8, generator)
    inputs = orthogonal_block_code(60, 32, 8, generator)
    signs, own = even_signs(sp.csr_array(wanted), outputs, inputs, generator)
    assert signs.shape == (40, 32)
    assert set(np.unique(signs)) == {-1, 1}
    assert own == pytest.approx(slow_own(sp.csr_array(wanted), outputs, inputs, signs).mean())


def test_own_reads_are_far_more_alike_than_those_of_plain_signs() -> None:
    task = task_of(problems.pairwise_and(2000, 2000))
    outputs, inputs = (
        orthogonal_block_code(2000, 704, 32, task.stream(purpose)) for purpose in (0, 1)
    )
    wanted = wanted_reads(task)
    signs, own = even_signs(wanted, outputs, inputs, task.stream(2))
    plain = outputs.matrix().T @ wanted @ inputs.matrix()
    noise = task.stream(3).uniform(-0.5, 0.5, plain.shape)
    by_chance = np.where(plain.toarray() + noise >= 0, 1, -1)
    mended = slow_own(wanted[:300], outputs, inputs, signs)
    chance = slow_own(wanted[:300], outputs, inputs, by_chance)
    assert mended.std() < 0.3 * chance.std()
    # And none the weaker: signs that all flip to please would lose that.
    assert own > 0.98 * chance.mean()


@pytest.fixture(scope="module")
def task() -> Task:
    return task_of(problems.pairwise_and(1000, 1000))


@pytest.fixture(scope="module")
def network(task: Task) -> Network:
    candidate = ONE_BIT.candidate(task)
    return candidate.build(candidate.declared.neurons)


@pytest.mark.parametrize("active", [3, 4])
def test_every_weight_is_one_bit_and_the_key_is_exact(active: int) -> None:
    # Codes of weight 32, and of 64; dimensions fewer than neurons and features.
    network = ONE_BIT.candidate(task_of(problems.pairwise_and(700, 900), active)).build(600)
    weights, key = network.layers[0].weights, network.key
    assert weights.dtype == np.int8
    assert len(np.unique(abs(weights))) == 1
    assert 0.99 < network.weight_bits() / weights.size <= 1
    assert isinstance(key, AnswerKey)
    assert key.belongs_to(network)
    product = key.layers[0].compression.toarray().astype(int) @ key.encoder.matrix().toarray()
    np.testing.assert_array_equal(product, weights)
    assert key.layers[0].compression.data.dtype == np.int16


def test_errors_are_as_declared(task: Task, network: Network) -> None:
    assert network.neurons <= ONE_BIT.candidate(task).declared.neurons
    for inputs in ("satisfied", "uniform", "alone"):
        assert verify(network, inputs=inputs, samples=5000).error < 1e-2
    assert network.parameters == ONE_BIT.parameters(task, network.neurons)
    # Half of them are far too few: the check above can fail.
    assert verify(ONE_BIT.candidate(task).build(network.neurons // 2), samples=1000).error > 0.1


def test_other_numbers_of_inputs_are_served() -> None:
    for circuit, active in ((problems.permutation(1000), 3), (problems.k_and(1500, 1500, 3), 4)):
        task = task_of(circuit, active)
        assert ONE_BIT.refusal(task) is None
        candidate = ONE_BIT.candidate(task)
        network = candidate.build(candidate.declared.neurons)
        assert verify(network, samples=3000).error < 1e-2


def test_noise_of_foreign_features_is_what_is_declared(task: Task, network: Network) -> None:
    alone = np.arange(1000, dtype=np.int32)[:, None]
    nothing = hidden_activity(network, np.full((1, 1), -1, np.int32))
    moved = hidden_activity(network, alone) - nothing
    code = orthogonal_block_code(1000, network.units, 32, task.stream(1)).matrix()
    readings = (code @ moved.T).T
    own = np.zeros(readings.shape, bool)
    own[task.terms.literals, np.repeat(np.arange(1000), 2)] = True
    readings = readings / readings[own].mean()
    ratio = np.pi / 2 * 2000 / (network.units * network.encoder.dimensions)
    assert 0.8 < readings[~own].var() / (ratio / (1 - ratio)) < 1.15
    assert readings[own].std() < 0.05


def test_no_relu_bends_within_the_promise(network: Network) -> None:
    rows = np.random.default_rng(0).integers(1000, size=(500, 3)).astype(np.int32)
    assert hidden_activity(network, rows).min() > 0


def test_the_seed_gives_every_byte(task: Task, network: Network) -> None:
    again = ONE_BIT.candidate(task).build(network.neurons)
    other = ONE_BIT.candidate(task_of(task.circuit, seed=1)).build(network.neurons)
    weights, thresholds = network.layers[0].weights, network.readout.thresholds
    assert weights.tobytes() == again.layers[0].weights.tobytes()
    assert thresholds.tobytes() == again.readout.thresholds.tobytes()
    assert weights.tobytes() != other.layers[0].weights.tobytes()


def test_a_message_takes_a_bit_a_weight_and_the_codes_come_from_the_seed(network: Network) -> None:
    agreed = Agreed(seed=0, features=1000, outputs=1000, inputs=2)
    message = write_message(network, agreed)
    assert (message.encoder, message.readout) == (CodeSource.BLOCKS, CodeSource.BLOCKS)
    assert 1 < 8 * len(message.content) / network.layers[0].weights.size < 1.05
    received = read_message(message.content, agreed)
    assert np.array_equal(received.layers[0].weights, network.layers[0].weights)
    assert np.array_equal(received.readout.thresholds, network.readout.thresholds)


def test_neurons_are_rounded_down_to_whole_groups(task: Task) -> None:
    assert ONE_BIT.candidate(task).build(415).neurons == 384
    with pytest.raises(TooFewNeuronsError, match="63 neurons are fewer than the 64 its codes take"):
        ONE_BIT.candidate(task).build(63)


@pytest.mark.parametrize(
    ("circuit", "encoder", "error", "reason"),
    [
        (problems.pairwise_and(1000, 1000), "basis", 1e-2, "in superposition"),
        (problems.pairwise_and(1000, 1000), "auto", 0.0, "never 0"),
        (problems.pairwise_and(100, 1000), "auto", 1e-2, "at least 128 features"),
        (problems.pairwise_and(200, 200), "auto", 1e-2, "200 gates are too few"),
        (problems.layered(1000, 2), "auto", 1e-2, "one hidden layer computes gates over"),
    ],
)
def test_what_it_does_not_serve_is_said(circuit, encoder, error, reason) -> None:
    assert reason in (ONE_BIT.refusal(Task(circuit, 3, error, encoder, 0)) or "")
    assert ONE_BIT.refusal(Task(problems.pairwise_and(1000, 1000), 3, 1e-2, "auto", 0)) is None


def test_it_takes_more_neurons_and_fewer_bits_and_is_taken_only_where_asked_for() -> None:
    circuit = problems.pairwise_and(10_000, 10_000)
    task = task_of(circuit, 3, 1e-3)
    signs, frames = ONE_BIT.candidate(task).declared, FRAMES.candidate(task).declared
    more = signs.neurons / frames.neurons
    assert 1.2 < more < 1.35
    # One bit each against eight.
    assert signs.parameters < 8 * frames.parameters / 4
    small = problems.pairwise_and(1000, 1000)
    assert compile(small, neurons=500, epsilon=None).provenance.construction == "tight-frames"
    asked = compile(small, neurons=500, construction="one-bit")
    assert asked.provenance.construction == "one-bit"


@pytest.mark.parametrize("error", [0.3, 1e-2, 1e-4])
@pytest.mark.parametrize(("features", "gates"), [(60, 40), (300, 300), (2000, 2000)])
def test_the_first_size_that_is_enough_is_found_as_by_trying_all(features, gates, error):
    """Also where none is: a range is passed over only if nothing in it is enough."""
    task = task_of(problems.pairwise_and(features, gates), error=error)
    every = range(2, 200)
    enough = (groups for groups in every if one_bit._failure(task, groups * 32) <= error)
    assert one_bit._first_enough(task, every, error) == next(enough, None)


def test_a_feature_of_all_gates_is_refused_without_trying_all_sizes(monkeypatch):
    """Of a table of one subject no size in the range is enough; each took a third of a ms."""
    tried = []
    failure = one_bit._failure
    monkeypatch.setattr(
        one_bit, "_failure", lambda *given, **told: _kept(tried, failure(*given, **told))
    )
    gates = [(ps.GateKind.AND, (0, 1 + number)) for number in range(3000)]
    circuit = ps.build_circuit(ps.Names(prefix="x", count=3001), gates, range(3001, 6001))
    assert "too few for signs" in str(ONE_BIT.refusal(task_of(circuit, active=2)))
    assert len(tried) < 300


def _kept(tried: list[float], value: float) -> float:
    tried.append(value)
    return value
