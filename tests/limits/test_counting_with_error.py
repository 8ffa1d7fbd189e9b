"""Bits that are left when some outputs may be wrong, and neurons for bits."""

from __future__ import annotations

from math import comb, log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import Circuit, problems
from polyseme.limits.combinatorics import (
    log2_gate_sets,
)
from polyseme.limits.counting import CountingBound, bits_with_error, counting_bits, neurons_for
from support.gates import AND, AND_NOT, over, small_circuits


@pytest.mark.parametrize("wires", [11, 45, 435, 4950])
@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.3, 0.5])
def test_allowed_errors_give_back_at_least_every_way_to_repair(wires: int, share: float) -> None:
    for gates in {1, 5, 10, wires // 3, wires - 1, wires}:
        wrong = int(share * gates)
        repairs = log2(comb(gates, wrong) * comb(wires, wrong))
        bits = log2(comb(wires, gates))
        assert bits_with_error(bits, gates, share) <= max(0, bits - repairs) + 1e-9


@given(st.floats(0, 1e6), st.integers(1, 10**6), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=100, deadline=None)
def test_more_errors_need_no_more_bits(bits: float, outputs: int, one: float, two: float) -> None:
    few, many = sorted((one, two))
    assert bits >= bits_with_error(bits, outputs, few) >= bits_with_error(bits, outputs, many) >= 0


def test_no_error_changes_nothing_and_a_small_one_little() -> None:
    bits = log2_gate_sets(10_000, 2, 0, 10_000)
    assert bits_with_error(bits, 10_000, 0) == bits
    assert 0.99 * bits < bits_with_error(bits, 10_000, 1e-3) < bits
    assert bits_with_error(bits, 10_000, 1) == 0


@pytest.mark.parametrize(
    ("bits", "outputs", "share"), [(-1, 1, 0.1), (1, 0, 0.1), (1, 1, -0.1), (1, 1, 1.1)]
)
def test_bits_with_error_refuses_what_makes_no_sense(
    bits: float, outputs: int, share: float
) -> None:
    with pytest.raises(ValueError, match=r"bits for|error share"):
        bits_with_error(bits, outputs, share)


def test_neurons_for() -> None:
    assert neurons_for(10_000, 1) == 100
    assert neurons_for(10_000, 4) == 50
    assert neurons_for(0, 1) == 0


@pytest.mark.parametrize(("bits", "each"), [(-1, 1), (1, 0), (1, -2)])
def test_neurons_for_refuses_what_makes_no_sense(bits: float, each: float) -> None:
    with pytest.raises(ValueError, match="bits at"):
        neurons_for(bits, each)


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
def test_more_errors_need_no_more_bits_of_a_circuit(
    circuit: Circuit, one: float, two: float
) -> None:
    count, (few, many) = counting_bits(circuit), sorted((one, two))
    outputs = len(circuit.outputs)
    assert count.bits >= count.with_error(outputs, few) >= count.with_error(outputs, many) >= 0
