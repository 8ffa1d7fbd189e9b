"""The counting argument run: the entropy coder, the message, the queries, and the command."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass, replace
from itertools import combinations
from math import factorial, log2
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

import polyseme as ps
from polyseme.circuits import Circuit, GateKind, build_circuit, problems
from polyseme.cli.main import main
from polyseme.counting_argument import round_trips
from polyseme.counting_argument.drawn_codes import Agreed, Told
from polyseme.counting_argument.entropy_coding import (
    decode_integers,
    encode_integers,
    entropy_bits,
    read_varints,
    write_varints,
)
from polyseme.counting_argument.interference import explaining_strengths
from polyseme.counting_argument.message import read_message, write_message
from polyseme.counting_argument.queries import find_gates
from polyseme.counting_argument.run import CountingRun, gate_list, run_counting_argument
from polyseme.errors import FileFormatError, OptionError, SourceError
from polyseme.networks.network import Network
from polyseme.networks.run import outputs_on, readout_matrix

INT16 = st.integers(-(2**15), 2**15 - 1)
# A state, the number of states and the number of words.
STARTING = 8 + 2 + 3


def round_trip(values: NDArray[np.integer]) -> bytes:
    code = encode_integers(values)
    assert decode_integers(code, values.size).tolist() == values.ravel().tolist()
    return code


def table_bytes(values: NDArray[np.integer]) -> int:
    """What the table takes: the number of values, the first, the gaps, the counts."""
    symbols, counts = np.unique(values, return_counts=True)
    first = int(symbols[0])
    zigzag = 2 * first if first >= 0 else -2 * first - 1
    return len(write_varints([len(symbols), zigzag, *np.diff(symbols).tolist(), *counts.tolist()]))


# The entropy coder


@given(arrays(np.int16, st.integers(0, 3000), elements=INT16))
@settings(max_examples=60, deadline=None)
def test_any_numbers_come_back(values: NDArray[np.int16]) -> None:
    code = round_trip(values)
    assert code == encode_integers(values.astype(np.int64))


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=40),
    st.integers(-(2**15), 2**15 - 1),
    st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_the_size_is_the_entropy_and_the_table(counts: list[int], first: int, seed: int) -> None:
    values = np.repeat(first + 3 * np.arange(len(counts)), counts)
    values = np.random.default_rng(seed).permutation(values)
    entropy = sum(count * log2(len(values) / count) for count in counts)
    assert entropy_bits(values) == pytest.approx(entropy, abs=1e-6)
    size = len(round_trip(values))
    assert entropy / 8 <= size <= 1.01 * entropy / 8 + table_bytes(values) + STARTING


@pytest.mark.parametrize("spread", [0.3, 0.5, 3, 30, 3000])
def test_a_matrix_takes_its_entropy_within_a_hundredth(spread: float) -> None:
    drawn = np.random.default_rng(0).normal(0, spread, (200, 500))
    values = drawn.clip(-32768, 32767).astype(np.int16)
    table, size = table_bytes(values), len(round_trip(values))
    entropy = entropy_bits(values) / 8
    assert entropy < size - table < 1.01 * entropy + STARTING


@pytest.mark.parametrize("value", [-32768, -1, 0, 1, 32767])
@pytest.mark.parametrize("count", [1, 2, 100_000])
def test_a_constant_takes_a_few_bytes(value: int, count: int) -> None:
    assert len(round_trip(np.full(count, value, np.int16))) <= 7


def test_nothing_and_every_value_there_is() -> None:
    assert round_trip(np.empty((0, 5), np.int16)) == b"\0"
    round_trip(np.random.default_rng(0).permutation(np.arange(-(2**15), 2**15)))
    round_trip(np.array([-(2**62), 2**62 - 1, 0, 0]))


@pytest.mark.parametrize(
    "values", [np.array([0.5]), np.array([2**62]), np.array([-(2**62) - 1]), np.array([True])]
)
def test_what_is_no_whole_number_or_too_large_is_refused(values: NDArray[np.generic]) -> None:
    with pytest.raises(ValueError, match=r"integers|2\^62"):
        encode_integers(values)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_broken_codes_are_refused(data: st.DataObject) -> None:
    """Cut, longer or altered: refused with one line, or (a few table entries) other numbers."""
    values = data.draw(arrays(np.int16, st.integers(2, 300), elements=st.integers(-9, 9)))
    code = bytearray(encode_integers(values))
    place = data.draw(st.integers(0, len(code) - 1))
    code[place] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(FileFormatError):
        decoded = decode_integers(bytes(code), len(values))
        assert len(decoded) == len(values)
        assert encode_integers(decoded) != encode_integers(values)


@given(arrays(np.int16, st.integers(1, 300), elements=st.integers(-9, 9)), st.data())
@settings(max_examples=80, deadline=None)
def test_codes_of_a_wrong_length_are_refused(
    values: NDArray[np.int16], data: st.DataObject
) -> None:
    code = encode_integers(values)
    cut = data.draw(st.integers(0, len(code) - 1))
    wrong = [(code[:cut], values.size), (code + b"\0", values.size)]
    wrong += [(code, values.size + 1), (code, values.size - 1)]
    for content, count in wrong:
        with pytest.raises(FileFormatError, match=r"^entropy code: [^\n]*$"):
            decode_integers(content, count)


def test_a_changed_state_or_word_is_noticed() -> None:
    values = np.random.default_rng(0).integers(-5, 6, 2000)
    code = encode_integers(values)
    for place in range(table_bytes(values) + 3, len(code), 17):
        broken = bytearray(code)
        broken[place] ^= 1
        with pytest.raises(FileFormatError):
            decode_integers(bytes(broken), len(values))


@given(st.lists(st.integers(0, 2**64)))
@settings(max_examples=50, deadline=None)
def test_varints_come_back(numbers: list[int]) -> None:
    written = write_varints(numbers)
    assert read_varints(b"x" + written, 1, len(numbers)) == (numbers, 1 + len(written))


# The message


@dataclass(frozen=True)
class Case:
    """A network, its gates, and what both sides know."""

    network: Network
    gates: NDArray[np.int32]
    agreed: Agreed


def case(circuit: Circuit, neurons: int | None, seed: int = 0, construction: str = "auto") -> Case:
    gates = gate_list(circuit)
    network = ps.compile(
        circuit, active=gates.shape[1], neurons=neurons, seed=seed, construction=construction
    )
    agreed = Agreed(seed, len(circuit.features), len(gates), gates.shape[1])
    return Case(network, gates, agreed)


@pytest.fixture(scope="module")
def pairs() -> Case:
    return case(problems.pairwise_and(200, 200, seed=5), 130, seed=3)


@pytest.fixture(scope="module")
def words() -> Case:
    """The same gates in a network whose ReLUs bend, and that outputs read without signs."""
    circuit = problems.pairwise_and(200, 200, seed=5)
    return case(circuit, 130, seed=3, construction="three-channel")


@pytest.fixture(scope="module")
def skewed() -> Case:
    circuit = problems.pairwise_and(200, 400, influence="zipf")
    return case(circuit, 300, construction="three-channel")


@pytest.fixture(scope="module")
def shuffled() -> Case:
    return case(problems.permutation(150, seed=2), 100)


@pytest.fixture(scope="module")
def alone() -> Case:
    return case(problems.permutation(50), None, construction="monosemantic")


@pytest.fixture(params=["pairs", "words", "skewed", "shuffled", "alone"])
def any_case(request: pytest.FixtureRequest) -> Case:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Case)
    return found


def test_the_receiver_makes_the_same_network(any_case: Case) -> None:
    sent = any_case.network
    message = write_message(sent, any_case.agreed)
    assert sum(message.parts.values()) == len(message.content)
    received = read_message(message.content, any_case.agreed)
    layer, made = sent.layers[0], received.layers[0]
    same = [
        (layer.weights, made.weights),
        (layer.bias, made.bias),
        ((layer.scale, layer.cap), (made.scale, made.cap)),
        (sent.encoder.dimensions, received.encoder.dimensions),
        (sent.encoder.code.positions, received.encoder.code.positions),
        (sent.encoder.code.signs, received.encoder.code.signs),
        (sent.readout.offsets, received.readout.offsets),
        (sent.readout.neurons, received.readout.neurons),
        (sent.readout.weights, received.readout.weights),
        (sent.readout.thresholds, received.readout.thresholds),
    ]
    for ours, theirs in same:
        np.testing.assert_array_equal(ours, theirs)
    assert write_message(received, any_case.agreed) == message


def test_only_what_the_seed_gives_is_left_out(
    pairs: Case, words: Case, skewed: Case, alone: Case
) -> None:
    frames, drawn, told, basis = (
        write_message(c.network, c.agreed) for c in (pairs, words, skewed, alone)
    )
    assert (frames.encoder, frames.readout) == (Told.BLOCKS, Told.BLOCKS)
    assert (drawn.encoder, drawn.readout) == (Told.BLOCKS, Told.WORDS)
    assert (told.encoder, told.readout) == (Told.BLOCKS, Told.WRITTEN)
    assert (basis.encoder, basis.readout) == (Told.BASIS, Told.WRITTEN)
    for message in (frames, drawn):
        assert (message.parts["encoder"], message.parts["readout codes"]) == (0, 0)
    assert frames.parts["readout weights"] == 0 < drawn.parts["readout weights"]
    # The compiler itself counts what the seed does not give: here nothing but one threshold.
    assert pairs.network.provenance.readout_parameters == 1
    assert words.network.provenance.readout_parameters == 1
    assert skewed.network.provenance.readout_parameters > len(skewed.network.readout.neurons)
    assert told.parts["readout codes"] * 8 > entropy_bits(skewed.network.readout.neurons)


def test_thresholds_above_rest_are_one_number(pairs: Case) -> None:
    """Biases make outputs rest at many values; all thresholds are as far above."""
    network = pairs.network
    assert len(np.unique(network.readout.thresholds)) > 5
    plain = write_message(network, pairs.agreed).parts["thresholds"]
    # How many there are, a float, a length, and the table of a constant: its count takes 2 bytes.
    assert plain == 1 + 4 + 1 + 4
    thresholds = network.readout.thresholds.copy()
    thresholds[7] += 0.5
    other = replace(network, readout=replace(network.readout, thresholds=thresholds))
    message = write_message(other, pairs.agreed)
    assert message.parts["thresholds"] > plain + 4
    received = read_message(message.content, pairs.agreed).readout.thresholds
    np.testing.assert_array_equal(received, thresholds)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_readout_with_another_sign_is_written(pairs: Case, sign: int) -> None:
    weights = pairs.network.readout.weights.copy()
    weights[17] *= sign
    other = replace(pairs.network, readout=replace(pairs.network.readout, weights=weights))
    message = write_message(other, pairs.agreed)
    assert message.readout == (Told.BLOCKS if sign == 1 else Told.WRITTEN)
    received = read_message(message.content, pairs.agreed).readout.weights
    np.testing.assert_array_equal(received, weights)


@pytest.mark.parametrize("kind", ["pairs", "words"])
def test_an_encoder_and_readout_that_the_seed_does_not_give_are_written(
    kind: str, request: pytest.FixtureRequest
) -> None:
    sent = request.getfixturevalue(kind)
    other = replace(sent.agreed, seed=sent.agreed.seed + 1)
    message = write_message(sent.network, other)
    assert (message.encoder, message.readout) == (Told.WRITTEN, Told.WRITTEN)
    received = read_message(message.content, other)
    code = sent.network.encoder.code
    np.testing.assert_array_equal(received.encoder.code.positions, code.positions)
    np.testing.assert_array_equal(received.encoder.code.signs, code.signs)
    np.testing.assert_array_equal(received.readout.neurons, sent.network.readout.neurons)
    np.testing.assert_array_equal(received.readout.weights, sent.network.readout.weights)
    assert message.parts["encoder"] * 8 > entropy_bits(code.positions) + code.signs.size * 0.99


def test_the_seed_is_needed_and_another_gives_another_network(pairs: Case) -> None:
    message = write_message(pairs.network, pairs.agreed)
    strange = read_message(message.content, replace(pairs.agreed, seed=99))
    found, _ = find_gates(strange, 2)
    assert (found != pairs.gates).any(axis=1).mean() > 0.9


def test_a_damaged_message_is_refused(any_case: Case) -> None:
    content = write_message(any_case.network, any_case.agreed).content
    generator = np.random.default_rng(0)
    for place in generator.integers(0, len(content), 60).tolist():
        broken = bytearray(content)
        broken[place] ^= int(generator.integers(1, 256))
        for damaged in (bytes(broken), content[:place], content + bytes(1 + place % 5)):
            with pytest.raises(FileFormatError, match=r"^message: [^\n]*$"):
                read_message(damaged, any_case.agreed)


@pytest.mark.parametrize("field", [{"outputs": 201}, {"outputs": 100}, {"features": 20}])
def test_a_message_for_other_sizes_is_refused(pairs: Case, field: dict[str, int]) -> None:
    content = write_message(pairs.network, pairs.agreed).content
    with pytest.raises(FileFormatError, match=r"^(message|entropy code): [^\n]*$"):
        read_message(content, replace(pairs.agreed, **field))


def test_deeper_networks_have_no_message(pairs: Case) -> None:
    deep = ps.compile(problems.layered(20, 2), active=3)
    with pytest.raises(ValueError, match="one hidden layer"):
        write_message(deep, pairs.agreed)


# The queries


@pytest.mark.parametrize(("kind", "beside"), [("pairs", 1), ("words", 16)])
def test_features_are_tried_alone_only_where_readings_add_up(
    kind: str, beside: int, request: pytest.FixtureRequest
) -> None:
    asked = request.getfixturevalue(kind)
    found, queries = find_gates(asked.network, 2)
    assert (found == asked.gates).all()
    features = asked.agreed.features
    assert features * beside <= queries < features * (beside + 3)


def test_strengths_explain_all_readings_together(pairs: Case) -> None:
    """Against the full system of linear equations, solved directly: a few steps come close."""
    network, gates = pairs.network, pairs.gates
    generator = np.random.default_rng(0)
    foreign = (gates[:, :1] + generator.integers(1, 90, (len(gates), 1))) % 200
    foreign[foreign == gates[:, 1:]] += 1
    foreign %= 200
    likely = np.concatenate((gates, foreign), axis=1).astype(np.int32)
    shares = generator.normal(1, 0.1, likely.shape).astype(np.float32)
    features = network.encoder.code.matrix().toarray()[likely.ravel()]
    outputs = readout_matrix(network).toarray()[np.repeat(np.arange(len(gates)), 3)]
    overlaps = (outputs @ outputs.T) * (features @ features.T)
    system = overlaps / overlaps[0, 0]
    expected = np.linalg.solve(system, shares.ravel().astype(np.float64))
    off = explaining_strengths(network, likely, shares).ravel() - expected
    assert (
        np.sqrt((off**2).mean()) < 0.02 < 0.1 < np.sqrt(((shares.ravel() - expected) ** 2).mean())
    )
    assert np.abs(off).max() < 0.1


def test_without_signs_nothing_is_explained(skewed: Case) -> None:
    shares = np.array([[0.75, 1.5]] * len(skewed.gates), np.float32)
    found = explaining_strengths(skewed.network, skewed.gates, shares)
    np.testing.assert_array_equal(found, [[0.75, 0.5]] * len(skewed.gates))


def test_gates_are_told_from_interference() -> None:
    """So few neurons that many outputs are on for other pairs too, and their gates still found."""
    crowded = case(problems.pairwise_and(400, 400), 96)
    first, second = np.triu_indices(400, 1)
    pairs = np.stack((first, second), axis=1).astype(np.int32)
    times = outputs_on(crowded.network, pairs).sum(axis=0)
    found, _ = find_gates(crowded.network, 2)
    wrong = (found != crowded.gates).any(axis=1)
    assert (times > 1).mean() > 0.3
    assert wrong.mean() < 0.01


def pairs_that_switch_on(network: Network) -> list[set[tuple[int, int]]]:
    """By running the network on every pair of features by name: those that switch on each output.

    Slow and obvious.
    """
    names = network.encoder.features
    on: list[set[tuple[int, int]]] = [set() for _ in network.readout.outputs]
    for pair in combinations(range(len(names)), 2):
        for output in network.run([names[feature] for feature in pair]):
            on[int(output.removeprefix("g"))].add(pair)
    return on


@pytest.mark.parametrize(("neurons", "exact"), [(None, True), (66, False)])
def test_the_gates_found_are_pairs_that_switch_outputs_on(neurons: int | None, exact: bool) -> None:
    """In the tight network some output is on for several pairs; one of them is found."""
    circuit = problems.pairwise_and(70, 70, seed=1)
    network = case(circuit, neurons, construction="three-channel").network
    found, queries = find_gates(network, 2)
    assert queries <= 70 * 69 // 2 + 70 * 16 + 120 * 70
    on = pairs_that_switch_on(network)
    assert all(tuple(gate) in pairs for gate, pairs in zip(found.tolist(), on, strict=True))
    assert all(len(pairs) == 1 for pairs in on) == exact


def test_where_nothing_is_read_of_half_a_gate_all_pairs_are_tried() -> None:
    alone = case(problems.pairwise_and(40, 40), None)
    assert alone.network.provenance.construction == "monosemantic"
    found, queries = find_gates(alone.network, 2)
    assert (found == alone.gates).all()
    assert queries > 40 * 39 // 2


def test_features_found_are_those_that_switch_outputs_on(shuffled: Case) -> None:
    found, queries = find_gates(shuffled.network, 1)
    assert queries == 150
    for feature in range(150):
        expected = [f"g{output}" for output in np.flatnonzero(found[:, 0] == feature)]
        assert shuffled.network.run([f"x{feature}"]) == expected


def test_what_nothing_or_too_much_switches_on_is_not_found(shuffled: Case) -> None:
    readout = shuffled.network.readout
    thresholds = readout.thresholds.copy()
    thresholds[3], thresholds[5] = np.inf, 0.5
    broken = replace(shuffled.network, readout=replace(readout, thresholds=thresholds))
    found, _ = find_gates(broken, 1)
    assert np.flatnonzero((found != shuffled.gates).any(axis=1)).tolist() == [3, 5]
    assert found[[3, 5], 0].tolist() == [-1, -1]


def test_two_outputs_exchanged_are_found_exchanged(pairs: Case) -> None:
    """The gates come from the network that is asked and from nowhere else."""
    weights = pairs.network.layers[0].weights[::-1].copy()
    layer = replace(pairs.network.layers[0], weights=weights)
    other = replace(pairs.network, layers=(layer,))
    assert (find_gates(pairs.network, 2)[0] == pairs.gates).all()
    assert (find_gates(other, 2)[0] != pairs.gates).any(axis=1).mean() > 0.9


# The run


@pytest.mark.parametrize(
    ("circuit", "bits", "ordered"),
    [
        (problems.permutation(50), log2(factorial(50)), log2(factorial(50))),
        (problems.permutation(150), log2(factorial(150)), log2(factorial(150))),
        (problems.pairwise_and(60, 60), 373.78, 373.78 + log2(factorial(60))),
    ],
    ids=lambda value: value.name if isinstance(value, Circuit) else "",
)
def test_small_circuits_come_back(circuit: Circuit, bits: float, ordered: float) -> None:
    run = run_counting_argument(circuit, seed=1)
    assert run.exact
    assert (run.bits_bound, run.bits_ordered) == pytest.approx((bits, ordered), rel=1e-4)
    assert run.bytes_message > run.bytes_ordered >= run.bytes_bound
    assert run.parts["hidden weights"] * 8 > run.weight_bits
    assert run == run_counting_argument(circuit, seed=1)


def test_a_network_too_small_grows_until_the_gates_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sizes at which the compiler makes the same network again are not counted twice."""

    def started_small(circuit: Circuit, *, neurons: int | None, **rest: Any) -> Network:
        return ps.compile(circuit, neurons=neurons or 64, **rest)

    monkeypatch.setattr(round_trips, "compile", started_small)
    run = run_counting_argument(problems.pairwise_and(300, 300))
    sizes = [one.neurons for one in run.tried]
    assert len(sizes) == len(set(sizes)) > 1
    assert run.tried[0].wrong > run.wrong == 0
    assert run.neurons == min(one.neurons for one in run.tried if not one.wrong)


