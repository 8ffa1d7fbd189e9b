"""Layered circuits, renamed features, allowed errors of uneven outputs, and capacity."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from math import comb, factorial, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import Circuit, GateKind, build_circuit, evaluate_dense, problems
from polyseme.limits.asymptotic import least_neurons, least_parameters
from polyseme.limits.capacity import capacity, capacity_for, features_permuted, gates_computed
from polyseme.limits.combinatorics import log2_factorial, log2_gate_sets, log2_sparse_sets
from polyseme.limits.counting import CountingBound, bits_with_error, counting_bits
from polyseme.limits.renaming import renaming_bits

AND, OR, XOR = GateKind.AND, GateKind.OR, GateKind.XOR
AND_NOT, IDENTITY = GateKind.AND_NOT, GateKind.IDENTITY
Gate = tuple[GateKind, Sequence[int]]


def over(features: int, gates: Sequence[Gate], outputs: Sequence[int] | None = None) -> Circuit:
    every = range(features, features + len(gates))
    names = [f"f{number}" for number in range(features)]
    return build_circuit(names, gates, list(every if outputs is None else outputs))


@given(st.integers(0, 60), st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_sparse_sets_are_summed_exactly(total: int, most: int) -> None:
    most = min(most, total)
    exact = sum(comb(total, size) for size in range(most + 1))
    assert log2_sparse_sets(total, most) == pytest.approx(log2(exact), abs=1e-12)


def test_sparse_sets_of_any_size() -> None:
    assert log2_sparse_sets(10**8, 10**8) == pytest.approx(10**8)
    exact = sum(comb(10**6, size) for size in range(4))
    assert log2_sparse_sets(10**6, 3) == pytest.approx(log2(exact), rel=1e-13)
    with pytest.raises(ValueError, match="choose 4 of 3"):
        log2_sparse_sets(3, 4)


# Layered circuits


def test_layered_circuits_read_only_the_level_below() -> None:
    gates: list[Gate] = [(XOR, (0, 1, 2)), (OR, (1, 2)), (XOR, (3, 4)), (AND, (3, 4))]
    layered = counting_bits(over(3, [*gates, (XOR, (5, 6))], [7]))
    assert layered.family.startswith("layered circuits of 5 gates")
    # One of one set of three, one of three pairs; then one pair there is, three times.
    assert layered.bits == pytest.approx(log2(3))
    assert not layered.counts_functions
    skipping = counting_bits(over(3, [*gates, (XOR, (5, 0))], [7]))
    assert skipping.family.startswith("circuits of 5 gates")
    assert skipping.bits == pytest.approx(log2(3 * comb(5, 2) * comb(5, 2) * comb(7, 2)))


def test_the_layered_problem_is_recognised_and_counted_level_by_level() -> None:
    bound = counting_bits(problems.layered(16, 3))
    a_level = log2(comb(comb(16, 2), 4) ** 2 * comb(16 * 15, 4) * comb(16, 4))
    assert bound.family.startswith("layered circuits of 48 gates over 16 features")
    assert bound.bits == pytest.approx(3 * a_level)


def test_counting_layered_circuits_is_not_counting_functions() -> None:
    pairs = list(itertools.combinations(range(4), 2))
    family = [
        over(4, [(AND, one), (AND, two), (AND, (4, 5))], [6])
        for one, two in itertools.combinations(pairs, 2)
    ]
    bits = np.array(list(itertools.product((0, 1), repeat=4)), bool)
    functions = {evaluate_dense(circuit, bits).tobytes() for circuit in family}
    assert len(functions) < len(family) == comb(6, 2)


# Renaming features


def renamings(circuit: Circuit) -> int:
    """How many functions there are of the features renamed, by trying every renaming."""
    features = len(circuit.features)
    bits = np.array(list(itertools.product((0, 1), repeat=features)), bool)
    return len(
        {
            evaluate_dense(circuit, bits[:, list(order)]).tobytes()
            for order in itertools.permutations(range(features))
        }
    )


@st.composite
def small_circuits(draw: st.DrawFn) -> Circuit:
    features = draw(st.integers(2, 5))
    gates: list[Gate] = []
    for wire in range(features, features + draw(st.integers(1, 6))):
        pair = st.lists(st.integers(0, wire - 1), min_size=2, max_size=2, unique=True)
        gates.append((draw(st.sampled_from([AND, OR, XOR, AND_NOT])), draw(pair)))
    last = features + len(gates)
    outputs = draw(st.lists(st.integers(0, last - 1), min_size=1, max_size=5))
    return over(features, gates, outputs)


@given(small_circuits())
@settings(max_examples=60, deadline=None)
def test_renaming_never_counts_functions_there_are_not(circuit: Circuit) -> None:
    assert 0 <= renaming_bits(circuit) <= log2(renamings(circuit)) + 1e-9


def test_renaming_counts_a_permutation_whole() -> None:
    assert renaming_bits(problems.permutation(300)) == pytest.approx(log2(factorial(300)))
    twins = over(5, [(OR, (0, 1)), (XOR, (5, 2)), (IDENTITY, (3,))], [6, 7])
    # 0, 1 and 2 alone do the same, though they are wired differently; 4 does nothing.
    assert renaming_bits(twins) == pytest.approx(log2(factorial(5) / factorial(3)))
    assert renaming_bits(problems.pairwise_and(20, 30)) == 0


def test_renaming_a_wide_circuit_by_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    circuit = problems.layered(200, 3)
    whole = renaming_bits(circuit)
    # By its module: as an attribute of the package, `bounds` is the function.
    monkeypatch.setattr(sys.modules[renaming_bits.__module__], "_TRIED_OUTPUTS", 64)
    assert 0 < renaming_bits(circuit) < whole < log2(factorial(200))


# Errors where outputs are not worth the same


def test_wrong_outputs_may_be_the_ones_worth_most() -> None:
    # Of two gates over many wires and eight over few, the costly two are wrong.
    count = CountingBound("two kinds", 2 * 50 + 8 * 1, True, ((2, 50.0), (8, 1.0)))
    entropy = -0.2 * log2(0.2) - 0.8 * log2(0.8)
    assert count.with_error(10, 0.2) == pytest.approx(max(0, 108 - 100 - 20 * entropy))
    assert count.with_error(10, 0) == 108
    assert count.with_error(10, 1) == 0
    assert bits_with_error(108, 10, 0.2) > count.with_error(10, 0.2)


@pytest.mark.parametrize("wrong", [1, 2])
def test_mixed_gates_keep_enough_bits_for_any_repair(wrong: int) -> None:
    wide = [(AND, tuple(range(place, place + 5))) for place in range(4)]
    circuit = over(40, [*wide, *((AND_NOT, (n, n + 1)) for n in range(30))])
    count = counting_bits(circuit)
    # All wrong ones among the wide gates, of which there are more to choose from.
    repairs = log2(comb(34, wrong) * comb(comb(40, 5), wrong))
    assert count.with_error(34, wrong / 34) <= count.bits - repairs
    assert count.counts_functions


def test_a_table_keeps_enough_bits_for_its_largest_objects() -> None:
    cities = {f"c{n}": {"country": "big" if n < 30 else f"n{n // 2}"} for n in range(60)}
    circuit = problems.facts(cities)
    count = counting_bits(circuit)
    objects = len(circuit.outputs)
    # Given all but two objects, those of the two are mixed up: at most 32 choose 2 ways.
    repairs = log2(comb(objects, 2) * comb(32, 2))
    assert count.with_error(objects, 2 / objects) <= count.bits - repairs
    worth = dict.fromkeys([bits for _, bits in count.per_output])
    assert max(worth) == pytest.approx(30 * log2(60 / 30))
    assert sum(outputs * bits for outputs, bits in count.per_output) >= count.bits


@given(small_circuits(), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_more_errors_need_no_more_bits(circuit: Circuit, one: float, two: float) -> None:
    count, (few, many) = counting_bits(circuit), sorted((one, two))
    outputs = len(circuit.outputs)
    assert count.bits >= count.with_error(outputs, few) >= count.with_error(outputs, many) >= 0


# Capacity


def slow_capacity(room: float, family: list[float]) -> int:
    return max((n for n, bits in enumerate(family) if bits <= room), default=0)


@given(st.integers(1, 12), st.sampled_from([0.5, 1.0, 2.0, 8.0]))
@settings(max_examples=60, deadline=None)
def test_capacity_is_the_bound_turned_round(neurons: int, bits: float) -> None:
    room = bits * neurons**2
    permuted = [log2_factorial(size) for size in range(500)]
    assert features_permuted(neurons, bits) == slow_capacity(room, permuted)
    gates = [log2(comb(66, size)) for size in range(34)]
    found = slow_capacity(room, gates)
    assert gates_computed(neurons, bits, 12, 2) == (66 if found == 33 else found)


def test_capacity_of_a_circuit() -> None:
    for neurons in (50, 400):
        circuit = problems.pairwise_and(1000, 1000)
        gates = capacity_for(circuit, neurons, 1)
        assert gates is not None
        assert log2_gate_sets(1000, 2, 0, gates) <= neurons**2
        assert log2_gate_sets(1000, 2, 0, gates + 1) > neurons**2
    permuted = capacity_for(problems.permutation(64), 100, 2)
    assert permuted == features_permuted(100, 2)
    assert capacity_for(problems.layered(16, 2), 100, 1) is None
    assert capacity_for(over(4, [(AND, (0, 1)), (XOR, (2, 3))]), 100, 1) is None
    assert capacity_for(problems.universal_and(20), 100, 1) == 190


def test_capacity_may_be_nothing() -> None:
    assert capacity(1, 1, lambda size: 5.0 * size) == 0
    assert capacity(3, 1, lambda size: 5.0 * size, most=1) == 1


@pytest.mark.parametrize(("neurons", "bits"), [(0, 1.0), (-1, 1.0), (1, 0.0), (1, float("nan"))])
def test_capacity_needs_neurons_and_bits(neurons: int, bits: float) -> None:
    with pytest.raises(ValueError, match="neurons at"):
        features_permuted(neurons, bits)


# Adler and Shavit


@given(st.integers(1, 10**6))
@settings(max_examples=100, deadline=None)
def test_the_asymptotic_bound_is_under_the_exact_ones(outputs: int) -> None:
    least = least_parameters(outputs, 1)
    assert least <= log2_factorial(outputs) + 1e-6
    if outputs >= 4:
        assert least <= log2_gate_sets(outputs, 2, 0, outputs)
    assert least_neurons(outputs, 4) == pytest.approx((least / 4) ** 0.5)


def test_the_asymptotic_bound_comes_near_the_exact_one() -> None:
    shares = [least_parameters(m, 1) / log2_factorial(m) for m in (10**2, 10**4, 10**6)]
    assert shares == sorted(shares)
    assert shares[-1] > 0.999


@pytest.mark.parametrize(("outputs", "bits"), [(0, 1.0), (5, 0.0), (5, -1.0)])
def test_the_asymptotic_bound_refuses_nonsense(outputs: int, bits: float) -> None:
    with pytest.raises(ValueError, match="outputs at"):
        least_neurons(outputs, bits)
