"""Gates found from what a network answers."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from polyseme.circuits import problems
from polyseme.counting_argument.queries import find_gates
from polyseme.networks.network import Network
from polyseme.networks.run import outputs_on
from support.counting import Case, case


@pytest.mark.parametrize(("kind", "beside"), [("pairs", 1), ("words", 16)])
def test_features_are_tried_alone_only_where_readings_add_up(
    kind: str, beside: int, request: pytest.FixtureRequest
) -> None:
    asked = request.getfixturevalue(kind)
    found, queries = find_gates(asked.network, 2)
    assert (found == asked.gates).all()
    features = asked.agreed.features
    assert features * beside <= queries < features * (beside + 3)


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
