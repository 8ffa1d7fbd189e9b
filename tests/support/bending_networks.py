"""Small networks of one hidden layer drawn at random, whose units bend, and all their readings."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import scipy.sparse as sp

from polyseme.circuits import Circuit, evaluate_dense
from polyseme.codes.code import SparseCode
from polyseme.networks.activation import Clip, Relu
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network, Provenance


def bending_network(circuit: Circuit, seed: int) -> Network:
    """A network under the names of a circuit, with weights of both signs in its readout."""
    generator = np.random.default_rng(seed)
    features, outputs = len(circuit.features), len(circuit.outputs)
    dimensions, units = (int(generator.integers(2, 9)) for _ in range(2))
    weight = int(generator.integers(1, 1 + min(3, dimensions)))
    places = [generator.permutation(dimensions)[:weight] for _ in range(features)]
    code = SparseCode(dimensions, np.array(places), generator.choice([-1, 1], (features, weight)))
    weights = generator.integers(-5, 6, (units, dimensions)).astype(np.int8)
    layer = Layer(
        sp.csr_array(weights) if seed % 3 == 0 else weights,
        generator.integers(-12, 9, units).astype(np.int32),
        0.5,
        Clip(int(generator.integers(1, 9))) if seed % 2 else Relu(),
    )
    readout = generator.integers(-2, 4, (outputs, units))
    readout[generator.random(readout.shape) < 0.4] = 0
    matrix = sp.csr_array(readout.astype(np.int16))
    bits, truth = tried_inputs(circuit, features)
    readings = readings_of_bits(code, layer, matrix, bits)
    thresholds = [_threshold(readings[:, k], truth[:, k], generator) for k in range(outputs)]
    return Network(
        Encoder(circuit.features, code),
        (layer,),
        Readout(
            circuit.output_names,
            matrix.indptr.astype(np.int64),
            matrix.indices.astype(np.int32),
            matrix.data,
            np.array(thresholds, np.float32),
        ),
        Provenance("drawn", "by hand", 2, seed, 0, 9, 0, {}),
    )


def _threshold(readings: np.ndarray, truth: np.ndarray, generator: np.random.Generator) -> float:
    if generator.random() < 0.05:
        return np.inf
    off = readings[~truth].max(initial=-5)
    return float(off + generator.choice([0, 0.25, 0.5, -0.5]))


def tried_inputs(circuit: Circuit, active: int) -> tuple[np.ndarray, np.ndarray]:
    """All inputs with at most so many features on, and the outputs there, Boolean."""
    features = len(circuit.features)
    sets = [on for size in range(active + 1) for on in combinations(range(features), size)]
    bits = np.zeros((len(sets), features), bool)
    for row, on in enumerate(sets):
        bits[row, list(on)] = True
    return bits, evaluate_dense(circuit, bits)


def readings_of_bits(
    code: SparseCode, layer: Layer, readout: sp.csr_array, bits: np.ndarray
) -> np.ndarray:
    """Readings after the scale, float64 (inputs, outputs)."""
    weights = layer.weights.toarray() if layer.is_sparse else layer.weights
    sums = (bits @ code.matrix().toarray() @ weights.T + layer.bias).astype(np.float32)
    layer.activation.apply(sums)
    return np.asarray((readout.astype(float) @ sums.T.astype(float)).T * layer.scale)


def tried_readings(network: Network, bits: np.ndarray) -> np.ndarray:
    """Readings of a network after the scale, float64 (inputs, outputs)."""
    readout = network.readout
    matrix = sp.csr_array(
        (readout.weights.astype(float), readout.neurons, readout.offsets),
        shape=(len(readout.outputs), network.layers[0].width),
    )
    return readings_of_bits(network.encoder.code, network.layers[0], matrix, bits)
