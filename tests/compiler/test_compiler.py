"""The compiler: equalised weights, channels, exactness, sizes, refusals, and how it scales."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import problems
from polyseme.circuits.circuit import Circuit, GateKind, build_circuit
from polyseme.circuits.evaluate import evaluate_dense
from polyseme.compiler.compile import compile
from polyseme.errors import OptionError, PolysemeError
from polyseme.networks.network import Network
from polyseme.networks.run import outputs_on
from polyseme.verification.sampling import verify, wrong_samples


def all_active_sets(features: int, active: int) -> np.ndarray:
    """Every set of at most `active` features, a row each, -1 pads."""
    rows = [
        [*chosen, *[-1] * (active - size)]
        for size in range(active + 1)
        for chosen in combinations(range(features), size)
    ]
    return np.array(rows, np.int32).reshape(len(rows), active)


def bits_of(rows: np.ndarray, features: int) -> np.ndarray:
    bits = np.zeros((len(rows), features), bool)
    for sample, row in enumerate(rows):
        bits[sample, row[row >= 0]] = True
    return bits


def wrong_on_every_set(network: Network, circuit: Circuit, active: int) -> int:
    rows = all_active_sets(len(circuit.features), active)
    expected = evaluate_dense(circuit, bits_of(rows, len(circuit.features)))
    return int((outputs_on(network, rows).toarray() != expected).any(axis=1).sum())


@st.composite
def shallow_circuits(draw: st.DrawFn) -> Circuit:
    """Gates of every kind over features, ORs of those, and outputs among all the wires."""
    features = draw(st.integers(1, 7))
    gates: list[tuple[GateKind, list[int]]] = []
    for _ in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from(GateKind))
        widest = {GateKind.IDENTITY: 1, GateKind.XOR: 3}.get(kind, features)
        wires = st.integers(0, features - 1)
        width = min(widest, features)
        gates.append((kind, draw(st.lists(wires, min_size=1, max_size=width, unique=True))))
    for _ in range(draw(st.integers(0, 2))):
        wires = st.integers(0, features + len(gates) - 1)
        inputs = draw(st.lists(wires, min_size=1, max_size=4, unique=True))
        gates.append((GateKind.OR, inputs))
    outputs = draw(st.lists(st.integers(0, features + len(gates) - 1), min_size=1, max_size=5))
    return build_circuit([f"f{i}" for i in range(features)], gates, outputs)


@settings(max_examples=150, deadline=None)
@given(circuit=shallow_circuits(), data=st.data())
def test_monosemantic_networks_are_exact_on_every_input_they_promise(circuit, data):
    active = data.draw(st.integers(1, len(circuit.features)))
    network = compile(circuit, active=active, construction="monosemantic")
    assert network.provenance.construction == "monosemantic"
    assert network.neurons == network.provenance.monosemantic_neurons
    assert wrong_on_every_set(network, circuit, active) == 0


@settings(max_examples=25, deadline=None)
@given(circuit=shallow_circuits(), seed=st.integers(0, 2**63))
def test_a_searched_network_is_never_larger_than_monosemantic_and_right_on_every_gate_alone(
    circuit, seed
):
    network = compile(circuit, active=len(circuit.features), error=0.2, seed=seed)
    assert network.neurons <= network.provenance.monosemantic_neurons
    if network.provenance.construction == "monosemantic":
        assert "does not pay" in network.provenance.note
        assert wrong_on_every_set(network, circuit, len(circuit.features)) == 0
    assert verify(network, inputs="alone").wrong == 0


def test_universal_and_of_few_features_is_exact():
    circuit = problems.universal_and(12)
    network = compile(circuit, active=3, construction="monosemantic")
    assert network.neurons == 66
    assert wrong_on_every_set(network, circuit, 3) == 0


def test_universal_and_in_superposition_is_right_on_every_input_it_promises():
    circuit = problems.universal_and(46)
    rows = all_active_sets(46, 3)
    assert len(rows) == 1 + 46 + 1035 + 15180
    network = compile(circuit, neurons=800, active=3)
    assert network.neurons <= 800 < network.provenance.monosemantic_neurons == 1035
    assert not wrong_samples(network, circuit, rows).any()
    # Far fewer neurons are not enough: the check above can fail.
    assert wrong_samples(compile(circuit, neurons=300, active=3), circuit, rows).mean() > 0.05


@pytest.mark.parametrize("neurons", [30, 31, 10**6])
def test_with_a_neuron_for_every_gate_the_network_is_monosemantic_and_says_so(neurons):
    network = compile(problems.pairwise_and(30, 30), neurons=neurons)
    assert network.provenance.construction == "monosemantic"
    assert network.neurons == 30
    assert f"{neurons:,} neurons are enough" in network.provenance.note


def test_with_fewer_neurons_than_gates_it_is_not():
    network = compile(problems.pairwise_and(400, 400), neurons=399, epsilon=None)
    assert network.provenance.construction == "tight-frames"
    assert network.encoder.in_superposition
    network = compile(problems.pairwise_and(400, 400), neurons=399, construction="three-channel")
    assert network.neurons <= 399
    assert not network.provenance.note


def test_a_search_that_finds_nothing_smaller_says_why():
    network = compile(problems.pairwise_and(20, 20), error=1e-2)
    assert network.neurons == network.provenance.monosemantic_neurons == 20
    assert "superposition does not pay here" in network.provenance.note
    assert "0.01" in network.provenance.note


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"active": 0}, "active is 0"),
        ({"active": -1}, "active is -1"),
        ({"active": 31}, "30 features"),
        ({"error": float("nan")}, "error is nan"),
        ({"error": float("inf")}, "error is inf"),
        ({"error": 0.0}, "error is 0"),
        ({"error": -0.5}, "error is -0.5"),
        ({"error": 1.0}, "error is 1"),
        ({"error": 1e-9}, "error is 1e-09"),
        ({"neurons": 0}, "neurons is 0"),
        ({"neurons": -5}, "neurons is -5"),
        ({"neurons": 1}, "the least that can be built is"),
        ({"construction": "four-channel"}, "'four-channel'"),
        ({"encoder": "dense"}, "'dense'"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_arguments_out_of_range_are_refused_in_one_line(arguments, place):
    with pytest.raises(PolysemeError, match=place) as refused:
        compile(problems.pairwise_and(30, 30), **arguments)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 180


@pytest.mark.parametrize(
    "arguments",
    [
        {"active": 1, "construction": "monosemantic"},
        {"active": 30, "construction": "monosemantic"},
        {"error": 0.999, "neurons": 30},
        {"error": 1e-6, "neurons": 30},
        {"encoder": "basis", "neurons": 30},
        {"encoder": "superposed", "neurons": 30, "seed": 2**63},
    ],
)
def test_arguments_at_the_ends_of_their_ranges_are_taken(arguments):
    assert compile(problems.k_and(30, 30, 1), **arguments).neurons == 30


@pytest.mark.filterwarnings("ignore:. features are on, more than")
def test_a_deeper_circuit_is_compiled_unless_one_hidden_layer_is_asked_for():
    gates = [(GateKind.AND, [0, 1]), (GateKind.AND, [2, 3]), (GateKind.AND_NOT, [4, 5])]
    circuit = build_circuit(["a", "b", "c", "d"], gates, [6], name="deep")
    network = compile(circuit)
    assert network.run(["a", "b", "c"]) == ["y0"]
    assert network.run(["a", "b", "c", "d"]) == []
    with pytest.raises(OptionError, match=r"deep: three-channel builds one hidden layer"):
        compile(circuit, construction="three-channel")
    with pytest.raises(OptionError, match=r"encoder 'basis' can only be chosen"):
        compile(circuit, encoder="basis")
    gates[2] = (GateKind.OR, [4, 5])
    compile(build_circuit(["a", "b", "c", "d"], gates, [6]), construction="monosemantic")


@pytest.mark.filterwarnings("ignore:. features are on, more than")
def test_gates_of_more_inputs_than_the_promise_switches_on_are_compiled_all_the_same():
    circuit = build_circuit(["a", "b", "c"], [(GateKind.AND, [0, 1, 2])], [3])
    for active in (2, 3):
        assert compile(circuit, active=active).run(["a", "b", "c"]) == ["y0"]
        assert compile(circuit, active=active).run(["a", "c"]) == []


def test_outputs_that_rest_at_one_or_never_change_are_what_the_user_asked_for():
    circuit = build_circuit(
        ["a", "b"], [(GateKind.AND, [0, 1])], [2, -1, -1], inverted=[True, True, False]
    )
    network = compile(circuit, active=2)
    assert network.run([]) == ["y0", "y1"]
    assert network.run(["a", "b"]) == ["y1"]
    nothing = compile(build_circuit(["a"], [], [-1, -1], inverted=[True, False]), active=1)
    assert nothing.run(["a"]) == ["y0"]
