"""Small networks inside a large one, against the small ones run by themselves."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.codes import affine_code, balanced_code, progression_code
from polyseme.reproduce.small_networks import SmallNetworks, superpose


def small_networks(networks: int, layers: int, width: int, seed: int) -> SmallNetworks:
    generator = np.random.default_rng(seed)
    return SmallNetworks(
        generator.normal(size=(layers, width, width)),
        generator.normal(size=(layers, networks, width, width)),
        generator.normal(size=(layers, width)) - 1,
    )


def run_one(small: SmallNetworks, network: int, state: np.ndarray) -> list[np.ndarray]:
    states = []
    for layer in range(len(small.biases)):
        state = (small.shared[layer] + small.own[layer, network]) @ state + small.biases[layer]
        state = np.maximum(state, 0)
        states.append(state)
    return states


def test_small_networks_run_as_their_layers_one_by_one() -> None:
    small = small_networks(5, 3, 2, seed=0)
    states = np.random.default_rng(1).normal(size=(4, 2, 2))
    which = np.array([[0, 1], [4, 2], [3, 0], [1, 4]])
    after = small.run(states, which)
    for sample, one in np.ndindex(which.shape):
        wanted = run_one(small, which[sample, one], states[sample, one])
        np.testing.assert_allclose(after[:, sample, one], wanted)


@pytest.mark.parametrize("active", [1, 2, 3])
def test_networks_that_share_no_neuron_are_exact(active: int) -> None:
    # As many neurons as T networks of S neurons for each of theirs: the code has no overlaps.
    networks, spread, width = 6, 3, 2
    small = small_networks(networks, 4, width, seed=2)
    code = progression_code(networks, networks * spread, spread)
    large = superpose(small, code, np.random.default_rng(3))
    assert large.weights.shape == (4, width * networks * spread, width * networks * spread)
    generator = np.random.default_rng(4)
    which = np.array([generator.choice(networks, active, replace=False) for _ in range(20)])
    states = np.abs(generator.normal(size=(20, active, width)))
    wanted = small.run(states, which)
    row = np.arange(20)[:, np.newaxis]
    for layer, activations in enumerate(large.run(states, which)):
        found = large.read(activations, layer)
        np.testing.assert_allclose(found[row, which], wanted[layer], rtol=1e-3, atol=1e-4)


def test_weights_are_those_of_the_formula() -> None:
    small = small_networks(7, 2, 2, seed=5)
    code = affine_code(7, 12, 3, np.random.default_rng(6))
    large = superpose(small, code, np.random.default_rng(7))
    block, spread = 12, 3
    below, above = (np.zeros((7, block)) for _ in range(2))
    for network in range(7):
        below[network, large.places[0, network]] = 1
        above[network, large.places[1, network]] = 1
    joined = np.minimum(sum(np.outer(above[t], below[t]) for t in range(7)), 1)
    strangers = sum(above[t] @ joined @ below[u] for t in range(7) for u in range(7) if t != u)
    balance = strangers / (7 * 6 * spread**2 - strangers)
    carried = joined - balance * (1 - joined)
    wanted = np.kron(small.shared[1], carried)
    for t in range(7):
        wanted += np.kron(small.own[1, t], np.outer(above[t], below[t]))
    np.testing.assert_allclose(large.weights[1], wanted / spread, atol=1e-5)
    # So chosen, strangers hand each other nothing on average.
    handed = [above[t] @ carried @ below[u] for t in range(7) for u in range(7) if t != u]
    assert np.mean(handed) == pytest.approx(0, abs=1e-9)


def test_a_network_alone_is_exact_after_the_first_layer_and_noisy_after_the_next() -> None:
    small = small_networks(40, 2, 2, seed=8)
    large = superpose(
        small, affine_code(40, 35, 5, np.random.default_rng(9)), np.random.default_rng(10)
    )
    which = np.arange(40)[:, np.newaxis]
    states = np.abs(np.random.default_rng(11).normal(size=(40, 1, 2))) + 1
    wanted = small.run(states, which)
    off = [
        np.abs(large.read(found, layer)[which[:, 0], which[:, 0]] - wanted[layer][:, 0]).max()
        for layer, found in enumerate(large.run(states, which))
    ]
    assert off[0] < 1e-5 < 1e-2 < off[1]


def test_the_same_seed_makes_the_same_bytes() -> None:
    small = small_networks(7, 3, 2, seed=12)
    code = affine_code(7, 12, 3, np.random.default_rng(13))
    one, two, other = (superpose(small, code, np.random.default_rng(s)) for s in (14, 14, 15))
    assert one.weights.tobytes() == two.weights.tobytes()
    assert one.weights.tobytes() != other.weights.tobytes()


def test_what_does_not_go_together_is_refused() -> None:
    small = small_networks(7, 2, 2, seed=16)
    generator = np.random.default_rng(17)
    with pytest.raises(ValueError, match="7 networks need a code of as many words"):
        superpose(small, balanced_code(8, 12, 3, generator), generator)
    with pytest.raises(ValueError, match="without signs"):
        superpose(small, balanced_code(7, 12, 3, generator, signed=True), generator)
    with pytest.raises(ValueError, match="do not go with biases"):
        SmallNetworks(small.shared, small.own[:1], small.biases)
    with pytest.raises(ValueError, match="do not go with biases"):
        SmallNetworks(small.shared[:, :1], small.own, small.biases)
