"""Quadratic activations: products of projections, and when readings would round."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from polyseme.circuits import problems
from polyseme.circuits.evaluate import evaluate_dense
from polyseme.compiler.constructions import quadratic
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.errors import CapacityError
from polyseme.networks.activation import Square
from polyseme.networks.run import LayerRunner, encode
from support.basic_constructions import all_rows, bits_of, task_of


def test_squares_read_products_of_projections_exactly() -> None:
    task = task_of(problems.universal_and(9), 3, 0.1)
    network = CATALOGUE["quadratic"].candidate(task).build(40 * 41 // 2)
    assert network.layers[0].activation == Square()
    codes = network.encoder.code.signs.astype(int)
    rows = all_rows(9, 3)
    runner = LayerRunner(network)
    readings = runner.readings(runner.hidden(encode(network, rows), True)).T
    projections = bits_of(rows, 9).astype(int) @ codes @ codes.T
    first, second = np.triu_indices(9, 1)
    np.testing.assert_array_equal(readings, projections[:, first] * projections[:, second])


def test_products_are_within_two_epsilon_on_two_hot_inputs() -> None:
    features, dimensions = 20, 200
    task = task_of(problems.universal_and(features), 2, 0.1)
    network = CATALOGUE["quadratic"].candidate(task).build(dimensions * (dimensions + 1) // 2)
    codes = network.encoder.code.signs.astype(int)
    assert codes.shape == (features, dimensions)
    gram = codes @ codes.T / dimensions
    epsilon = np.abs(gram - np.eye(features)).max()
    rows = np.array(list(combinations(range(features), 2)), np.int32)
    runner = LayerRunner(network)
    readings = runner.readings(runner.hidden(encode(network, rows), True)).T / dimensions**2
    truth = evaluate_dense(task.circuit, bits_of(rows, features))
    # To first order 2 epsilon; the products of two interferences add up to 2 epsilon squared.
    assert np.abs(readings - truth).max() <= 2 * epsilon + 2 * epsilon**2
    assert np.abs(readings - truth).max() > epsilon


def test_readings_that_would_round_are_refused() -> None:
    task = task_of(problems.pairwise_and(40, 3), 3)
    with pytest.raises(CapacityError, match="float32 would round"):
        CATALOGUE["quadratic"].candidate(task).build(1000 * 1001 // 2)


def test_tails_of_fair_signs_are_those_of_all_patterns() -> None:
    patterns = np.array(list(product([-1, 1], repeat=8)))
    # Four sums of two signs each; their mean.
    means = patterns.reshape(-1, 4, 2).sum(axis=2).mean(axis=1)
    levels = np.array([-0.5, 0.0, 0.3, 0.5, 1.0, 2.0, 2.1])
    slow = [(means >= level).mean() for level in levels]
    np.testing.assert_allclose(quadratic.tail(4, 2, levels), slow)
