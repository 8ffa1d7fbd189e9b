"""Part 7: twelve ANDs of twelve concepts in eight neurons, every entry of W = C D by hand.

Codes drawn at random need hundreds of neurons for their noise to average out. So that eight do,
annealing looks for codes whose noise does no harm: signs of the concepts' codes, two neurons per
AND, and which concepts are paired. The weights are the construction's, with nothing tuned: C has 1
where a neuron belongs to an AND that reads the concept, D is the code read backwards, W = C D.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

import polyseme as ps
from polyseme.circuits.names import Names
from polyseme.codes.code import SparseCode
from polyseme.networks.activation import Relu
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer
from polyseme.networks.network import Provenance

from .shared import packed

CONCEPTS = (
    *("rain", "boat", "wood", "ice", "music", "moon"),
    *("river", "street", "crowd", "night", "wind", "fire"),
)
# Names of ANDs; of any other pair, its two concepts.
MEANT = {
    "rain river": "flood",
    "boat river": "ferry",
    "boat wind": "sailing",
    "fire wind": "wildfire",
    "fire wood": "campfire",
    "music wood": "violin",
    "crowd music": "concert",
    "crowd street": "parade",
    "night street": "lamplight",
    "moon night": "moonlight",
    "ice moon": "comet",
    "ice rain": "hail",
}
FEATURES, GATES, NEURONS, WEIGHT = 12, 12, 8, 2
# Sums are in eighths: a code has eight signs. A neuron bends at one concept fully on.
BEND, MARGIN = NEURONS, 0.1
STEPS, HEAT = 60_000, 0.3
INPUTS = [
    (),
    *((first,) for first in range(FEATURES)),
    *combinations(range(FEATURES), 2),
]
ON = np.array([[feature in row for feature in range(FEATURES)] for row in INPUTS], float)


@dataclass(frozen=True, eq=False)
class Codes:
    """Signs of every concept, int (12, 8); neurons of every AND, 0/1 (12, 8); its concepts."""

    signs: NDArray[np.float64]
    neurons: NDArray[np.float64]
    pairs: NDArray[np.int64]

    def compression(self) -> NDArray[np.float64]:
        """Return C: 1 where a neuron belongs to an AND that reads the concept, (8, 12)."""
        found = np.zeros((NEURONS, FEATURES))
        for column in range(2):
            np.maximum.at(found.T, self.pairs[:, column], self.neurons)
        return found

    def readings(self) -> NDArray[np.float64]:
        """Return the readings of all ANDs on all inputs, in eighths: (inputs, 12)."""
        sums = ON @ self.signs @ (self.compression() @ self.signs).T
        return np.maximum(sums - BEND, 0) @ self.neurons.T

    def truth(self) -> NDArray[np.bool_]:
        """Return which ANDs are on, (inputs, 12)."""
        return (ON[:, self.pairs[:, 0]] * ON[:, self.pairs[:, 1]]) > 0

    def cost(self) -> float:
        """Return by how much readings miss their margins, squared; 0 where all are right."""
        readings, truth = self.readings() / (BEND * WEIGHT), self.truth()
        least = np.where(truth, readings, np.inf).min(axis=0)
        over = np.maximum(np.where(truth, -np.inf, readings) - least + MARGIN, 0)
        return float((over**2).sum())


def measure() -> dict[str, Any]:
    """Return the network with its matrices and the check of all its inputs."""
    codes = annealed(np.random.default_rng(0))
    network, circuit = built(codes)
    check = ps.verify_exhaustively(network, circuit)
    return {
        "network": packed(network),
        "concepts": CONCEPTS,
        "pairs": codes.pairs.tolist(),
        "signs": codes.signs.astype(int).tolist(),
        "neurons_of": codes.neurons.astype(int).tolist(),
        "compression": codes.compression().astype(int).tolist(),
        "bend": BEND,
        "thresholds": network.readout.thresholds.tolist(),
        "neurons": NEURONS,
        "inputs": check.samples,
        "wrong": check.wrong,
    }


def annealed(generator: np.random.Generator) -> Codes:
    """Return codes without a wrong input, or the best that were found."""
    codes = Codes(
        np.sign(generator.standard_normal((FEATURES, NEURONS))),
        np.array([_word(generator) for _ in range(GATES)]),
        np.array([(gate, (gate + 1) % FEATURES) for gate in range(GATES)]),
    )
    cost = codes.cost()
    for step in range(STEPS):
        changed = _changed(codes, generator)
        heat = HEAT * (1 - step / STEPS) + 1e-4
        tried = changed.cost()
        if tried <= cost or generator.random() < np.exp((cost - tried) / heat):
            codes, cost = changed, tried
        if cost == 0:
            break
    return codes


def _word(generator: np.random.Generator) -> NDArray[np.float64]:
    word = np.zeros(NEURONS)
    word[generator.choice(NEURONS, WEIGHT, replace=False)] = 1
    return word


def _changed(codes: Codes, generator: np.random.Generator) -> Codes:
    signs, neurons, pairs = codes.signs.copy(), codes.neurons.copy(), codes.pairs.copy()
    if generator.random() < 2 / 3:
        signs[generator.integers(FEATURES), generator.integers(NEURONS)] *= -1
    else:
        neurons[generator.integers(GATES)] = _word(generator)
    if generator.random() < 0.1:
        first, second = generator.integers(GATES, size=2)
        pairs[[first, second], 1] = pairs[[second, first], 1]
        distinct = {tuple(sorted(pair)) for pair in pairs.tolist()}
        if len(distinct) < GATES or (pairs[:, 0] == pairs[:, 1]).any():
            return codes
    return Codes(signs, neurons, pairs)


def built(codes: Codes) -> tuple[ps.Network, ps.Circuit]:
    """Return the codes as a network of polyseme, and the circuit that it should be."""
    gates = [(ps.GateKind.AND, tuple(map(int, pair))) for pair in codes.pairs]
    both = [" ".join(sorted(CONCEPTS[concept] for concept in pair)) for pair in codes.pairs]
    names = [MEANT.get(pair, pair) for pair in both]
    outputs = list(range(FEATURES, FEATURES + GATES))
    circuit = ps.build_circuit(CONCEPTS, gates, outputs, output_names=names, name="miniature")
    readings, truth = codes.readings(), codes.truth()
    low = np.where(truth, -np.inf, readings).max(axis=0)
    high = np.where(truth, readings, np.inf).min(axis=0)
    positions = np.tile(np.arange(NEURONS, dtype=np.int32), (FEATURES, 1))
    weights = (codes.compression() @ codes.signs).astype(np.int8)
    bias = np.full(NEURONS, -BEND, np.int32)
    places = np.nonzero(codes.neurons)[1].astype(np.int32)
    network = ps.Network(
        Encoder(Names(CONCEPTS), SparseCode(NEURONS, positions, codes.signs.astype(np.int8))),
        (Layer(weights, bias, 1.0, Relu()),),
        Readout(
            Names(names),
            np.arange(GATES + 1, dtype=np.int64) * WEIGHT,
            places,
            np.ones(len(places), np.int16),
            ((low + high) / 2).astype(np.float32),
        ),
        Provenance("miniature", "output-channel", 2, 0, GATES, GATES, 0, {}),
    )
    return network, circuit
