"""The family in order, and the family with the circuit's influences, against brute force."""

from __future__ import annotations

from itertools import combinations, permutations
from math import factorial, log2

import numpy as np
import pytest

from polyseme.circuits import Circuit, evaluate_dense, problems
from polyseme.limits.counting import counting_bits
from polyseme.limits.lower import least
from support.gates import AND, AND_NOT, OR, XOR, Gate, over


def functions_in_order(circuits: list[Circuit]) -> int:
    """How many different functions there are when it matters which output is which."""
    features = len(circuits[0].features)
    inputs = (np.arange(2**features)[:, None] >> np.arange(features) & 1).astype(bool)
    return len({evaluate_dense(circuit, inputs).tobytes() for circuit in circuits})


@pytest.mark.parametrize(("features", "gates", "inputs"), [(4, 3, 2), (5, 2, 3), (4, 4, 3)])
def test_the_order_of_ands_counts(features: int, gates: int, inputs: int) -> None:
    sets = list(combinations(range(features), inputs))
    family = [over(features, [(AND, s) for s in f]) for f in permutations(sets, gates)]
    bound = counting_bits(family[0])
    assert bound.ordered_bits == pytest.approx(log2(functions_in_order(family)))
    assert bound.order_bits == pytest.approx(log2(factorial(gates)))


def test_permutations_and_choices_are_nothing_but_order() -> None:
    family = [over(5, [], chosen) for chosen in permutations(range(5), 3)]
    bound = counting_bits(family[0])
    assert bound.bits == bound.ordered_bits == pytest.approx(log2(functions_in_order(family)))
    # With the influences of this one, its three features are known and their order is not.
    same = [over(5, [], chosen) for chosen in permutations((0, 3, 4))]
    known = counting_bits(same[0])
    assert known.family_bits == pytest.approx(log2(functions_in_order(same)))
    assert known.influence_source == ""


def test_the_objects_of_a_table_are_told_apart_by_name() -> None:
    table = {f"s{i}": {"color": "red" if i < 3 else "blue"} for i in range(5)}
    bound = counting_bits(problems.facts(table))
    assert bound.bits == bound.ordered_bits == bound.family_bits == pytest.approx(log2(10))


def test_the_outputs_of_terms_count_as_order() -> None:
    gates: list[Gate] = [
        (AND, (0, 1)),
        (AND, (2, 3)),
        (AND, (0, 4)),
        (OR, (5, 6, 7)),
        (AND, (1, 4)),
    ]
    bound = counting_bits(over(5, gates, [8, 9]))
    # Which of the four terms is alone.
    assert bound.order_bits == pytest.approx(log2(4))
    assert bound.influence_bits is None
    gates[-1] = (AND, (0, 1))
    assert counting_bits(over(5, gates, [8, 9])).order_bits == 0


def test_the_outputs_of_deep_circuits_count_as_order() -> None:
    gates: list[Gate] = [
        (XOR, (0, 1, 2)),
        (OR, (1, 2)),
        (XOR, (3, 4)),
        (AND, (3, 4)),
        (XOR, (5, 6)),
    ]
    assert counting_bits(over(3, gates, [7])).order_bits == 0
    assert counting_bits(over(3, gates, [7, 6, 5, 5])).order_bits == pytest.approx(log2(6))


@pytest.mark.parametrize("kind", [AND, OR])
def test_the_circuits_with_the_same_influences(kind: int) -> None:
    def influence(chosen: tuple[tuple[int, int], ...]) -> list[int]:
        return np.bincount(np.concatenate(chosen), minlength=7).tolist()

    ring = tuple((i, (i + 1) % 7) for i in range(7))
    same = [
        over(7, [(kind, pair) for pair in chosen])
        for chosen in combinations(combinations(range(7), 2), 7)
        if influence(chosen) == influence(ring)
    ]
    bound = counting_bits(over(7, [(kind, pair) for pair in ring]))
    assert bound.influence_bits == pytest.approx(log2(len(same)), abs=0.4)
    assert bound.family_bits == bound.influence_bits + bound.order_bits
    twice = counting_bits(over(7, [(kind, pair) for pair in (*ring, (1, 0))]))
    assert twice.influence_bits == bound.influence_bits


def test_influences_of_gates_with_roles_are_not_counted() -> None:
    assert counting_bits(over(4, [(AND_NOT, (0, 1)), (AND_NOT, (1, 2))])).influence_bits is None
    mixed = counting_bits(over(4, [(AND, (0, 1)), (XOR, (1, 2))]))
    assert mixed.influence_bits is None
    assert mixed.tightest_bits == mixed.ordered_bits == mixed.bits + 1


def test_all_pairs_are_one_circuit_in_any_order() -> None:
    bound = counting_bits(problems.universal_and(12))
    assert (bound.bits, bound.influence_bits) == (0, 0)
    assert bound.ordered_bits == pytest.approx(log2(factorial(66)))


def test_influences_make_a_family_smaller() -> None:
    for influence in ("regular", "uniform", "zipf"):
        bound = counting_bits(problems.pairwise_and(300, 400, influence))
        assert bound.influence_bits is not None
        assert 0.3 * bound.bits < bound.influence_bits < 0.97 * bound.bits
    dense = counting_bits(problems.pairwise_and(30, 434))
    assert dense.influence_bits is not None
    assert 0 <= dense.influence_bits < dense.bits


def test_ten_thousand_gates_have_the_published_bounds() -> None:
    bound = counting_bits(problems.pairwise_and(10_000, 10_000))
    assert bound.influence_bits is not None
    assert bound.family_bits is not None
    assert round(bound.ordered_bits) == 255_751
    every = (bound.bits, bound.ordered_bits, bound.influence_bits, bound.family_bits)
    assert [least(bits, 1.0) for bits in every] == [371, 506, 345, 487]
