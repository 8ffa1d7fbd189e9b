"""Many small networks of equal width inside one large network, a few of them active at once.

Theorem (Bushnaq and Mendel 2024; Linsefors and Bushnaq 2025, *Circuits in Superposition* 1 and 2
and *Rotations in Superposition*; in our words). Take T networks of L layers of width d that share
their biases. A network of D neurons per layer simulates all of them, as long as only z are active,
if T d^2 is below D^2 by a factor of about z. So the weights of the small networks, not their
neurons, must fit in the large one. The D neurons are d blocks of D/d. Neuron i of network t is held
by S neurons of block i, given by the indicator e_t of a code in which any two words share at most
one neuron. The words are dealt out afresh at every layer. With w_t = w + dw_t, w being the part
that all networks share,

    W = (1/S) (w (x) K + sum_t dw_t (x) e_t' e_t^T),

e_t and e_t' being the indicators below and above. K is 1 where any network carries a neuron of one
block to a neuron of the next, and -c elsewhere. So a network passes w on in full, and c is chosen
such that it passes nothing on to the other networks on average. The state of a network is read as
the mean over its S neurons.

Size: D = d S q neurons per layer for T = q^2 networks, q >= S a prime, with a Reed-Solomon code
(1,681 networks in 984 neurons at d = 4, S = 6); fewer networks with arithmetic progressions (557 in
1,000). Inputs are in superposition and arrive embedded, after the first layer's weights.

Errors. Two networks share a neuron with chance S^2 kappa, kappa = d/D - 1/(T S). There are
published estimates of the mean square, a being the state that active networks pass on. For an
inactive network it is about z kappa |a|^2 (equation 6.4), less the part that its biases shut out.
For an active network, after l layers, it is (equation 6.41)
(l-1) T kappa^2 (z E|dw_t a|^2 + (z-1) E|w a|^2) + l kappa (z-1) E|w_t a|^2. The estimates hold as
long as all inactive networks stay at 0: for two layers of 557 rotations (`docs/reproduction.md`).
From then on errors grow several-fold per layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.errors import OptionError

Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SmallNetworks:
    """Networks of ReLUs of equal width and depth that share their biases.

    Shapes: `shared` (layers, width, width), the part of the weights that all networks have in
    common; `own` (layers, networks, width, width), the part that each network adds; `biases`
    (layers, width). A layer maps x to max(0, (shared + own) x + bias). Raises OptionError for
    shapes that do not match.
    """

    shared: Reals
    own: Reals
    biases: Reals

    def __post_init__(self) -> None:
        """Check that the shapes match."""
        layers, width = self.biases.shape
        if self.shared.shape != (layers, width, width) or not (
            self.own.ndim == 4 and self.own.shape == (layers, self.networks, width, width)
        ):
            raise OptionError(
                f"weights {self.shared.shape} and {self.own.shape} do not go with biases "
                f"{self.biases.shape}"
            )

    @property
    def networks(self) -> int:
        """Number of networks."""
        return int(self.own.shape[1])

    def before_relu(self, layer: int, states: Reals, which: NDArray[np.int64]) -> Reals:
        """Return weights times states (*shape, width) of the networks `which` (any shape)."""
        weights = self.shared[layer] + self.own[layer, which]
        product: Reals = np.einsum("...ij,...j->...i", weights, states)
        return product

    def run(self, states: Reals, which: NDArray[np.int64]) -> Reals:
        """Return the states after every layer, (layers, *shape, width)."""
        after = []
        for layer, bias in enumerate(self.biases):
            states = np.maximum(self.before_relu(layer, states, which) + bias, 0)
            after.append(states)
        return np.array(after)


@dataclass(frozen=True, eq=False)
class SuperposedNetworks:
    """The large network: the places of the small networks in it, its weights, and its biases.

    `places` int32 (layers, networks, spread) are neurons of a block; neuron p of block i is neuron
    i * block + p of the layer. `weights` is float32 (layers, neurons, neurons); its first layer is
    unused because inputs arrive after the first layer's weights. `biases` is float32
    (layers, neurons).
    """

    small: SmallNetworks
    block: int
    places: NDArray[np.int32]
    weights: NDArray[np.float32]
    biases: NDArray[np.float32]

    def embed(self, states: Reals, which: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the sums that the first layer's neurons receive, (samples, neurons).

        `states` (samples, active, width) are those of the networks `which` (samples, active).
        """
        samples, active, width = states.shape
        received = np.zeros((samples, width, self.block), np.float32)
        pushed = self.small.before_relu(0, states, which)
        row = np.arange(samples)[:, np.newaxis]
        for one in range(active):
            places = self.places[0, which[:, one]]
            for part in range(width):
                # Places within a word are distinct, so that no addition is lost.
                received[row, part, places] += pushed[:, one, part, np.newaxis]
        return received.reshape(samples, -1)

    def run(self, states: Reals, which: NDArray[np.int64]) -> list[NDArray[np.float32]]:
        """Return activations after every layer, (samples, neurons) each, with `which` active."""
        received = self.embed(states, which)
        after = [np.maximum(received + self.biases[0], 0)]
        for weights, bias in zip(self.weights[1:], self.biases[1:], strict=True):
            after.append(np.maximum(after[-1] @ weights.T + bias, 0))
        return after

    def read(self, activations: NDArray[np.float32], layer: int) -> NDArray[np.float32]:
        """Return the state of every small network after a layer, (samples, networks, width)."""
        samples = len(activations)
        blocks = activations.reshape(samples, -1, self.block)
        places = self.places[layer]
        total = np.zeros((samples, blocks.shape[1], len(places)), np.float32)
        for column in places.T:
            total += blocks[:, :, column]
        return np.moveaxis(total / np.float32(places.shape[1]), 1, 2)


