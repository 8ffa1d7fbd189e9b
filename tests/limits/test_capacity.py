"""Capacity: the counting bound turned round."""

from __future__ import annotations

from math import comb, log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import problems
from polyseme.limits.capacity import capacity, capacity_for, features_permuted, gates_computed
from polyseme.limits.combinatorics import log2_factorial, log2_gate_sets
from support.gates import AND, XOR, over


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