def test_networks_that_have_no_message_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = ps.compile(problems.layered(20, 2), active=3)
    monkeypatch.setattr(round_trips, "compile", lambda *_, **__: deep)
    with pytest.raises(OptionError, match=r"^permutation:\S+: [^\n]* one hidden layer [^\n]*$"):
        run_counting_argument(problems.permutation(50))


@pytest.mark.parametrize(
    "circuit",
    [
        problems.k_and(20, 20, 3),
        build_circuit(["a", "b"], [(GateKind.OR, [0, 1])], [2]),
        build_circuit(["a", "b"], [(GateKind.AND_NOT, [0, 1])], [2]),
        build_circuit(["a", "b"], [(GateKind.AND, [0, 1])], [2, 0]),
        build_circuit(["a", "b"], [(GateKind.AND, [0, 1]), (GateKind.AND, [1, 0])], [2, 3]),
        build_circuit(["a", "b"], [(GateKind.AND, [0, 1])], [2, -1]),
        build_circuit(["a", "b"], [(GateKind.AND, [0, 1])], [2], inverted=[True]),
        build_circuit(["a", "b"], [], [0, 0]),
    ],
)
def test_other_circuits_are_refused(circuit: Circuit) -> None:
    with pytest.raises(SourceError, match=r"permutations and for distinct ANDs [^\n]*$"):
        run_counting_argument(circuit)


