"""The compiler: equalised weights, channels, exactness, sizes, refusals, and how it scales."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import problems
from polyseme.circuits.circuit import Circuit, GateKind, build_circuit
from polyseme.circuits.evaluate import evaluate_dense
from polyseme.circuits.names import Names
from polyseme.codes.code import SparseCode
from polyseme.compiler.compile import compile
from polyseme.compiler.constructions.three_channel.build import build_superposed
from polyseme.compiler.constructions.three_channel.plan import make_plan
from polyseme.compiler.parts.weights import GRAIN, compression
from polyseme.compiler.task import Task
from polyseme.errors import OptionError, PolysemeError, TooFewNeuronsError
from polyseme.networks.network import Network
from polyseme.networks.run import outputs_on
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


# --- the weight matrix ---------------------------------------------------------------------------


def dense_code(code: SparseCode) -> np.ndarray:
    matrix = np.zeros((code.features, code.neurons))
    matrix[np.arange(code.features)[:, None], code.positions] = code.signs
    return matrix


def wanted_of(network: Network) -> np.ndarray:
    """What each neuron should read, from the key's terms alone: 1 for inputs of terms it hosts."""
    key, held = network.key, network.key.layers[0]
    wanted = np.zeros((network.neurons, key.terms.features), bool)
    for term in range(len(key.terms)):
        neurons = held.units[held.offsets[term] : held.offsets[term + 1]]
        literals = key.terms.literals[key.terms.offsets[term] : key.terms.offsets[term + 1]]
        wanted[np.ix_(neurons, literals)] = True
    return wanted


def test_neurons_read_their_own_features_at_the_wanted_strength_and_naive_weights_do_not():
    network = compile(
        problems.pairwise_and(400, 400, seed=1), neurons=250, construction="three-channel"
    )
    held, wanted = network.key.layers[0], wanted_of(network)
    code = dense_code(network.key.encoder)
    own = held.compression.toarray().astype(float) @ code @ code.T / held.resolution
    naive = GRAIN * wanted.astype(float) @ code @ code.T / held.resolution
    missed, naively_missed = np.abs(own[wanted] - 1), np.abs(naive[wanted] - 1)
    assert missed.max() < 0.25
    assert missed.mean() < 0.06
    assert naively_missed.max() > 3 * missed.max()
    assert naively_missed.mean() > 3 * missed.mean()
    # A neuron reads nothing of C that it was not to read.
    assert not held.compression.toarray()[~wanted].any()


def test_the_layer_holds_the_product_of_compression_and_decompression():
    network = compile(
        problems.pairwise_and(400, 400, seed=1), neurons=250, construction="three-channel"
    )
    held, code = network.key.layers[0], dense_code(network.key.encoder)
    product = held.compression.toarray().astype(int) @ code.astype(int)
    assert np.array_equal(network.layers[0].weights, product)
    assert network.layers[0].scale == 1 / held.resolution


@pytest.mark.parametrize("seed", range(3))
def test_conjugate_gradients_solve_each_neurons_gram_system(seed):
    generator = np.random.default_rng(seed)
    features, dimensions, weight, neurons = 60, 128, 16, 40
    positions = np.stack([generator.permutation(dimensions)[:weight] for _ in range(features)])
    signs = generator.choice([-1, 1], positions.shape)
    code = SparseCode(dimensions, positions, signs)
    reads = generator.choice([0, 1, -1, 3], (neurons, features), p=[0.88, 0.07, 0.04, 0.01])
    found = compression(sp.csr_array(reads.astype(np.float32)), code).toarray()
    matrix = dense_code(code)
    for neuron in range(neurons):
        own = np.flatnonzero(reads[neuron])
        gram = matrix[own] @ matrix[own].T / weight
        exact = GRAIN * np.linalg.solve(gram, reads[neuron, own].astype(float))
        # Half a unit is the rounding; the rest is what eight steps leave.
        assert np.abs(found[neuron, own] - exact).max(initial=0) < 0.5 + 0.05
        assert not np.delete(found[neuron], own).any()


def test_features_that_do_not_interfere_are_read_as_wanted():
    code = SparseCode(5, np.arange(5)[:, None], np.ones((5, 1)))
    wanted = np.array([[1, 0, -1, 0, 3], [0, 0, 0, 0, 0]], np.float32)
    assert np.array_equal(compression(sp.csr_array(wanted), code).toarray(), wanted)


# --- networks that are exact ---------------------------------------------------------------------


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


# --- what compile answers and refuses ------------------------------------------------------------


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


# --- sizes and errors ----------------------------------------------------------------------------


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


# --- scaling -------------------------------------------------------------------------------------

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
