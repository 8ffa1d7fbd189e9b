"""Sizes that the compiler finds: they meet the error, and grow as the square root of the gates."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from polyseme.circuits import problems
from polyseme.circuits.circuit import GateKind, build_circuit
from polyseme.circuits.names import Names
from polyseme.compiler.compile import compile
from polyseme.compiler.constructions.three_channel.build import build_superposed
from polyseme.compiler.constructions.three_channel.plan import make_plan
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.networks.network import Network
from polyseme.verification.inputs import draw_inputs
from polyseme.verification.sampling import verify, wrong_samples


def random_gates(
    kinds: list[GateKind], features: int, gates: int, seed: int = 3
) -> list[tuple[GateKind, list[int]]]:
    """Gates of two random inputs, the kinds taking turns."""
    generator = np.random.default_rng(seed)
    return [
        (kinds[number % len(kinds)], generator.choice(features, 2, replace=False).tolist())
        for number in range(gates)
    ]


@pytest.fixture(scope="module")
def sized() -> Network:
    return compile(problems.pairwise_and(1000, 1000), active=3, error=1e-2, epsilon=None)


def test_the_network_found_meets_the_error_on_inputs_it_was_not_chosen_by(sized):
    assert sized.neurons < 0.6 * sized.provenance.monosemantic_neurons
    fresh = verify(sized, samples=20_000, seed=12345)
    assert fresh.error_interval[1] < 1e-2
    assert verify(sized, inputs="alone").wrong == 0


def test_a_much_smaller_network_does_not(sized):
    neurons = int(0.7 * sized.neurons)
    small = compile(problems.pairwise_and(1000, 1000), active=3, neurons=neurons, epsilon=None)
    assert verify(small, samples=5000, seed=12345).error_interval[0] > 1e-2


def arrays_of(network: Network) -> list[np.ndarray]:
    code, readout = network.encoder.code, network.readout
    layer = network.layers[0]
    return [code.positions, code.signs, layer.weights, layer.bias, readout.neurons, readout.weights,
            readout.offsets, readout.thresholds]  # fmt: skip


def test_the_seed_alone_decides_the_arrays(sized):
    circuit = problems.pairwise_and(1000, 1000)
    again = compile(circuit, active=3, error=1e-2, epsilon=None)
    assert all(map(np.array_equal, arrays_of(sized), arrays_of(again)))
    other = compile(circuit, active=3, neurons=sized.neurons, epsilon=None, seed=1)
    assert not np.array_equal(other.layers[0].weights, sized.layers[0].weights)
    assert not np.array_equal(other.encoder.code.positions, sized.encoder.code.positions)
    assert not np.array_equal(other.readout.neurons, sized.readout.neurons)


@pytest.mark.parametrize(
    ("construction", "sizes"),
    [("three-channel", (200, 260, 340, 500)), ("tight-frames", (160, 192, 256, 384))],
)
def test_errors_fall_with_neurons(construction, sizes):
    circuit = problems.pairwise_and(1000, 1000)
    errors = [
        verify(compile(circuit, neurons=neurons, construction=construction), samples=3000).error
        for neurons in sizes
    ]
    assert all(larger < 0.6 * smaller for smaller, larger in pairwise(errors))
    assert errors[0] > 0.3
    assert errors[-1] < 0.01


def test_the_construction_that_declares_fewest_neurons_is_taken():
    def chosen(circuit, **options):
        return compile(circuit, epsilon=None, **options).provenance.construction

    pairs = problems.pairwise_and(300, 300)
    assert chosen(pairs, neurons=200) == "tight-frames"
    assert chosen(problems.permutation(300), neurons=200) == "tight-frames"
    assert chosen(pairs, neurons=200, construction="three-channel") == "three-channel"
    # Exact beats approximate where inputs are basis-aligned, if there is room for it.
    assert chosen(pairs, encoder="basis") == "reed-solomon"
    # Features of much influence, and negations, are not for tight frames.
    assert chosen(problems.pairwise_and(300, 2000, "zipf"), neurons=1500) == "three-channel"
    negated = [(GateKind.AND_NOT, [number, number + 1]) for number in range(299)]
    circuit = build_circuit(Names(prefix="x", count=300), negated, list(range(300, 599)))
    assert chosen(circuit, neurons=200) == "three-channel"


@pytest.mark.parametrize(
    ("kinds", "neurons"),
    [
        ([GateKind.AND, GateKind.AND_NOT], 1000),
        ([GateKind.AND_NOT], 1000),
        ([GateKind.OR], 1000),
        ([GateKind.IDENTITY, GateKind.AND], 700),
        ([GateKind.AND, GateKind.AND_NOT, GateKind.OR], 1000),
    ],
    ids=lambda value: "+".join(kind.name for kind in value) if isinstance(value, list) else value,
)
def test_gates_of_other_kinds_hardly_err_at_a_generous_size(kinds, neurons):
    gates = random_gates(kinds, 1500, 1500)
    gates = [(kind, reads[:1] if kind is GateKind.IDENTITY else reads) for kind, reads in gates]
    circuit = build_circuit(Names(prefix="x", count=1500), gates, list(range(1500, 3000)))
    network = compile(circuit, neurons=neurons)
    assert network.provenance.construction == "three-channel"
    assert verify(network, samples=4000).error < 0.02
    assert verify(network, inputs="alone").wrong == 0


def test_crowded_outputs_of_longer_terms_hardly_err_in_territories():
    gates = random_gates([GateKind.AND], 1500, 1500)
    gates += [(GateKind.OR, list(range(start, start + 150))) for start in range(1500, 3000, 150)]
    circuit = build_circuit(Names(prefix="x", count=1500), gates, list(range(3000, 3010)))
    network = compile(circuit, neurons=900)
    assert network.provenance.construction == "three-channel"
    assert verify(network, samples=5000).error < 0.02
    assert verify(compile(circuit, neurons=200), samples=2000).error > 0.2


@pytest.mark.parametrize("subjects", [1000, 600])
def test_every_fact_of_a_table_with_crowded_objects_is_right_alone(subjects):
    table = {
        f"s{number}": {"in": f"a{number % 12}", "at": f"b{number % 30}", "is": f"c{number % 200}"}
        for number in range(subjects)
    }
    circuit = problems.facts(table)
    # As built: the compiler would take the exact network, of 245 neurons.
    network = build_superposed(make_plan(Task(circuit)), 900)
    alone = verify(network, inputs="alone")
    assert alone.samples == 3 * subjects
    assert alone.wrong == 0
    assert verify(network, samples=3000).error < 0.02


SCALING_GATES = (500, 1000, 2000, 4000, 8000)


def fewest_neurons(gates: int) -> int:
    """Bisect for the smallest network of pairwise ANDs that errs on at most 2 % of samples."""
    circuit = problems.pairwise_and(gates, gates)
    plan = make_plan(Task(circuit, active=3, error=2e-2, encoder="superposed"))
    rows = draw_inputs("satisfied", plan.terms, 3, 2000, np.random.default_rng(9))
    low, high = 10, gates
    # The error falls steeply, so a step of 3 % in neurons is as fine as 2,000 samples can tell.
    while high > 1.03 * low:
        middle = round(np.sqrt(low * high))
        try:
            wrong = wrong_samples(build_superposed(plan, middle), circuit, rows).mean()
        except TooFewNeuronsError:
            wrong = 1.0
        low, high = (low, middle) if wrong <= 2e-2 else (middle, high)
    return high


# In short, at a looser error: `three-channel` in constructions/test_scaling_channels.py.
@pytest.mark.slow
def test_neurons_grow_as_the_square_root_of_the_gates():
    neurons = [fewest_neurons(gates) for gates in SCALING_GATES]
    slope = np.polyfit(np.log(SCALING_GATES), np.log(neurons), 1)[0]
    # Two thirds, or one neuron per gate, would lie outside.
    assert 0.42 < slope < 0.62
    assert all(count < 0.6 * gates for count, gates in zip(neurons, SCALING_GATES, strict=True))


def test_wide_gates_that_lack_one_input_stay_off():
    circuit = problems.k_and(1000, 1000, 4, seed=1)
    network = compile(circuit, active=6, neurons=800)
    for inputs in ("satisfied", "one-short"):
        assert verify(network, inputs=inputs, samples=4000).error < 0.02
    assert verify(network, inputs="alone").wrong == 0