def test_a_promise_below_a_gates_inputs_is_refused() -> None:
    with pytest.raises(OptionError, match="active is 1; gates of 2 inputs need at least 2"):
        run_counting_argument(problems.pairwise_and(20, 20), active=1)


# The command


def call(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(["counting", *arguments])
    return status, out.getvalue(), err.getvalue()


def test_the_command_prints_every_number() -> None:
    arguments = ("and2:features=60,gates=60", "--seed", "2", "--active", "3")
    status, printed, _ = call(*arguments, "--json")
    assert status == 0
    fields = json.loads(printed)
    assert printed.count("\n") == 1
    run: CountingRun = run_counting_argument(problems.pairwise_and(60, 60), active=3, seed=2)
    expected = json.loads(json.dumps(run.as_json()))
    assert {**fields, "seconds": 0} == {**expected, "seconds": 0}
    assert fields["ratio"] == fields["bytes_message"] / (fields["bits_bound"] / 8)
    assert fields["exact"] is True


def test_the_command_says_it_in_words() -> None:
    status, printed, _ = call("permutation:features=150", "--neurons", "100")
    assert status == 0
    assert "round trip: exact" in printed
    assert "the seed gives the encoder and which neurons outputs read, with what signs" in printed
    run = run_counting_argument(problems.permutation(150), neurons=100)
    assert f"{run.bytes_message:,}" in printed
    assert f"{run.bytes_message / run.bytes_bound:.1f}" in printed


@pytest.mark.parametrize("json_option", [(), ("--json",)])
def test_a_network_too_small_fails(json_option: tuple[str, ...]) -> None:
    status, printed, errors = call("and2:features=60,gates=60", "--neurons", "52", *json_option)
    run = run_counting_argument(problems.pairwise_and(60, 60), neurons=52)
    assert status == 1
    assert 0 < run.wrong < 60
    assert errors.endswith(f"polyseme: {run.wrong} of 60 outputs came back wrong\n")
    if json_option:
        assert json.loads(printed)["wrong"] == run.wrong
    else:
        assert f"round trip: {run.wrong} of 60 outputs wrong" in printed
    assert len(run.tried) == 1


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("and:k=3,features=30",), "permutations"),
        (("permutation:features=50", "--active", "0"), "active"),
        (("and2:features=60", "--active", "1"), "active is 1"),
        (("and2:features=60,gates=60", "--neurons", "5"), "5 neurons"),
        (("layered:width=20,depth=2",), "one hidden layer"),
        (("nothing.csv",), "nothing.csv"),
    ],
)
def test_bad_input_is_told_in_one_line(arguments: tuple[str, ...], part: str) -> None:
    status, printed, errors = call(*arguments)
    assert (status, printed) == (2, "")
    last = errors.splitlines()[-1]
    assert last.startswith("polyseme: ")
    assert part in last
