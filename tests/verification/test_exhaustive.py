"""All inputs that keep the promise: which they are, and that those which are wrong are counted."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.circuits import evaluate_dense, problems
from polyseme.errors import CapacityError, OptionError
from polyseme.networks.network import Network
from polyseme.verification import exhaustive
from support.progress import Watcher
from support.small_networks import network_of


@given(st.integers(1, 8), st.integers(1, 8))
@settings(max_examples=40, deadline=None)
def test_every_input_comes_once_and_those_with_few_on_first(features: int, active: int) -> None:
    active = min(active, features)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exhaustive, "_LISTED", 7)
        rows = np.concatenate(list(exhaustive.all_inputs(features, active)))
    found = [tuple(feature for feature in row if feature >= 0) for row in rows.tolist()]
    assert found == [on for size in range(active + 1) for on in combinations(range(features), size)]
    assert len(found) == exhaustive.number_of_inputs(features, active)


def test_inputs_are_counted_with_binomials() -> None:
    assert exhaustive.number_of_inputs(10_000, 3) == 166_666_675_001
    assert exhaustive.number_of_inputs(50, 20) == sum(comb(50, size) for size in range(21))


@pytest.mark.parametrize(
    ("problem", "construction", "neurons", "active"),
    [
        (problems.pairwise_and(64, 64), "tight-frames", 32, 2),
        (problems.layered(12, 3, 2), "deep", None, 3),
        (problems.universal_and(9), "monosemantic", None, 9),
    ],
)
def test_wrong_inputs_are_those_of_another_evaluator(
    problem: ps.Circuit, construction: str, neurons: int | None, active: int
) -> None:
    network = ps.compile(problem, construction=construction, neurons=neurons, active=active)
    found = ps.verify_exhaustively(network)
    wrong = wrong_by_name(network, active)
    assert (found.samples, found.wrong) == (len(all_bits(network, active)), len(wrong))
    assert found.first_wrong == (wrong[0] if wrong else ())
    assert (found.inputs, found.active) == ("exhaustive", active)
    assert found.error_interval == (found.error, found.error)


def all_bits(network: Network, active: int) -> list[tuple[int, ...]]:
    features = range(len(network.encoder.features))
    return [on for size in range(active + 1) for on in combinations(features, size)]


def wrong_by_name(network: Network, active: int) -> list[tuple[str, ...]]:
    """The inputs on which the network, run by name, is not what the circuit says."""
    assert network.key is not None
    circuit, inputs = network.key.circuit, all_bits(network, active)
    bits = np.zeros((len(inputs), len(circuit.features)), bool)
    for row, on in zip(bits, inputs, strict=True):
        row[list(on)] = True
    truth = evaluate_dense(circuit, bits)
    found = []
    for on, outputs in zip(inputs, truth, strict=True):
        names = [circuit.features[feature] for feature in on]
        if set(network.run(names)) != {circuit.output_names[i] for i in np.flatnonzero(outputs)}:
            found.append(tuple(names))
    return found


def test_there_are_networks_that_fail_here_and_others_that_do_not() -> None:
    circuit = problems.pairwise_and(64, 64)
    squeezed = ps.compile(circuit, construction="tight-frames", neurons=32, active=2)
    exact = ps.compile(circuit, construction="monosemantic", active=2)
    assert ps.verify_exhaustively(squeezed).wrong > 0
    assert ps.verify_exhaustively(exact).wrong == 0
    # The worst case of the squeezed network is about the same inputs.
    assert ps.worst_case(squeezed).inputs == ps.verify_exhaustively(squeezed).samples


def test_pieces_change_nothing_and_progress_counts_them(monkeypatch: pytest.MonkeyPatch) -> None:
    network = ps.compile(
        problems.pairwise_and(64, 64), construction="tight-frames", neurons=32, active=2
    )
    whole = ps.verify_exhaustively(network)
    monkeypatch.setattr(exhaustive, "_LISTED", 100)
    watcher = Watcher()
    again = ps.verify_exhaustively(network, progress=watcher)
    seen = watcher.counts
    assert again == whole
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert seen[-1] == (whole.samples, whole.samples)


def test_another_reference_is_compared_with() -> None:
    circuit = ps.read("and2:features=20,gates=10")
    network = ps.compile(circuit)
    reference = ps.reference_as_read("and2:features=20,gates=10")
    assert ps.verify_exhaustively(network, circuit, reference=reference).wrong == 0
    other = ps.reference_as_read("and2:features=20,gates=10,seed=1")
    assert ps.verify_exhaustively(network, circuit, reference=other).wrong > 0


def test_what_is_too_many_is_counted() -> None:
    network = network_of("pairwise")
    message = (
        "there are 10,667,001 inputs with at most 3 of 400 features on, and at most 2,000,000 "
        "are run"
    )
    with pytest.raises(CapacityError, match=message):
        ps.verify_exhaustively(network)
    with pytest.raises(CapacityError, match=r"more than \d\.\d\de\+\d\d inputs with at most 300"):
        ps.verify_exhaustively(network, active=300)
    with pytest.raises(CapacityError, match=r"80,201 inputs .* at most 80,200 are run"):
        ps.verify_exhaustively(network, active=2, most_inputs=80_200)
    assert ps.verify_exhaustively(network, active=2, most_inputs=80_201).samples == 80_201


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"active": 0}, "active is 0; it must be 1 to the 30 features there are"),
        ({"active": 31}, "active is 31; it must be 1 to the 30 features there are"),
        ({"most_inputs": 0}, "most_inputs is 0; it must be at least 1"),
        ({"reference": "as read"}, "reference is 'as read'; it must be a Reference"),
        ({"progress": 3}, "progress is 3; it must be a function"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        ps.verify_exhaustively(network_of("monosemantic"), **options)


def test_a_network_without_its_key_needs_the_circuit() -> None:
    keyless = replace(network_of("monosemantic"), key=None)
    with pytest.raises(OptionError, match="needs the circuit to compare with"):
        ps.verify_exhaustively(keyless)
    assert ps.verify_exhaustively(keyless, problems.pairwise_and(30, 30), active=2).wrong == 0


def test_the_result_is_a_sentence() -> None:
    network = network_of("monosemantic")
    assert str(ps.verify_exhaustively(network, active=1)) == (
        "0 of all 31 inputs (at most 1 on at once) gave any wrong output"
    )
