"""The weights of one hidden layer: own features are read as wanted, and W is C D."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from polyseme.circuits import problems
from polyseme.codes.code import SparseCode
from polyseme.compiler.compile import compile
from polyseme.compiler.parts.weights import GRAIN, compression
from polyseme.networks.network import Network


def dense_code(code: SparseCode) -> np.ndarray:
    matrix = np.zeros((code.features, code.neurons))
    matrix[np.arange(code.features)[:, None], code.positions] = code.signs
    return matrix


def wanted_of(network: Network) -> np.ndarray:
    """What each neuron should read, from the key's terms alone: 1 for inputs of terms it hosts."""
    key, held = network.key, network.key.layers[0]
    wanted = np.zeros((network.neurons, key.terms.features), bool)
    for term in range(len(key.terms)):
        neurons = held.units[held.offsets[term] : held.offsets[term + 1]]
        literals = key.terms.literals[key.terms.offsets[term] : key.terms.offsets[term + 1]]
        wanted[np.ix_(neurons, literals)] = True
    return wanted


def test_neurons_read_their_own_features_at_the_wanted_strength_and_naive_weights_do_not():
    network = compile(
        problems.pairwise_and(400, 400, seed=1), neurons=250, construction="three-channel"
    )
    held, wanted = network.key.layers[0], wanted_of(network)
    code = dense_code(network.key.encoder)
    own = held.compression.toarray().astype(float) @ code @ code.T / held.resolution
    naive = GRAIN * wanted.astype(float) @ code @ code.T / held.resolution
    missed, naively_missed = np.abs(own[wanted] - 1), np.abs(naive[wanted] - 1)
    assert missed.max() < 0.25
    assert missed.mean() < 0.06
    assert naively_missed.max() > 3 * missed.max()
    assert naively_missed.mean() > 3 * missed.mean()
    # A neuron reads nothing of C that it was not to read.
    assert not held.compression.toarray()[~wanted].any()


def test_the_layer_holds_the_product_of_compression_and_decompression():
    network = compile(
        problems.pairwise_and(400, 400, seed=1), neurons=250, construction="three-channel"
    )
    held, code = network.key.layers[0], dense_code(network.key.encoder)
    product = held.compression.toarray().astype(int) @ code.astype(int)
    assert np.array_equal(network.layers[0].weights, product)
    assert network.layers[0].scale == 1 / held.resolution


@pytest.mark.parametrize("seed", range(3))
def test_conjugate_gradients_solve_each_neurons_gram_system(seed):
    generator = np.random.default_rng(seed)
    features, dimensions, weight, neurons = 60, 128, 16, 40
    positions = np.stack([generator.permutation(dimensions)[:weight] for _ in range(features)])
    signs = generator.choice([-1, 1], positions.shape)
    code = SparseCode(dimensions, positions, signs)
    reads = generator.choice([0, 1, -1, 3], (neurons, features), p=[0.88, 0.07, 0.04, 0.01])
    found = compression(sp.csr_array(reads.astype(np.float32)), code).toarray()
    matrix = dense_code(code)
    for neuron in range(neurons):
        own = np.flatnonzero(reads[neuron])
        gram = matrix[own] @ matrix[own].T / weight
        exact = GRAIN * np.linalg.solve(gram, reads[neuron, own].astype(float))
        # Half a unit is the rounding; the rest is what eight steps leave.
        assert np.abs(found[neuron, own] - exact).max(initial=0) < 0.5 + 0.05
        assert not np.delete(found[neuron], own).any()


def test_features_that_do_not_interfere_are_read_as_wanted():
    code = SparseCode(5, np.arange(5)[:, None], np.ones((5, 1)))
    wanted = np.array([[1, 0, -1, 0, 3], [0, 0, 0, 0, 0]], np.float32)
    assert np.array_equal(compression(sp.csr_array(wanted), code).toarray(), wanted)
