"""Small networks of every kind, compiled once, for the tests of the networks level."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from polyseme.circuits import problems
from polyseme.circuits.circuit import Circuit, GateKind, build_circuit
from polyseme.circuits.names import Names
from polyseme.codes.balanced import balanced_code
from polyseme.codes.code import SparseCode
from polyseme.compiler.compile import compile
from polyseme.compiler.constructions.catalogue import THREE_CHANNEL
from polyseme.compiler.constructions.staged.build import build_stages
from polyseme.compiler.constructions.staged.plan import make_staged_plan
from polyseme.compiler.task import Task
from polyseme.networks.activation import Clip, Relu, Square
from polyseme.networks.ends import Encoder, Readout
from polyseme.networks.layer import Layer
from polyseme.networks.network import Network, Provenance

KINDS = (
    "pairwise",
    "universal",
    "permutation",
    "pooled",
    "facts",
    "monosemantic",
    "factored",
    "deep",
    "mixed",
    "stream",
    "ties",
)
FACTS = {
    f"città {number}": {"in": f"country {number % 7}", 'speaks "x"': f"language {number % 5}"}
    for number in range(60)
}


@cache
def network_of(kind: str) -> Network:
    match kind:
        case "pairwise":
            circuit = problems.pairwise_and(400, 400, seed=1)
            return compile(circuit, neurons=200, construction="tight-frames")
        case "universal":
            return compile(problems.universal_and(60), neurons=400)
        case "permutation":
            circuit = problems.permutation(300, seed=2)
            return compile(circuit, neurons=150, construction="tight-frames")
        case "pooled":
            circuit = problems.pairwise_and(300, 2000, influence="zipf", seed=1)
            return compile(circuit, neurons=800, epsilon=None)
        case "facts":
            # As built: the compiler would take the exact network, of 14 ReLUs.
            return THREE_CHANNEL.candidate(Task(problems.facts(FACTS))).build(80)
        case "monosemantic":
            return compile(problems.pairwise_and(30, 30), construction="monosemantic")
        case "factored":
            return compile(factored_circuit(), active=4, construction="monosemantic")
        case "deep":
            return deep_network()
        case "mixed":
            return mixed_network()
        case "stream":
            return stream_network()
        case "ties":
            return counting_network()
    raise ValueError(kind)


def factored_circuit() -> Circuit:
    """Two ORs of pairs with a common factor, an OR, a threshold, an XOR, and unrelated pairs."""
    pairs = [(0, 1), (0, 2), (0, 3), (4, 5), (4, 6), (5, 6), (7, 8)]
    gates = [(GateKind.AND, pair) for pair in pairs]
    gates += [
        (GateKind.AND_NOT, (1, 9)),
        (GateKind.AND_NOT, (2, 9)),
        (GateKind.XOR, (1, 8)),
        (GateKind.OR, (10, 11, 12)),
        (GateKind.OR, (17, 18)),
        (GateKind.OR, (1, 2, 9)),
        (GateKind.OR, (13, 14, 15)),
        (GateKind.OR, (10, 16)),
    ]
    return build_circuit([f"x{i}" for i in range(10)], gates, [19, 20, 21, 22, 23, 24])


@cache
def superposed_network(neurons: int) -> Network:
    """Four layers, with a key of wires; in superposition where `neurons` are fewer than 400."""
    plan = make_staged_plan(Task(problems.layered(400, 4), 3, 1e-2, carry="gates"))
    return build_stages(plan, neurons)


def deep_network() -> Network:
    """Three layers of random whole numbers, no compiler; the last two outputs are never on."""
    generator = np.random.default_rng(5)
    widths, outputs = (12, 20, 15, 18), 9
    layers = tuple(
        Layer(
            generator.integers(-9, 10, (writes, reads)).astype(dtype),
            generator.integers(-40, 20, writes).astype(np.int32),
            scale,
        )
        for reads, writes, dtype, scale in zip(
            widths, widths[1:], (np.int8, np.int16, np.int8), (0.125, 1.0, 0.5), strict=False
        )
    )
    thresholds = (np.arange(outputs) * 40 + 0.03125).astype(np.float32)
    thresholds[-2:] = np.inf
    # The last output reads nothing; the one before it reads, and is never on all the same.
    counts = np.append(np.full(outputs - 1, 6), 0)
    return Network(
        Encoder(Names(prefix="x", count=25), balanced_code(25, 12, 3, generator, signed=True)),
        layers,
        Readout(
            Names(prefix="y", count=outputs),
            np.concatenate(([0], np.cumsum(counts))),
            generator.integers(0, widths[-1], int(counts.sum())).astype(np.int32),
            generator.integers(-3, 8, int(counts.sum())).astype(np.int16),
            thresholds,
        ),
        Provenance("deep", "by hand", 3, 5, 0, 9, 48, {}, "made by a test"),
    )


def mixed_network() -> Network:
    """A sparse layer with a cap, a full one with a cap and a sparse one without, no compiler.

    Every third output is on at rest, the last but one always on, the last never.
    """
    generator = np.random.default_rng(8)
    widths, outputs = (12, 20, 15, 18), 11
    first, second, third = (
        generator.integers(-9, 10, (writes, reads)) for reads, writes in pairwise(widths)
    )
    # A unit that reads nothing at all, at either end of a layer and within it.
    first[generator.random(first.shape) < 0.7] = first[[0, 7, 19]] = 0
    third[generator.random(third.shape) < 0.8] = 0
    biases = [generator.integers(-12, 20, width).astype(np.int32) for width in widths[1:]]
    counts = np.append(np.full(outputs - 2, 6), [0, 0])
    weights = generator.integers(-3, 8, int(counts.sum()))
    thresholds = (np.arange(outputs) * 9 + 0.03125).astype(np.float32)
    resting = np.arange(outputs - 2) % 3 == 0
    thresholds[:-2][resting] *= -1
    weights[np.repeat(resting, 6)] *= -1
    thresholds[-2:] = -0.5, np.inf
    return Network(
        Encoder(Names(prefix="x", count=25), balanced_code(25, 12, 3, generator, signed=True)),
        (
            Layer(sp.csr_array(first.astype(np.int8)), biases[0], 0.125, Clip(16)),
            Layer(second.astype(np.int16), biases[1], 1.0, Clip(24)),
            Layer(sp.csr_array(third.astype(np.int16)), biases[2], 0.5),
        ),
        Readout(
            Names(prefix="y", count=outputs),
            np.concatenate(([0], np.cumsum(counts))),
            generator.integers(0, widths[-1], int(counts.sum())).astype(np.int32),
            weights.astype(np.int16),
            thresholds,
        ),
        Provenance("mixed", "by hand", 3, 8, 0, 9, 48, {}, "made by a test"),
    )


def stream_network() -> Network:
    """Layers that pass numbers on, the second of them squaring, the last one sparse; by hand."""
    generator = np.random.default_rng(9)
    outputs = 8
    carried = [np.array(numbers, np.int32) for numbers in ([0, 3, 11], [2, 9, 10, 11], [0, 9])]
    shapes, scales = [(9, 12), (6, 12), (7, 10)], (0.25, 2.0**-6, 1.0)
    layers = []
    for number, (shape, scale) in enumerate(zip(shapes, scales, strict=True)):
        weights = generator.integers(-5, 6, shape).astype(np.int8)
        layers.append(
            Layer(
                sp.csr_array(weights) if number == 2 else weights,
                generator.integers(-9, 9, shape[0]).astype(np.int32),
                scale,
                Square() if number == 1 else Relu(),
                carried=carried[number],
            )
        )
    return Network(
        Encoder(Names(prefix="x", count=20), balanced_code(20, 12, 3, generator, signed=True)),
        tuple(layers),
        Readout(
            Names(prefix="y", count=outputs),
            np.arange(outputs + 1) * 4,
            generator.integers(0, 9, 4 * outputs).astype(np.int32),
            generator.integers(-3, 8, 4 * outputs).astype(np.int16),
            (np.arange(outputs) * 30 + 0.03125).astype(np.float32),
        ),
        Provenance("stream", "by hand", 3, 9, 0, 9, 40, {}, "made by a test"),
    )


def full_weights(layer: Layer) -> np.ndarray:
    """The weights as a matrix, however they are stored."""
    return layer.weights.toarray() if layer.is_sparse else layer.weights


def counting_network() -> Network:
    """Output i is on when more than i of four features are: every reading can be a threshold."""
    four = np.arange(4, dtype=np.int32)
    return Network(
        Encoder(Names(prefix="x", count=4), SparseCode(4, four[:, None], np.ones((4, 1)))),
        (Layer(2 * np.eye(4, dtype=np.int8), np.zeros(4, np.int32), 0.5),),
        Readout(
            Names(prefix="more than ", count=4),
            np.arange(5) * 4,
            np.tile(four, 4),
            np.ones(16, np.int16),
            np.arange(1, 5, dtype=np.float32),
        ),
        Provenance("counting", "by hand", 4, 0, 4, 4, 0, {}),
    )


def with_output_never_on(network: Network, output: int) -> Network:
    thresholds = network.readout.thresholds.copy()
    thresholds[output] = np.inf
    return replace(network, readout=replace(network.readout, thresholds=thresholds))


def draw_bits(network: Network, samples: int, seed: int = 0) -> np.ndarray:
    """Inputs as bits (samples, features): none on, all on, one on, few on, half on, most on."""
    generator = np.random.default_rng(seed)
    features = len(network.encoder.features)
    share = generator.choice([1 / features, 3 / features, 0.1, 0.5, 0.95], (samples, 1))
    bits = generator.random((samples, features)) < share
    bits[0], bits[1] = False, True
    return bits


def rows_of(bits: np.ndarray) -> np.ndarray:
    """Bits as lists of active features, in a scrambled order among the padding."""
    rows = np.where(bits, np.arange(bits.shape[1], dtype=np.int32), np.int32(-1))
    return rows[:, np.random.default_rng(1).permutation(bits.shape[1])]


def oracle(network: Network, bits: np.ndarray) -> np.ndarray:
    """Which outputs are on, (samples, outputs), from the definition, one sample at a time.

    Values are int64 and stand for themselves over 2^halvings, so nothing is ever rounded.
    """
    code, readout = network.encoder.code, network.readout
    decisions = np.zeros((len(bits), len(readout.outputs)), bool)
    for sample, row in enumerate(bits):
        values, halvings = np.zeros(code.neurons, np.int64), 0
        for feature in np.flatnonzero(row):
            for position, sign in zip(code.positions[feature], code.signs[feature], strict=True):
                values[position] += sign
        for layer in network.layers:
            bias = layer.bias.astype(np.int64) << halvings
            sums = full_weights(layer).astype(np.int64) @ values + bias
            squared = isinstance(layer.activation, Square)
            computed = sums * sums if squared else np.maximum(sums, 0)
            if isinstance(layer.activation, Clip):
                computed = np.minimum(computed, layer.activation.cap << halvings)
            before = halvings
            halvings = (1 + squared) * halvings + round(-math.log2(layer.scale))
            passed = [int(values[number]) << (halvings - before) for number in layer.carried]
            values = np.concatenate((computed, np.array(passed, np.int64)))
        for output, threshold in enumerate(readout.thresholds.tolist()):
            begin, end = readout.offsets[output : output + 2]
            reading = 0
            for entry in range(begin, end):
                reading += int(readout.weights[entry]) * int(values[readout.neurons[entry]])
            decisions[sample, output] = reading / 2**halvings >= threshold
    return decisions
