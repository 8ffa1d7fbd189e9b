"""Inputs as a matrix: those on which `verify` tries a network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import polyseme as ps
from polyseme.verification import sample as sample_module
from polyseme.verification.sampling import draw_fresh
from support.small_networks import network_of, superposed_network


@pytest.mark.parametrize("network", [network_of("pairwise"), superposed_network(300)])
def test_the_matrix_has_the_rows_that_verify_draws(network):
    for kind in ps.input_kinds(network):
        matrix = network.sample(kind, 60, active=2, seed=4)
        rows = draw_fresh(network, network.key.circuit, kind, 2, 60, 4)
        assert matrix.dtype == bool
        assert matrix.shape == (len(rows), len(network.encoder.features))
        for on, row in zip(matrix, rows, strict=True):
            assert set(np.flatnonzero(on)) == set(row[row >= 0])
        sparse = network.sample(kind, 60, active=2, seed=4, sparse=True)
        assert np.array_equal(sparse.toarray(), matrix)


def test_without_a_key_there_are_uniform_inputs_only():
    network = network_of("pairwise")
    bare = replace(network, key=None)
    assert np.array_equal(bare.sample("uniform", 9), network.sample("uniform", 9))
    with pytest.raises(ps.OptionError, match="without its answer key"):
        bare.sample("satisfied", 9)


def test_arguments_out_of_range_are_refused(monkeypatch):
    network = network_of("pairwise")
    for options, rule in (
        ({"inputs": "satisfide"}, "did you mean 'satisfied'"),
        ({"samples": 0}, "samples is 0"),
        ({"active": 401}, "active is 401; it must be 1 to the 400 features"),
        ({"seed": -1}, "seed is -1"),
        ({"sparse": 1}, "sparse is 1"),
    ):
        with pytest.raises(ps.OptionError, match=rule):
            network.sample(**options)
    monkeypatch.setattr(sample_module, "_MOST_BYTES", 4000)
    assert network.sample(samples=10).shape == (10, 400)
    with pytest.raises(ps.CapacityError, match="give sparse=True"):
        network.sample(samples=11)
    assert network.sample(samples=11, sparse=True).shape == (11, 400)
