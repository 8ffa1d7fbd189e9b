"""Wrong inputs of two features and one of a few, against all of them run one by one."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.circuits import Circuit
from polyseme.errors import CapacityError, OptionError, SourceError
from polyseme.networks.network import Network
from polyseme.proving import wrong_pairs as wrong_pairs_module
from polyseme.proving.branch_and_bound import pairs
from polyseme.proving.branch_and_bound.pairs import (
    compiled_pairs,
    pair_search_for,
    plain_pairs,
    sets_beyond,
)
from polyseme.verification.sampling import wrong_samples
from support.bending_networks import bending_network
from support.shallow_circuits import shallow_circuits

RELATIONS = ["country", "river", "mayor"]


def facts_of(row: int) -> dict[str, str]:
    return {"country": f"c{row // 2}", "river": f"r{row * row % 211}", "mayor": f"m{row}"}


def table(subjects: int) -> Circuit:
    return ps.problems.facts({f"city{row}": facts_of(row) for row in range(subjects)})


def compiled(neurons: int) -> Network:
    """A network of 150 subjects, in fewer neurons than the 333 that compute it exactly."""
    return ps.compile(table(150), active=3, neurons=neurons, epsilon=None, seed=1)


def tried(network: Network, circuit: Circuit, beside: list[str]) -> tuple[int, np.ndarray]:
    """The number of inputs, and the wrong ones by their features, all of them run."""
    given = sorted(circuit.features.position(name) for name in beside)
    others = [feature for feature in range(len(circuit.features)) if feature not in given]
    rows = np.array(
        [(*pair, feature) for feature in given for pair in combinations(others, 2)], np.int32
    )
    return len(rows), rows[wrong_samples(network, circuit, rows)]


def as_tried(network: Network, circuit: Circuit, beside: list[str]) -> ps.WrongPairs:
    found = ps.wrong_pairs(network, circuit, beside=beside)
    inputs, wrong = tried(network, circuit, beside)
    assert found.inputs == inputs
    assert found.wrong == len(wrong)
    np.testing.assert_array_equal(found.listed, wrong)
    return found


@given(shallow_circuits(), st.integers(0, 10**6), st.data())
@settings(max_examples=150, deadline=None)
def test_units_that_bend(circuit: Circuit, seed: int, data: st.DataObject) -> None:
    features = list(circuit.features)
    assume(len(features) > 2)
    some = st.lists(st.sampled_from(features), min_size=1, max_size=len(features) - 2, unique=True)
    as_tried(bending_network(circuit, seed), circuit, data.draw(some))


@pytest.mark.parametrize("kernel", ["numpy", "numba"])
@pytest.mark.parametrize(("neurons", "share"), [(200, 0.4), (300, 0.2)])
def test_facts_of_two_subjects(
    neurons: int, share: float, kernel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = compiled(neurons)
    monkeypatch.setattr(pairs, "_WORTH_COMPILING", 0 if kernel == "numba" else 10**12)
    found = as_tried(network, network.key.circuit, RELATIONS)
    assert found.inputs == 3 * 150 * 149 // 2
    assert found.wrong > share * found.inputs
    assert len(found.names()) == found.wrong
    for *subjects, relation in found.names(5):
        on = set(network.run([*subjects, relation]))
        numbers = [int(subject.removeprefix("city")) for subject in subjects]
        assert on != {f"{relation}={facts_of(number)[relation]}" for number in numbers}


def test_networks_that_are_right_and_that_do_not_bend() -> None:
    circuit = table(30)
    exact = ps.compile(circuit, active=3, construction="monosemantic")
    assert as_tried(exact, circuit, RELATIONS).wrong == 0
    found = ps.wrong_pairs(exact, beside=tuple(RELATIONS[::-1]))
    assert found.beside == ("country", "river", "mayor")
    pairwise = ps.problems.pairwise_and(64, 64)
    linear = ps.compile(pairwise, construction="tight-frames", neurons=32, active=2)
    assert as_tried(linear, pairwise, ["x3", "x0", "x7"]).wrong


def test_more_pairs_than_there_was_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    circuit = table(30)
    network = ps.compile(circuit, active=3, construction="monosemantic")
    thresholds = np.full_like(network.readout.thresholds, -1000)
    always = replace(network, readout=replace(network.readout, thresholds=thresholds))
    found = as_tried(always, circuit, RELATIONS)
    monkeypatch.setattr(pairs, "_ROOM", 7)
    np.testing.assert_array_equal(as_tried(always, circuit, RELATIONS).listed, found.listed)
    assert found.wrong == found.inputs
    assert str(found) == (
        "1,305 of all 1,305 inputs of two features and one of 3 gave any wrong output"
    )


@given(st.integers(0, 10**6), st.integers(0, 2), st.integers(-30, 60))
@settings(max_examples=200, deadline=None)
def test_sets_beyond_a_bound(seed: int, count: int, least: int) -> None:
    generator = np.random.default_rng(seed)
    units, features = generator.integers(1, 7), generator.integers(1, 10)
    reads = generator.integers(-6, 7, (units, features)).astype(np.int16)
    sums = generator.integers(-12, 9 + 30 * (seed % 2), units)
    weights = generator.integers(-3, 4, units) * (-1 if seed % 5 == 0 else 1)
    candidates = np.flatnonzero(generator.random(features) < 0.8)
    lowest = reads.min(axis=1).astype(np.int64)
    right = {
        on
        for on in combinations(candidates.tolist(), count)
        if weights @ np.maximum(sums + reads[:, list(on)].sum(axis=1, dtype=int), 0) > least
    }
    for run in (plain_pairs(), compiled_pairs()):
        sets = sets_beyond(run, (reads, lowest), sums, weights, candidates, count, least)
        assert sets.shape == (len(right), count)
        assert {tuple(sorted(on)) for on in sets.tolist()} == right


def test_machine_code_is_used_where_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pair_search_for(1000) is plain_pairs()
    assert pair_search_for(10**9) is compiled_pairs()
    monkeypatch.setattr(pairs, "has_numba", lambda: False)
    assert pair_search_for(10**9) is plain_pairs()


def test_too_many_wrong_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    network = compiled(300)
    wrong = ps.wrong_pairs(network, beside=RELATIONS).wrong
    monkeypatch.setattr(wrong_pairs_module, "MOST_LISTED", wrong - 1)
    with pytest.raises(CapacityError, match=f"more than {wrong - 1:,} inputs are wrong"):
        ps.wrong_pairs(network, beside=RELATIONS)
    monkeypatch.setattr(wrong_pairs_module, "MOST_LISTED", wrong)
    assert ps.wrong_pairs(network, beside=RELATIONS).wrong == wrong


def test_too_many_wrong_inputs_of_one_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "MOST_PAIRS", 2000)
    monkeypatch.setattr(pairs, "_ROOM", 1)
    ones = np.ones((1, 80), np.int16)
    run, lowest, zero, one = plain_pairs(), np.ones(1, int), np.zeros(1, int), np.ones(1, int)
    sets = sets_beyond(run, (ones, lowest), zero, one, np.arange(63), 2, 1)
    assert len(sets) == 63 * 62 // 2
    with pytest.raises(CapacityError, match="wrong on 2,016 inputs, and at most 2,000"):
        sets_beyond(run, (ones, lowest), zero, one, np.arange(64), 2, 1)


def test_what_is_not_served() -> None:
    circuit = table(12)
    network = ps.compile(circuit, active=3, construction="monosemantic")
    for beside, error, message in (
        ([], OptionError, "names no feature"),
        ("country", OptionError, "must be a list of feature names"),
        (["country", "country"], OptionError, "'country' twice"),
        (list(circuit.features)[1:], OptionError, "fewer than two"),
        (["county"], SourceError, "'county' is not defined; did you mean 'country'"),
    ):
        with pytest.raises(error, match=message):
            ps.wrong_pairs(network, beside=beside)
    assert ps.wrong_pairs(network, beside=list(circuit.features)[2:]).wrong == 0
    deep = ps.compile(ps.problems.layered(12, 2), construction="monosemantic")
    with pytest.raises(OptionError, match="hidden layer"):
        ps.wrong_pairs(deep, beside=["x0"])
