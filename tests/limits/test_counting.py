"""Counting bounds of families of circuits against brute force."""

from __future__ import annotations

import itertools
from dataclasses import replace
from math import comb, factorial, log2, perm

import numpy as np
import pytest

from polyseme.circuits import Circuit, evaluate_dense, problems
from polyseme.limits.combinatorics import (
    log2_gate_sets,
)
from polyseme.limits.counting import counting_bits
from support.gates import AND, AND_NOT, IDENTITY, OR, XOR, Gate, over


def distinct_functions(circuits: list[Circuit]) -> int:
    """How many different sets of output functions there are, by tabulating every circuit."""
    bits = np.array(list(itertools.product([False, True], repeat=len(circuits[0].features))))
    tables = {frozenset(map(bytes, evaluate_dense(circuit, bits).T)) for circuit in circuits}
    return len(tables)


@pytest.mark.parametrize(("features", "gates", "inputs"), [(4, 3, 2), (5, 1, 3), (4, 4, 3)])
def test_sets_of_ands_are_all_different_functions(features: int, gates: int, inputs: int) -> None:
    sets = itertools.combinations(range(features), inputs)
    family = [over(features, [(AND, s) for s in f]) for f in itertools.combinations(sets, gates)]
    bound = counting_bits(family[0])
    assert bound.bits == pytest.approx(log2(distinct_functions(family)), abs=1e-12)
    assert bound.counts_functions


def test_mixed_kinds_are_counted_kind_by_kind() -> None:
    pairs = list(itertools.combinations(range(3), 2))
    ordered = list(itertools.permutations(range(3), 2))
    family = [
        over(3, [(AND, first), (XOR, second), (AND_NOT, third)])
        for first in pairs
        for second in pairs
        for third in ordered
    ]
    bound = counting_bits(family[0])
    assert bound.bits == pytest.approx(log2(distinct_functions(family)))
    assert "same kinds" in bound.family


def test_a_gate_named_or_written_twice_counts_once() -> None:
    twice = over(4, [(AND, (0, 1)), (AND, (1, 0)), (AND, (2, 3))], [4, 5, 6, 6])
    once = over(4, [(AND, (0, 1)), (AND, (2, 3))])
    assert counting_bits(twice) == counting_bits(once)
    assert counting_bits(over(4, [(AND_NOT, (0, 1)), (AND_NOT, (1, 0))])).bits == log2(comb(12, 2))


@pytest.mark.parametrize(("size", "root"), [(1000, 102), (10_000, 371), (100_000, 1306)])
def test_pairwise_and_has_the_published_sizes(size: int, root: int) -> None:
    bound = counting_bits(problems.pairwise_and(size, size))
    assert round(bound.bits**0.5) == root
    assert bound.family == f"sets of {size:,} gates among all pairs of {size:,} features"


def test_the_largest_published_size() -> None:
    size = 262_144
    assert round(log2_gate_sets(size, 2, 0, size) ** 0.5) == 2199


@pytest.mark.parametrize("inputs", [2, 3, 5])
def test_k_and(inputs: int) -> None:
    bound = counting_bits(problems.k_and(60, 90, inputs))
    assert bound.bits == pytest.approx(log2(comb(comb(60, inputs), 90)), rel=1e-12)
    words = {2: "pairs", 3: "triples", 5: "sets of 5"}[inputs]
    assert bound.family == f"sets of 90 gates among all {words} of 60 features"


def test_universal_and_has_nothing_to_learn() -> None:
    bound = counting_bits(problems.universal_and(30))
    assert bound.bits == 0
    assert bound.family == "all pairs of 30 features: one set of gates, with nothing to learn"
    assert counting_bits(problems.pairwise_and(30, comb(30, 2) - 1)).bits == log2(435)


def test_permutations_whichever_way_they_are_written() -> None:
    size = 40
    exact = pytest.approx(log2(factorial(size)), rel=1e-12)
    bound = counting_bits(problems.permutation(size))
    assert (bound.bits, bound.family) == (exact, "permutations of 40 features")
    order = np.random.default_rng(0).permutation(size).tolist()
    assert counting_bits(over(size, [], order)).bits == exact
    copies = [(IDENTITY, (wire,)) for wire in order]
    again = [(OR, (size + wire,)) for wire in range(size)]
    assert counting_bits(over(size, copies + again, range(2 * size, 3 * size))).bits == exact


def test_choosing_some_features_in_order() -> None:
    bound = counting_bits(over(9, [], [4, 0, 7]))
    assert bound.bits == pytest.approx(log2(perm(9, 3)))
    assert bound.family == "ordered choices of 3 of 9 features"
    repeated = counting_bits(over(9, [], [4, 4, 7]))
    assert "ordered" not in repeated.family


def test_the_family_is_read_from_the_arrays_not_the_name() -> None:
    circuit = problems.pairwise_and(50, 60)
    misnamed = replace(circuit, name="permutation:features=50")
    assert counting_bits(misnamed) == counting_bits(circuit)


def test_terms_are_counted_by_width_and_negations() -> None:
    gates: list[Gate] = [
        (AND, (0, 1)),
        (AND, (1, 2)),
        (AND_NOT, (0, 3)),
        (AND, (1, 2, 3)),
        (OR, (6, 7, 8)),
        (OR, (9, 5)),
    ]
    bound = counting_bits(over(6, gates, [10, 11]))
    exact = log2(comb(comb(6, 2), 2) * (comb(6, 2) * 2) * comb(6, 3) * 6)
    assert bound.bits == pytest.approx(exact)


def test_deep_circuits_are_counted_level_by_level() -> None:
    gates: list[Gate] = [(AND, (0, 1)), (OR, (1, 2)), (AND, (3, 2)), (XOR, (5, 0))]
    bound = counting_bits(over(3, gates, [6]))
    exact = log2(comb(3, 2) * comb(3, 2) * comb(5, 2) * comb(6, 2))
    assert bound.bits == pytest.approx(exact)
    assert not bound.counts_functions
    assert bound.family == "circuits of 4 gates over 3 features, on the same 3 levels"


def test_an_xor_too_wide_for_terms_is_still_a_gate() -> None:
    bound = counting_bits(over(12, [(XOR, range(9)), (XOR, range(1, 10))]))
    assert bound.bits == pytest.approx(log2(comb(comb(12, 9), 2)))
    assert bound.counts_functions


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
