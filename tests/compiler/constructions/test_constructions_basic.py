"""The basic constructions: each is the circuit at its declared size, and refuses what it must."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom

from polyseme.circuits import problems
from polyseme.circuits.circuit import Circuit, GateKind, build_circuit
from polyseme.circuits.evaluate import evaluate_dense
from polyseme.circuits.terms import terms_of
from polyseme.codes.reed_solomon import reed_solomon_code
from polyseme.common.literature import PUBLICATIONS
from polyseme.compiler.constructions import quadratic
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.construction import Construction, Inputs
from polyseme.compiler.constructions.random_weights import sign_products
from polyseme.compiler.constructions.random_weights.tails import chance_over, chance_under, sums_of
from polyseme.compiler.constructions.reed_solomon import choice_of, exact_choice
from polyseme.compiler.parts import assembly
from polyseme.compiler.task import Task
from polyseme.errors import CapacityError, PolysemeError, TooFewNeuronsError
from polyseme.networks.activation import Square
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner, encode, outputs_on
from polyseme.verification.inputs import draw_inputs
from polyseme.verification.sampling import wrong_samples

NAMES = (
    "universal-and",
    "gaussian-products",
    "rademacher-products",
    "targeted-pairs",
    "reed-solomon",
    "quadratic",
)
# Constructions with the encoder they are tried with.
TRIED = (
    ("universal-and", "basis"),
    ("universal-and", "superposed"),
    ("gaussian-products", "basis"),
    ("rademacher-products", "basis"),
    ("targeted-pairs", "basis"),
    ("targeted-pairs", "superposed"),
    ("reed-solomon", "basis"),
    ("quadratic", "superposed"),
)
tried = pytest.mark.parametrize(("name", "encoder"), TRIED)
# Enough that they fit in superposition, two a dimension.
FEATURES = 600
quick = settings(max_examples=40, deadline=None)


def task_of(
    circuit: Circuit, active: int = 2, error: float = 1e-2, encoder: str = "auto", seed: int = 0
) -> Task:
    return Task(circuit, active, error, encoder, seed)


def built(construction: Construction[Any], task: Task) -> Network:
    candidate = construction.candidate(task)
    return candidate.build(candidate.declared.neurons)


def parameters_of(construction: Construction[Any], task: Task, neurons: int) -> int:
    return construction.parameters(construction.plan(task), neurons)


def all_rows(features: int, active: int) -> NDArray[np.int32]:
    """Every set of at most `active` features, a row each, -1 pads."""
    rows = [
        [*chosen, *[-1] * (active - size)]
        for size in range(active + 1)
        for chosen in combinations(range(features), size)
    ]
    return np.array(rows, np.int32).reshape(len(rows), active)


def bits_of(rows: NDArray[np.int32], features: int) -> NDArray[np.bool_]:
    bits = np.zeros((len(rows), features), bool)
    for sample, row in enumerate(rows):
        bits[sample, row[row >= 0]] = True
    return bits


def slow_outputs(network: Network, rows: NDArray[np.int32]) -> NDArray[np.bool_]:
    """The network run entry by entry from its arrays, in double precision."""
    code, layer, readout = network.encoder.code, network.layers[0], network.readout
    weights = layer.weights.toarray() if layer.is_sparse else layer.weights
    answers = np.zeros((len(rows), len(readout.outputs)), bool)
    for sample, row in enumerate(rows):
        encoded = np.zeros(code.neurons)
        for feature in row[row >= 0]:
            encoded[code.positions[feature]] += code.signs[feature]
        sums = weights.astype(float) @ encoded + layer.bias
        hidden = (
            sums**2 if isinstance(layer.activation, Square) else np.maximum(sums, 0)
        ) * layer.scale
        for output in range(len(readout.outputs)):
            run = slice(readout.offsets[output], readout.offsets[output + 1])
            reading = hidden[readout.neurons[run]] @ readout.weights[run].astype(float)
            answers[sample, output] = reading >= readout.thresholds[output]
    return answers


# --- all of them ---------------------------------------------------------------------------------


@tried
@pytest.mark.parametrize("active", [2, 3])
def test_the_declared_size_meets_the_error(name: str, encoder: str, active: int) -> None:
    circuit = problems.pairwise_and(FEATURES, 300, seed=1)
    task = task_of(circuit, active, 2e-2, encoder)
    construction = CATALOGUE[name]
    assert construction.refusal(task) is None
    network = built(construction, task)
    assert network.neurons <= construction.candidate(task).declared.neurons
    trials = ["satisfied", "one-short", "uniform"]
    # The one that wants as many features on as promised says so; "alone" has only two.
    if "superposed: exactly" not in "".join(construction.assumptions) or encoder == "basis":
        trials.append("alone")
    for inputs in trials:
        rows = draw_inputs(inputs, task.terms, active, 400, task.stream(77))
        assert wrong_samples(network, circuit, rows).mean() <= task.error, inputs


@tried
def test_the_network_is_what_its_arrays_say(name: str, encoder: str) -> None:
    circuit = problems.pairwise_and(FEATURES, 12, seed=2)
    task = task_of(circuit, 2, 5e-2, encoder)
    network = built(CATALOGUE[name], task)
    generator = np.random.default_rng(3)
    rows = np.concatenate(
        [draw_inputs(inputs, task.terms, 4, 40, generator) for inputs in ("satisfied", "uniform")]
    )
    rows[::5, 1:] = -1
    answers = outputs_on(network, rows).toarray()
    np.testing.assert_array_equal(answers, slow_outputs(network, rows))
    assert answers.any()
    assert not answers.all()


@tried
def test_the_same_seed_gives_the_same_network(name: str, encoder: str) -> None:
    circuit = problems.pairwise_and(FEATURES, 20)
    construction = CATALOGUE[name]
    size = construction.candidate(task_of(circuit, 2, 0.05, encoder)).declared.neurons
    first, again, other = (
        construction.candidate(task_of(circuit, 2, 0.05, encoder, seed)).build(size)
        for seed in (4, 4, 5)
    )
    for layer, same in zip(first.layers, again.layers, strict=True):
        one, two = (x.weights.toarray() if x.is_sparse else x.weights for x in (layer, same))
        assert one.dtype == two.dtype
        np.testing.assert_array_equal(one, two)
    for part in ("offsets", "neurons", "weights", "thresholds"):
        np.testing.assert_array_equal(getattr(first.readout, part), getattr(again.readout, part))
    np.testing.assert_array_equal(first.encoder.code.signs, again.encoder.code.signs)
    differs = [
        (one.shape != two.shape) or (one != two).any()
        for one, two in (
            (first.encoder.code.signs, other.encoder.code.signs),
            (first.readout.neurons, other.readout.neurons),
            (first.readout.weights, other.readout.weights),
        )
    ]
    assert any(differs)


@tried
def test_provenance_and_key_tell_the_truth(name: str, encoder: str) -> None:
    task = task_of(problems.pairwise_and(FEATURES, 20), 2, 0.05, encoder)
    network = built(CATALOGUE[name], task)
    assert network.provenance.construction == name
    assert network.provenance.monosemantic_neurons == 20
    assert sum(network.provenance.channels.values()) == 20
    assert network.encoder.in_superposition == (encoder == "superposed")
    if network.key is None:
        assert name in ("gaussian-products", "rademacher-products", "quadratic")
        return
    assert network.key.belongs_to(network)
    # What an output reads is what the key says its term is on.
    np.testing.assert_array_equal(network.key.layers[0].units, network.readout.neurons)
    np.testing.assert_array_equal(network.key.layers[0].offsets, network.readout.offsets)


@tried
def test_declared_parameters_are_those_of_the_network(name: str, encoder: str) -> None:
    # All pairs: the readout tells nothing, and everything stored is known beforehand.
    everything = task_of(problems.universal_and(14), 2, 0.05, encoder)
    if CATALOGUE[name].refusal(everything) is None:
        network = built(CATALOGUE[name], everything)
        assert network.parameters == parameters_of(CATALOGUE[name], everything, network.neurons)
        assert network.provenance.readout_parameters == 0
    some = task_of(problems.pairwise_and(FEATURES, 30), 2, 0.05, encoder)
    told = built(CATALOGUE[name], some)
    declared = parameters_of(CATALOGUE[name], some, told.neurons)
    assert told.parameters == pytest.approx(declared, rel=0.1)
    drawn_for_gates = name in ("targeted-pairs", "reed-solomon")
    assert (told.provenance.readout_parameters == 0) == drawn_for_gates


def test_constructions_say_what_they_are() -> None:
    for name in NAMES:
        construction = CATALOGUE[name]
        assert construction.name == name
        assert all(source in PUBLICATIONS for source in construction.sources)
    assert {name for name in NAMES if CATALOGUE[name].inputs is Inputs.EITHER} == {
        name for name, _ in TRIED if sum(name == other for other, _ in TRIED) == 2
    }


# --- refusals ------------------------------------------------------------------------------------

AND, OR = GateKind.AND, GateKind.OR
FOUR = ["a", "b", "c", "d"]
REFUSED = {
    "is not one AND": build_circuit(FOUR, [(AND, [0, 1]), (AND, [1, 2]), (OR, [4, 5])], [6]),
    "reads a negated feature": build_circuit(FOUR, [(GateKind.AND_NOT, [0, 1])], [4]),
    "have 1 inputs": build_circuit(FOUR, [(GateKind.IDENTITY, [0])], [4]),
    "2 to 3 inputs": build_circuit(FOUR, [(AND, [0, 1]), (AND, [0, 1, 2])], [4, 5]),
    "rests at 1": build_circuit(FOUR, [(AND, [0, 1])], [4], inverted=[True]),
    "is constant": build_circuit(FOUR, [(AND, [0, 1])], [4, -1]),
    "4 features on, more than the 3 promised": build_circuit(FOUR, [(AND, [0, 1, 2, 3])], [4]),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("reason", "circuit"), REFUSED.items(), ids=REFUSED.keys())
def test_circuits_that_are_no_plain_ands_are_refused(
    name: str, reason: str, circuit: Circuit
) -> None:
    said = CATALOGUE[name].refusal(task_of(circuit, 3))
    assert said is not None
    assert "\n" not in said
    assert reason in said


@pytest.mark.parametrize("name", NAMES)
def test_some_serve_gates_of_two_inputs_only(name: str) -> None:
    wide = build_circuit(FOUR, [(AND, [0, 1, 2]), (AND, [1, 2, 3])], [4, 5])
    said = CATALOGUE[name].refusal(task_of(wide, 3))
    pairs_only = name in ("gaussian-products", "rademacher-products", "quadratic")
    assert said == ("the gates have 3 inputs; they must have 2" if pairs_only else None)


def test_deeper_circuits_are_refused_with_the_reason() -> None:
    deep = build_circuit(FOUR, [(AND, [0, 1]), (AND, [4, 2])], [5])
    with pytest.raises(PolysemeError) as raised:
        terms_of(deep)
    for name in NAMES:
        assert CATALOGUE[name].refusal(task_of(deep)) == str(raised.value)


@pytest.mark.parametrize("name", NAMES)
def test_the_other_kind_of_inputs_is_refused_where_there_is_one(name: str) -> None:
    circuit = problems.pairwise_and(FEATURES, 10)
    for encoder in ("basis", "superposed"):
        said = CATALOGUE[name].refusal(task_of(circuit, encoder=encoder))
        assert (said is None) == ((name, encoder) in TRIED)


def test_only_the_exact_one_serves_an_error_of_zero() -> None:
    task = task_of(problems.pairwise_and(20, 10), 2, 0.0)
    for name in NAMES:
        said = CATALOGUE[name].refusal(task)
        assert (said is None) == (name == "reed-solomon")
        assert said is None or "an error of 0 is for exact constructions" in said


def test_few_features_do_not_fit_in_superposition_and_are_refused_there() -> None:
    few = problems.pairwise_and(60, 40)
    for name in ("universal-and", "targeted-pairs"):
        said = CATALOGUE[name].refusal(task_of(few, 3, 1e-2, "superposed"))
        assert said is not None
        assert "60 features in superposition" in said
        assert CATALOGUE[name].refusal(task_of(few, 3, 1e-2, "basis")) is None
    # Asked for neither, the one that prefers superposition makes do without.
    network = built(CATALOGUE["targeted-pairs"], task_of(few, 3, 1e-2))
    assert not network.encoder.in_superposition
    many = task_of(problems.pairwise_and(FEATURES, 40), 2, 1e-2)
    assert built(CATALOGUE["targeted-pairs"], many).encoder.in_superposition


@pytest.mark.parametrize(
    ("name", "neurons"), [("targeted-pairs", 1), ("reed-solomon", 48), ("quadratic", 0)]
)
def test_too_few_neurons_raise(name: str, neurons: int) -> None:
    task = task_of(problems.pairwise_and(2000, 2000))
    with pytest.raises(TooFewNeuronsError, match=r"\d neuron"):
        CATALOGUE[name].candidate(task).build(neurons)


# --- universal AND and wider gates ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "encoder"),
    [
        ("universal-and", "basis"),
        ("targeted-pairs", "basis"),
        ("targeted-pairs", "superposed"),
        ("reed-solomon", "basis"),
    ],
)
def test_gates_of_three_inputs(name: str, encoder: str) -> None:
    circuit = problems.k_and(2 * FEATURES, 60, 3, seed=1)
    task = task_of(circuit, 3, 5e-2, encoder)
    network = built(CATALOGUE[name], task)
    for inputs in ("satisfied", "one-short"):
        rows = draw_inputs(inputs, task.terms, 3, 500, task.stream(7))
        assert wrong_samples(network, circuit, rows).mean() <= task.error


def test_universal_and_reads_what_its_features_share() -> None:
    task = task_of(problems.universal_and(10), 2, 1e-2)
    network = built(CATALOGUE["universal-and"], task)
    on_neuron = network.layers[0].weights.astype(bool)
    for output, (first, second) in enumerate(combinations(range(10), 2)):
        run = slice(*network.readout.offsets[output : output + 2])
        shared = np.flatnonzero(on_neuron[:, first] & on_neuron[:, second])
        np.testing.assert_array_equal(network.readout.neurons[run], shared)


def test_universal_and_of_few_neurons_leaves_out_pairs_that_never_meet() -> None:
    task = task_of(problems.universal_and(12), 2, 1e-2)
    network = CATALOGUE["universal-and"].candidate(task).build(20)
    alone = np.diff(network.readout.offsets) == 0
    assert alone.any()
    assert np.isinf(network.readout.thresholds[alone]).all()
    assert np.isfinite(network.readout.thresholds[~alone]).all()


def test_the_density_is_near_a_quarter_of_the_promise_and_does_not_shrink() -> None:
    from polyseme.compiler.constructions.random_weights.universal_and import _best_density

    for active in (2, 3):
        densities = []
        for features in (20, 300):
            task = task_of(problems.pairwise_and(features, features), active, 1e-2, "basis")
            size = CATALOGUE["universal-and"].candidate(task).declared.neurons
            densities.append(_best_density(task, size).chance)
        assert 1 / (4 * active) <= min(densities) <= max(densities) <= 1 / (2 * active)
        assert max(densities) - min(densities) <= 2 / 64


# --- products of signs ---------------------------------------------------------------------------


@pytest.mark.parametrize("active", [2, 3, 4, 6])
def test_moments_of_signs_are_those_of_all_sign_patterns(active: int) -> None:
    patterns = np.array(list(product([-1, 1], repeat=active)))
    hidden = np.maximum(patterns.sum(axis=1), 0)
    moments = sign_products.rademacher_moments(active)
    assert moments.unit == pytest.approx((patterns[:, 0] * patterns[:, 1] * hidden).mean())
    assert moments.mean == pytest.approx(hidden.mean())
    assert moments.variance == pytest.approx(hidden.var())


@pytest.mark.parametrize("active", [2, 3, 5])
def test_moments_of_gaussian_weights_are_those_of_samples(active: int) -> None:
    weights = np.random.default_rng(1).standard_normal((400_000, active))
    hidden = np.maximum(weights.sum(axis=1), 0)
    signed = np.sign(weights[:, 0] * weights[:, 1]) * hidden
    moments = sign_products.gaussian_moments(active)
    # Five standard errors of each sample mean.
    slack = 5 / np.sqrt(len(weights))
    assert moments.unit == pytest.approx(signed.mean(), abs=slack * signed.std())
    assert moments.mean == pytest.approx(hidden.mean(), abs=slack * hidden.std())
    assert moments.variance == pytest.approx(hidden.var(), rel=0.02)


def centred_readings(
    name: str, neurons: int, active: int, on: int, draws: int
) -> NDArray[np.float64]:
    """Readings over draws, in units of a true gate's and free of the offset, of three outputs.

    `on` features are on; the outputs have both inputs on, one, and none.
    """
    circuit = build_circuit(
        [f"x{i}" for i in range(9)], [(AND, [0, 1]), (AND, [0, 8]), (AND, [7, 8])], [9, 10, 11]
    )
    row = np.arange(on, dtype=np.int32)[None]
    unit = sign_products.rademacher_moments(active).unit
    if name == "gaussian-products":
        unit = sign_products.gaussian_moments(active).unit
    readings = []
    for seed in range(draws):
        network = CATALOGUE[name].candidate(task_of(circuit, active, seed=seed)).build(neurons)
        runner = LayerRunner(network)
        reading = runner.readings(runner.hidden(encode(network, row), True))[:, 0]
        # Thresholds lie half a unit above the offset.
        readings.append((reading - network.readout.thresholds) / (unit * neurons) + 0.5)
    return np.array(readings)


@pytest.mark.parametrize("name", ["gaussian-products", "rademacher-products"])
@pytest.mark.parametrize("active", [2, 3])
def test_readings_are_unbiased_and_their_error_falls_as_one_over_root_n(
    name: str, active: int
) -> None:
    few, many = (centred_readings(name, size, active, active, 160) for size in (64, 1024))
    for readings in (few, many):
        error = readings.std(axis=0) / np.sqrt(len(readings))
        # Weights of 32 are rounded to odd numbers, and thresholds to half units.
        assert (np.abs(readings.mean(axis=0) - [1, 0, 0]) <= 4 * error + 0.02).all()
    # Sixteen times the neurons, a quarter of the error; 160 draws know each deviation to 6 %.
    ratio = few[:, 1:].std(axis=0) / many[:, 1:].std(axis=0)
    np.testing.assert_allclose(ratio, 4, rtol=0.3)


@pytest.mark.parametrize("name", ["gaussian-products", "rademacher-products"])
def test_the_unit_depends_on_how_many_are_on(name: str) -> None:
    at_promise, fewer, more = (
        centred_readings(name, 1600, 4, on, 40).mean(axis=0) for on in (4, 2, 8)
    )
    assert fewer[0] > 1.2 > at_promise[0] > 0.9 > more[0]


# --- Reed-Solomon --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("active", "weight", "field", "neurons"), [(2, 3, 47, 141), (3, 5, 47, 235)]
)
def test_published_example_sizes_at_one_shared_neuron(
    active: int, weight: int, field: int, neurons: int
) -> None:
    task = task_of(problems.pairwise_and(2000, 2000), active, 0.0)
    choice = choice_of(task, 1)
    assert (choice.weight, choice.field, choice.neurons) == (weight, field, neurons)
    # Words that share more may take fewer neurons, and the construction takes the fewest.
    assert exact_choice(task).neurons <= neurons
    every = [choice_of(task, shared).neurons for shared in range(10)]
    assert exact_choice(task).neurons == min(every)


@quick
@given(st.integers(4, 9), st.integers(1, 12), st.integers(2, 4), st.data())
def test_reed_solomon_is_right_on_every_input(
    features: int, gates: int, active: int, data: st.DataObject
) -> None:
    inputs = data.draw(st.integers(2, min(active, features - 1)))
    gates = min(gates, assembly.comb(features, inputs))
    circuit = problems.k_and(features, gates, inputs, seed=data.draw(st.integers(0, 99)))
    network = built(CATALOGUE["reed-solomon"], task_of(circuit, active, 0.0))
    rows = all_rows(features, active)
    expected = evaluate_dense(circuit, bits_of(rows, features))
    np.testing.assert_array_equal(outputs_on(network, rows).toarray(), expected)


@pytest.mark.parametrize("active", [2, 3])
def test_adversarial_inputs_meet_the_bound_with_equality(active: int) -> None:
    circuit = problems.pairwise_and(2000, 2000, seed=3)
    task = task_of(circuit, active, 0.0)
    network = built(CATALOGUE["reed-solomon"], task)
    choice = exact_choice(task)
    assert choice.shared >= 1
    reads = network.key.layers[0].compression
    gates = assembly.gate_inputs(task)
    runner = LayerRunner(network)
    worst = 0.0
    for gate in range(200):
        own = network.key.layers[0].units[slice(*network.key.layers[0].offsets[gate : gate + 2])]
        met = np.asarray(reads[own].sum(axis=0)).ravel()
        met[gates[gate]] = 0
        others = np.argsort(-met, kind="stable")[: active - 1]
        row = np.array([[gates[gate, 0], *others]], np.int32)
        reading = runner.readings(runner.hidden(encode(network, row), True))[gate, 0]
        worst = max(worst, float(reading))
        assert not wrong_samples(network, circuit, row)[0]
    # As much as (s - 1) f lam, one less than a true gate reads: no margin is left over.
    assert worst == (active - 1) * 2 * choice.shared == choice.weight - 1


def test_codes_one_neuron_lighter_would_fail() -> None:
    # 9 = 3^2 gates, all words of degree 2 over the field of 3: with weight 2 instead of 3, one
    # other feature on can make a false gate read as much as a true one.
    gates = [(AND, [i, (i + 1) % 9]) for i in range(9)]
    circuit = build_circuit([f"x{i}" for i in range(9)], gates, list(range(9, 18)))
    task = task_of(circuit, 2, 0.0)
    assert choice_of(task, 1).weight == 3
    words = reed_solomon_code(9, 3, 2).positions[:, :2]
    lighter = assembly.reads_of_gates(assembly.gate_inputs(task), words, 9, 9)
    sums = np.asarray(lighter @ bits_of(all_rows(9, 2), 9).T.astype(int))
    readings = np.maximum(sums - 1, 0)[words].sum(axis=1).T
    expected = evaluate_dense(circuit, bits_of(all_rows(9, 2), 9))
    assert readings[~expected].max() >= readings[expected].min()


# --- squares -------------------------------------------------------------------------------------


def test_squares_read_products_of_projections_exactly() -> None:
    task = task_of(problems.universal_and(9), 3, 0.1)
    network = CATALOGUE["quadratic"].candidate(task).build(40 * 41 // 2)
    assert network.layers[0].activation == Square()
    codes = network.encoder.code.signs.astype(int)
    rows = all_rows(9, 3)
    runner = LayerRunner(network)
    readings = runner.readings(runner.hidden(encode(network, rows), True)).T
    projections = bits_of(rows, 9).astype(int) @ codes @ codes.T
    first, second = np.triu_indices(9, 1)
    np.testing.assert_array_equal(readings, projections[:, first] * projections[:, second])


def test_products_are_within_two_epsilon_on_two_hot_inputs() -> None:
    features, dimensions = 20, 200
    task = task_of(problems.universal_and(features), 2, 0.1)
    network = CATALOGUE["quadratic"].candidate(task).build(dimensions * (dimensions + 1) // 2)
    codes = network.encoder.code.signs.astype(int)
    assert codes.shape == (features, dimensions)
    gram = codes @ codes.T / dimensions
    epsilon = np.abs(gram - np.eye(features)).max()
    rows = np.array(list(combinations(range(features), 2)), np.int32)
    runner = LayerRunner(network)
    readings = runner.readings(runner.hidden(encode(network, rows), True)).T / dimensions**2
    truth = evaluate_dense(task.circuit, bits_of(rows, features))
    # To first order 2 epsilon; the products of two interferences add up to 2 epsilon squared.
    assert np.abs(readings - truth).max() <= 2 * epsilon + 2 * epsilon**2
    assert np.abs(readings - truth).max() > epsilon


def test_readings_that_would_round_are_refused() -> None:
    task = task_of(problems.pairwise_and(40, 3), 3)
    with pytest.raises(CapacityError, match="float32 would round"):
        CATALOGUE["quadratic"].candidate(task).build(1000 * 1001 // 2)


def test_tails_of_fair_signs_are_those_of_all_patterns() -> None:
    patterns = np.array(list(product([-1, 1], repeat=8)))
    # Four sums of two signs each; their mean.
    means = patterns.reshape(-1, 4, 2).sum(axis=2).mean(axis=1)
    levels = np.array([-0.5, 0.0, 0.3, 0.5, 1.0, 2.0, 2.1])
    slow = [(means >= level).mean() for level in levels]
    np.testing.assert_allclose(quadratic.tail(4, 2, levels), slow)


# --- bounds on means of ReLUs --------------------------------------------------------------------


@quick
@given(
    st.integers(-2, 2),
    st.integers(0, 3),
    st.floats(0.02, 0.6),
    st.integers(1, 8),
    st.floats(0.1, 2.5),
)
def test_bounds_hold_for_every_exact_tail(
    level: int, others: int, chance: float, neurons: int, threshold: float
) -> None:
    values = np.maximum(level + np.arange(others + 1), 0)
    single = np.zeros(int(values.max()) + 1)
    np.add.at(single, values, binom.pmf(np.arange(others + 1), others, chance))
    sums = np.ones(1)
    for _ in range(neurons):
        sums = np.convolve(sums, single)
    means = np.arange(len(sums)) / neurons
    bound = sums_of(level, others, chance)
    slack = 1 + 1e-9
    assert sums[means >= threshold].sum() <= chance_over(bound, threshold, neurons) * slack + 1e-12
    assert sums[means <= threshold].sum() <= chance_under(bound, threshold, neurons) * slack + 1e-12


@pytest.mark.parametrize("share", [1.0, 0.3])
@pytest.mark.parametrize("shared", [0.0, 0.3])
def test_bounds_hold_for_noise_and_are_not_wide(shared: float, share: float) -> None:
    generator = np.random.default_rng(2)
    draws, neurons, noise, level, threshold = 40_000, 30, 0.7, 0.0, 0.55
    sums = sums_of(level, 1, 0.2, noise, shared)
    member = generator.random((draws, neurons)) < share
    values = level + (generator.random((draws, neurons)) < 0.2)
    values = values + noise * generator.standard_normal((draws, neurons))
    hidden = np.maximum(values + shared * generator.standard_normal((draws, 1)), 0)
    assert sums.mean() == pytest.approx(hidden.mean(), abs=0.01)
    over = ((hidden - threshold) * member).sum(axis=1) >= 0
    bound = chance_over(sums, threshold, neurons, share)
    assert over.mean() <= bound <= 20 * over.mean()
    under = ((hidden - 0.2) * member).sum(axis=1) <= 0
    bound = chance_under(sums, 0.2, neurons, share)
    assert under.mean() <= bound <= 20 * under.mean()


# --- shared parts --------------------------------------------------------------------------------


@quick
@given(st.integers(2, 3000), st.integers(1, 3000))
def test_superposed_dimensions_are_few_enough(features: int, neurons: int) -> None:
    dimensions = assembly.superposed_dimensions(features, neurons)
    assert 1 <= dimensions <= neurons
    assert dimensions <= features // 2 + 32
    code = assembly.superposed_code(features, neurons, np.random.default_rng(0))
    assert code.neurons == dimensions


@pytest.mark.parametrize(("active", "on"), [(2, 0), (2, 1), (2, 2), (4, 1), (4, 2)])
def test_shared_interference_is_that_of_random_overlaps(active: int, on: int) -> None:
    # Overlaps of the gate's inputs 0 and 1 with what is on, drawn independent with variance 1.
    features = [0, 1][:on] + list(range(2, 2 + active - on))
    overlaps = np.random.default_rng(5).standard_normal((40_000, 8, 8))
    overlaps = np.triu(overlaps, 1) + np.triu(overlaps, 1).transpose(0, 2, 1)
    read = overlaps[:, [0, 1]][:, :, features].sum(axis=(1, 2))
    assert read.var() == pytest.approx(assembly.shared_interference(2, active, on), rel=0.05)


def test_interference_is_what_codes_have_on_average() -> None:
    code = assembly.superposed_code(1024, 256, np.random.default_rng(1))
    matrix = code.matrix().toarray()
    gram = matrix @ matrix.T / code.weight
    np.fill_diagonal(gram, 0)
    measured = (gram**2).sum(axis=1) / 1024
    np.testing.assert_allclose(measured, assembly.interference(1024, code.neurons), rtol=1e-5)
    assert assembly.interference(10, 10) == 0


@quick
@given(st.integers(1, 5000))
def test_the_smallest_number_is_found(limit: int) -> None:
    assert assembly.smallest_number(lambda number: number >= limit) == limit


def test_a_search_without_end_is_given_up() -> None:
    with pytest.raises(CapacityError, match="would be needed"):
        assembly.smallest_number(lambda number: False)


@quick
@given(st.integers(4, 9), st.integers(1, 12), st.integers(2, 3), st.integers(0, 99))
def test_crowds_bound_the_gates_with_some_inputs_on(
    features: int, gates: int, inputs: int, seed: int
) -> None:
    circuit = problems.k_and(features, min(gates, features), inputs, seed=seed)
    task = task_of(circuit, 3)
    bits = bits_of(all_rows(features, 3), features)
    on = bits[:, assembly.gate_inputs(task)].sum(axis=2)
    for count, limit in enumerate(assembly.crowds(task)):
        assert (on == count).sum(axis=1).max() <= limit


def test_only_all_sets_are_universal() -> None:
    everything = problems.universal_and(7)
    assert assembly.is_universal(task_of(everything))
    assert assembly.is_universal(task_of(problems.k_and(7, 35, 3), 3))
    assert not assembly.is_universal(task_of(problems.pairwise_and(7, 20)))
    gates = [(AND, [0, 1]), (AND, [1, 2]), (AND, [1, 2])]
    assert not assembly.is_universal(task_of(build_circuit(["a", "b", "c"], gates, [3, 4, 5])))


def test_thresholds_lie_between_readings() -> None:
    thresholds = assembly.off_lattice(np.array([0.5, 1.0, 1.25]), 2)
    np.testing.assert_array_equal(thresholds, np.array([0.75, 1.25, 1.25], np.float32))


def test_a_task_of_another_seed_has_the_same_declared_size() -> None:
    task = task_of(problems.pairwise_and(60, 40), 2)
    for name in NAMES:
        construction = CATALOGUE[name]
        other = construction.candidate(replace(task, seed=9))
        assert construction.candidate(task).declared == other.declared