def superpose(
    small: SmallNetworks, code: SparseCode, generator: np.random.Generator
) -> SuperposedNetworks:
    """Build the large network from a code of one word per small network over a block's neurons.

    The large network has width * `code.neurons` neurons per layer. Words are dealt out in random
    order, anew at every layer. Raises OptionError unless the code has as many words as there are
    networks, at least two, and no signs.
    """
    if code.features != small.networks or code.features < 2 or (code.signs < 0).any():
        raise OptionError(
            f"{small.networks} networks need a code of as many words, at least 2 and without "
            f"signs, not of {code.features}"
        )
    layers, width = small.biases.shape
    neurons = width * code.neurons
    order = [generator.permutation(code.features) for _ in range(layers)]
    places = code.positions[np.array(order)]
    weights = np.zeros((layers, neurons, neurons), np.float32)
    indicator = code.matrix().toarray()
    for layer in range(1, layers):
        above, below = indicator[order[layer]], indicator[order[layer - 1]]
        weights[layer] = _weights(small, layer, above, below) / code.weight
    biases = np.repeat(small.biases, code.neurons, axis=1).astype(np.float32)
    return SuperposedNetworks(small, code.neurons, places, weights, biases)


def _weights(
    small: SmallNetworks, layer: int, above: NDArray[np.float32], below: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return S times the weights into a layer, from both sides' indicators (networks, block)."""
    block = above.shape[1]
    carried = _carried(above, below)
    parts = np.empty((small.biases.shape[1], block, small.biases.shape[1], block), np.float32)
    for row, column in np.ndindex(small.shared[layer].shape):
        own = small.own[layer, :, row, column].astype(np.float32)
        parts[row, :, column, :] = small.shared[layer, row, column] * carried
        if own.any():
            parts[row, :, column, :] += (above * own[:, np.newaxis]).T @ below
    return parts.reshape(parts.shape[0] * block, -1)


def _carried(above: NDArray[np.float32], below: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return K: 1 where any network has both neurons, else the -c that balances other networks."""
    joined = np.minimum(above.T @ below, 1)
    reached = (above @ joined) @ below.T
    strangers = float(reached.sum(dtype=np.float64) - np.trace(reached, dtype=np.float64))
    networks = len(above)
    pairs = networks * (networks - 1) * float(above[0].sum()) * float(below[0].sum())
    balance = strangers / (pairs - strangers) if pairs > strangers else 0.0
    carried: NDArray[np.float32] = joined - np.float32(balance) * (1 - joined)
    return carried
