"""Weights of least noise hold own reads, and no other weights with these reads make less."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from polyseme.codes.affine import affine_code
from polyseme.codes.balanced import balanced_code
from polyseme.codes.code import SparseCode
from polyseme.compiler.constructions.least_noise import quiet_weights as quiet
from polyseme.compiler.constructions.least_noise.quiet_weights import quiet_weights
from polyseme.compiler.parts.assembly import reads_of_gates


def case(features=120, gates=60, units=44, dimensions=80):
    generator = np.random.default_rng(3)
    inputs = balanced_code(features, dimensions, 16, generator, signed=True)
    code = affine_code(gates, units, 4, generator)
    pairs = generator.permuted(np.tile(np.arange(features), (gates, 1)), axis=1)[:, :2]
    wanted = reads_of_gates(pairs.astype(np.int32), code.positions, code.neurons, features)
    wanted.sort_indices()
    return wanted, code, inputs


def noise(weights, code: SparseCode, inputs: SparseCode) -> float:
    """What is made least, by its definition."""
    reads = weights @ inputs.matrix().toarray().T
    gates = code.matrix().toarray() / code.weight
    return float(((gates @ reads) ** 2).sum() + 0.1 * (reads**2).sum())


def own(weights, wanted: sp.csr_array, inputs: SparseCode):
    reads = weights @ inputs.matrix().toarray().T
    return reads[wanted.nonzero()]


def test_own_reads_are_exact_and_noise_is_least(monkeypatch):
    """The oracle solves the constrained least squares of all weights at once."""
    monkeypatch.setattr(quiet, "_CLOSE", 1e-9)
    monkeypatch.setattr(quiet, "_MOST_STEPS", 200)
    monkeypatch.setattr(quiet, "_RIDGE", 0.0)
    wanted, code, inputs = case()
    weights = quiet_weights(wanted, code, inputs)
    assert own(weights, wanted, inputs) == pytest.approx(1, abs=1e-6)
    units, dimensions = weights.shape
    decode = inputs.matrix().toarray().astype(float)
    gates = code.matrix().toarray() / code.weight
    row, column = wanted.nonzero()
    constraints = np.zeros((len(row), units, dimensions))
    constraints[np.arange(len(row)), row] = decode[column]
    metric = np.kron(gates.T @ gates + 0.1 * np.eye(units), decode.T @ decode)
    flat = constraints.reshape(len(row), -1)
    solved = np.linalg.solve(metric, flat.T)
    best = (solved @ np.linalg.solve(flat @ solved, np.ones(len(row)))).reshape(weights.shape)
    assert noise(weights, code, inputs) == pytest.approx(noise(best, code, inputs), rel=1e-5)
    assert weights == pytest.approx(best, abs=1e-4)


def test_a_few_steps_come_close():
    wanted, code, inputs = case()
    weights = quiet_weights(wanted, code, inputs)
    assert np.sqrt(((own(weights, wanted, inputs) - 1) ** 2).mean()) < 0.02


def test_weights_do_not_depend_on_the_size_of_blocks(monkeypatch):
    wanted, code, inputs = case()
    first = quiet_weights(wanted, code, inputs)
    monkeypatch.setattr(quiet, "_BLOCK_ENTRIES", 200)
    assert quiet_weights(wanted, code, inputs) == pytest.approx(first, abs=1e-9)


def test_many_features_per_dimension_are_taken_for_tight():
    assert quiet.is_tight(800, 100)
    assert not quiet.is_tight(799, 100)
