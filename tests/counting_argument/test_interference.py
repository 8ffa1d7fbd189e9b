"""Strengths that explain all readings of a network together."""

from __future__ import annotations

import numpy as np

from polyseme.counting_argument.interference import explaining_strengths
from polyseme.networks.run import readout_matrix
from support.counting import Case


def test_strengths_explain_all_readings_together(pairs: Case) -> None:
    """Against the full system of linear equations, solved directly: a few steps come close."""
    network, gates = pairs.network, pairs.gates
    generator = np.random.default_rng(0)
    foreign = (gates[:, :1] + generator.integers(1, 90, (len(gates), 1))) % 200
    foreign[foreign == gates[:, 1:]] += 1
    foreign %= 200
    likely = np.concatenate((gates, foreign), axis=1).astype(np.int32)
    shares = generator.normal(1, 0.1, likely.shape).astype(np.float32)
    features = network.encoder.code.matrix().toarray()[likely.ravel()]
    outputs = readout_matrix(network).toarray()[np.repeat(np.arange(len(gates)), 3)]
    overlaps = (outputs @ outputs.T) * (features @ features.T)
    system = overlaps / overlaps[0, 0]
    expected = np.linalg.solve(system, shares.ravel().astype(np.float64))
    off = explaining_strengths(network, likely, shares).ravel() - expected
    assert (
        np.sqrt((off**2).mean()) < 0.02 < 0.1 < np.sqrt(((shares.ravel() - expected) ** 2).mean())
    )
    assert np.abs(off).max() < 0.1


def test_without_signs_nothing_is_explained(skewed: Case) -> None:
    shares = np.array([[0.75, 1.5]] * len(skewed.gates), np.float32)
    found = explaining_strengths(skewed.network, skewed.gates, shares)
    np.testing.assert_array_equal(found, [[0.75, 0.5]] * len(skewed.gates))
