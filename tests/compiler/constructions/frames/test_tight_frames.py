"""Tight frames: readouts read their own features exactly, with the least weights that do."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import problems
from polyseme.codes.code import SparseCode
from polyseme.codes.orthogonal_blocks import orthogonal_block_code
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.frames.joint_reads import joint_compression, joint_strengths
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.networks.network import Network
from polyseme.networks.run import hidden_activity
from polyseme.verification.sampling import verify

FRAMES = CATALOGUE["tight-frames"]


def unit_rows(code: SparseCode) -> np.ndarray:
    return code.matrix().toarray().astype(float) / np.sqrt(code.weight)


def drawn_case(seed: int) -> tuple[sp.csr_array, SparseCode, SparseCode]:
    """40 outputs on 32 neurons that read two or three of 50 features on 32 dimensions."""
    generator = np.random.default_rng(seed)
    wanted = np.zeros((40, 50), np.float32)
    for row in wanted:
        row[generator.permutation(50)[: generator.integers(2, 4)]] = 1
    return (
        sp.csr_array(wanted),
        orthogonal_block_code(40, 32, 8, generator),
        orthogonal_block_code(50, 32, 8, generator),
    )


@given(st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_strengths_solve_the_system_and_no_smaller_weights_read_the_same(seed: int) -> None:
    wanted, outputs, inputs = drawn_case(seed)
    strengths = sp.csr_array(
        (joint_strengths(wanted, outputs, inputs), wanted.indices, wanted.indptr), wanted.shape
    )
    codes, features = unit_rows(outputs), unit_rows(inputs)
    weights = codes.T @ strengths.toarray() @ features
    rows, columns = wanted.nonzero()
    # The slow way: one equation a literal in all weights, and the solution of least norm.
    system = np.einsum("en,ed->end", codes[rows], features[columns]).reshape(len(rows), -1)
    least = np.linalg.lstsq(system, np.ones(len(rows)), rcond=None)[0].reshape(weights.shape)
    read = np.einsum("en,nd,ed->e", codes[rows], weights, features[columns])
    assert np.abs(read - 1).max() < 0.5
    assert np.sqrt(((read - 1) ** 2).mean()) < 0.1
    assert np.linalg.norm(weights - least) < 0.15 * np.linalg.norm(least)


def test_compression_keeps_strengths_on_average_over_an_outputs_neurons() -> None:
    wanted, outputs, inputs = drawn_case(0)
    strengths = joint_strengths(wanted, outputs, inputs)
    compress = joint_compression(wanted, strengths, outputs, 4).toarray()
    exact = sp.csr_array((strengths, wanted.indices, wanted.indptr), wanted.shape).toarray()
    code = outputs.matrix().toarray()
    # Each neuron is off by less than a step per gate; rounded up here and down there, less in sum.
    assert np.abs(compress - 4 * code.T @ exact).max() <= 0.5 * np.abs(code).sum(axis=0).max() + 0.5
    assert abs((compress - 4 * code.T @ exact).mean()) < 0.05
    assert compress.dtype == np.int16


@pytest.fixture(scope="module")
def task() -> Task:
    return Task(problems.pairwise_and(1000, 1000), 3, 1e-2, "auto", 0)


@pytest.fixture(scope="module")
def network(task: Task) -> Network:
    return FRAMES.candidate(task).build(400)


def test_the_hidden_layer_is_linear_within_the_promise(network: Network) -> None:
    rows = np.random.default_rng(0).integers(1000, size=(500, 3)).astype(np.int32)
    assert hidden_activity(network, rows).min() > 0


def test_noise_of_foreign_features_is_what_is_declared(task: Task, network: Network) -> None:
    alone = np.arange(1000, dtype=np.int32)[:, None]
    nothing = hidden_activity(network, np.full((1, 1), -1, np.int32))
    moved = hidden_activity(network, alone) - nothing
    code = orthogonal_block_code(1000, network.units, 16, task.stream(1)).matrix()
    readings = (code @ moved.T).T / 16
    own = np.zeros(readings.shape, bool)
    own[task.terms.literals, np.repeat(np.arange(1000), 2)] = True
    assert np.abs(readings[own] - 1).max() < 0.15
    spent = 2 * 1000 / (network.units * network.encoder.dimensions)
    declared = 1.12 * spent / (1 - spent)
    assert 0.8 * declared < readings[~own].var() < declared


def test_errors_are_as_declared_and_the_key_belongs(task: Task) -> None:
    network = FRAMES.candidate(task).build(FRAMES.candidate(task).declared.neurons)
    assert verify(network, samples=5000).error < 1e-2
    assert network.neurons <= FRAMES.candidate(task).declared.neurons
    assert network.key is not None
    assert network.key.belongs_to(network)
    assert network.provenance.readout_parameters == 1
    assert network.layers[0].weights.dtype == np.int8


def test_neurons_are_rounded_down_to_whole_groups(task: Task) -> None:
    assert FRAMES.candidate(task).build(415).neurons == 400
    with pytest.raises(TooFewNeuronsError, match="31 neurons are fewer than the 32 its codes take"):
        FRAMES.candidate(task).build(31)


@pytest.mark.parametrize(
    ("circuit", "encoder", "error", "reason"),
    [
        (problems.pairwise_and(200, 200), "basis", 1e-2, "in superposition"),
        (problems.pairwise_and(200, 200), "auto", 0.0, "never 0"),
        (problems.pairwise_and(60, 200), "auto", 1e-2, "at least 64 features"),
        (problems.layered(200, 2), "auto", 1e-2, "one hidden layer computes gates over"),
    ],
)
def test_what_it_does_not_serve_is_said(circuit, encoder, error, reason) -> None:
    assert reason in (FRAMES.refusal(Task(circuit, 3, error, encoder, 0)) or "")
    served = Task(problems.pairwise_and(200, 200), 3, 1e-2, "auto", 0)
    assert FRAMES.refusal(served) is None
