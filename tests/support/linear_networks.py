"""Small networks of one hidden layer drawn at random, and their worst case by trying all inputs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import scipy.sparse as sp

from polyseme.circuits import Circuit, GateKind, build_circuit, evaluate_dense
from polyseme.codes.code import SparseCode
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network, Provenance


@dataclass(frozen=True)
class Worst:
    """What `worst_case` must find, and for every output whether some input makes it wrong."""

    linear_active: int
    largest_active: int
    outputs_wrong: int
    margin: float
    inputs: int
    wrong: np.ndarray


def drawn_network(seed: int) -> tuple[Network, Circuit]:
    """A network without its key, and its circuit: ANDs of one to three features each.

    Thresholds are near the middle or on a possible reading.
    """
    generator = np.random.default_rng(seed)
    features = int(generator.integers(3, 8))
    dimensions, units = (int(generator.integers(3, 12)) for _ in range(2))
    circuit = _drawn_ands(features, generator)
    weight = int(generator.integers(1, 1 + min(3, dimensions)))
    kinds = np.array(
        [generator.permutation(dimensions)[:weight] for _ in range(generator.integers(1, 5))]
    )
    code = SparseCode(
        dimensions,
        kinds[generator.integers(0, len(kinds), features)],
        generator.choice([-1, 1], (features, weight)),
    )
    weights = generator.integers(-3, 4, (units, dimensions)).astype(np.int8)
    layer = Layer(
        sp.csr_array(weights) if seed % 3 == 0 else weights,
        generator.integers(1, 60, units).astype(np.int32),
        0.25,
    )
    outputs = len(circuit.outputs)
    readout = generator.integers(-2, 3, (outputs, units))
    if generator.random() < 0.8:
        # Towards what reads its own features alone.
        reads = (code.matrix() @ weights.T.astype(float)).T
        readout = np.rint(9 * _wanted(circuit).T @ np.linalg.pinv(reads)).astype(int)
    matrix = sp.csr_array(readout.astype(np.int16))
    resting = matrix.astype(int) @ layer.bias
    reads = np.asarray(matrix.astype(float) @ weights.astype(float) @ code.matrix().T.toarray())
    own = (reads * _wanted(circuit).T).sum(axis=1)
    widths = _wanted(circuit).sum(axis=0)
    thresholds = np.rint(resting + own * (1 - 0.5 / widths)) * layer.scale
    thresholds += generator.choice([0, 0, 0.125, -0.125], outputs)
    thresholds[generator.random(outputs) < 0.05] = np.inf
    network = Network(
        Encoder(circuit.features, code),
        (layer,),
        Readout(
            circuit.output_names,
            matrix.indptr.astype(np.int64),
            matrix.indices.astype(np.int32),
            matrix.data,
            thresholds.astype(np.float32),
        ),
        Provenance("drawn", "by hand", int(generator.integers(1, 4)), seed, 0, 9, 0, {}),
    )
    return network, circuit


def _drawn_ands(features: int, generator: np.random.Generator) -> Circuit:
    outputs, gates = [], []
    for _ in range(generator.integers(1, 6)):
        read = generator.permutation(features)[: generator.integers(1, 4)].tolist()
        if len(read) == 1:
            outputs += read
        else:
            outputs.append(features + len(gates))
            gates.append((GateKind.AND, read))
    return build_circuit([f"f{i}" for i in range(features)], gates, outputs)


def _wanted(circuit: Circuit) -> np.ndarray:
    """Ones where an output is an AND of a feature, (features, outputs)."""
    alone = ~np.eye(len(circuit.features), dtype=bool)
    # An AND is off when any of its own features is, and all others are on.
    return (~evaluate_dense(circuit, alone)).astype(int)


def tried_worst(network: Network, circuit: Circuit, active: int, most: int | None = None) -> Worst:
    """The worst case of a network, by running every input with at most `most` features on.

    `linear_active` and `largest_active` are at most `most`, which is all features by default.
    """
    layer = network.layers[0]
    features = len(circuit.features)
    weights = layer.weights.toarray() if layer.is_sparse else layer.weights
    reads = network.encoder.code.matrix().toarray().astype(float) @ weights.T.astype(float)
    readout = network.readout
    matrix = sp.csr_array(
        (readout.weights.astype(float), readout.neurons, readout.offsets),
        shape=(len(readout.outputs), len(weights)),
    )
    linear, right = 0, True
    largest, inputs, margin = 0, 0, np.inf
    wrong = np.zeros(len(readout.outputs), bool)
    for on in range((features if most is None else most) + 1):
        rows = np.array(list(combinations(range(features), on)), int)
        bits = np.zeros((len(rows), features), bool)
        np.put_along_axis(bits, rows.reshape(len(rows), on), True, axis=1)
        sums = bits.astype(float) @ reads + layer.bias
        if (sums < 0).any():
            break
        linear = on
        if on > active and not right:
            continue
        readings = (matrix @ np.maximum(sums, 0).T).T * layer.scale
        truth = evaluate_dense(circuit, bits)
        failing = (readings >= readout.thresholds) != truth
        right = right and not failing.any()
        largest = on if right else largest
        if on <= active:
            distance = np.where(truth, readings - readout.thresholds, readout.thresholds - readings)
            margin = min(margin, float(distance.min()))
            wrong |= failing.any(axis=0)
            inputs += len(bits)
    return Worst(linear, largest, int(wrong.sum()), margin, inputs, wrong)
