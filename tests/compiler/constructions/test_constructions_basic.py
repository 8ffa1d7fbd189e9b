"""The basic constructions: each is the circuit at its declared size, and refuses what it must."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from polyseme.circuits import problems
from polyseme.circuits.circuit import Circuit, GateKind, build_circuit
from polyseme.circuits.terms import terms_of
from polyseme.common.literature import PUBLICATIONS
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.construction import Construction, Inputs
from polyseme.compiler.task import Task
from polyseme.errors import PolysemeError, TooFewNeuronsError
from polyseme.networks.activation import Square
from polyseme.networks.network import Network
from polyseme.networks.run import outputs_on
from polyseme.verification.inputs import draw_inputs
from polyseme.verification.sampling import wrong_samples
from support.basic_constructions import AND, NAMES, OR, built, task_of

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


def parameters_of(construction: Construction[Any], task: Task, neurons: int) -> int:
    return construction.parameters(construction.plan(task), neurons)


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
