"""Literals shown to be equal, or to differ, against truth tables of everything."""

from __future__ import annotations

import time

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from polyseme.proving.logic import equivalence
from polyseme.proving.logic.equivalence import compare, differing, fewer_on
from polyseme.proving.logic.graph import Graph, values
from polyseme.proving.logic.local import are_equal, input_tables, xor_operands
from polyseme.proving.logic.patterns import first_patterns
from polyseme.proving.logic.solver import Solver, solver_for

INPUTS, ROWS = 5, 32
COLUMNS = [sum(1 << row for row in range(ROWS) if row >> place & 1) for place in range(INPUTS)]
EVERY = (1 << ROWS) - 1


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Graph, list[int]]:
    """A graph, and the literals that were added to it one after the other."""
    graph, literals = Graph(INPUTS), list(range(2, 2 * INPUTS + 2))
    for _ in range(draw(st.integers(3, 25))):
        one, other = (draw(st.sampled_from(literals)) ^ draw(st.integers(0, 1)) for _ in range(2))
        operation = draw(st.sampled_from((graph.both, graph.either, graph.differ)))
        literals.append(operation(one, other))
    return graph, literals


def tables(graph: Graph, literals: list[int]) -> list[int]:
    found = values(graph, COLUMNS, ROWS)
    return [found[one >> 1] ^ (EVERY if one & 1 else 0) for one in literals]


def soon() -> float:
    return time.monotonic() + 60


@given(graphs())
def test_no_local_rule_takes_different_functions_for_equal(drawn: tuple[Graph, list[int]]) -> None:
    graph, literals = drawn
    known = tables(graph, literals)
    for one, table in zip(literals, known, strict=True):
        if are_equal(graph, one, literals[-1]):
            assert table == known[-1]
        assert not are_equal(graph, one, one ^ 1)


@given(graphs())
def test_tables_of_all_inputs_are_right(drawn: tuple[Graph, list[int]]) -> None:
    graph, literals = drawn
    known = tables(graph, literals)
    for one, table in zip(literals, known, strict=True):
        found = input_tables(graph, one, literals[-1])
        assert (found is None) == (table == known[-1])
        if found is not None:
            row = sum(1 << (node - 1) for node, value in found.items() if value)
            assert (table ^ known[-1]) >> row & 1


@given(graphs())
def test_the_solver_says_the_same_as_truth_tables(drawn: tuple[Graph, list[int]]) -> None:
    graph, literals = drawn
    known, solver = tables(graph, literals), Solver(graph)
    for one, table in zip([*literals, 0, 1], [*known, 0, EVERY], strict=True):
        found = solver.differing_input(one, literals[-1], 1000)
        assert (found is None) == (table == known[-1])
        if found is not None:
            row = sum(1 << (node - 1) for node, value in found.items() if value)
            assert (table ^ known[-1]) >> row & 1
    solver.close()


@pytest.mark.parametrize("solving", [True, False])
@settings(max_examples=60)
@given(drawn=graphs())
def test_pairs_are_compared_rightly(solving: bool, drawn: tuple[Graph, list[int]]) -> None:
    graph, literals = drawn
    known = tables(graph, literals)
    with pytest.MonkeyPatch.context() as patch:
        if not solving:
            patch.setattr(equivalence, "solver_for", lambda graph: None)
        # Pairs that only sweeping can tell, since simulation alone refutes all others here.
        equal = [
            (one, other)
            for one, table in zip(literals, known, strict=True)
            for other, same in zip(literals[-3:], known[-3:], strict=True)
            if table == same
        ]
        assert compare(graph, equal, soon()).found is None
        assert not compare(graph, equal, soon()).undecided
        different = [(literals[0], literals[-1])]
        assert (compare(graph, different, soon()).found is None) == (known[0] == known[-1])


def parity(graph: Graph, order: list[int]) -> int:
    literal = 0
    for node in order:
        literal = graph.differ(literal, 2 * node)
    return literal


def test_wide_ands_and_xors_are_equal_however_they_are_bracketed() -> None:
    graph, nodes = Graph(300), list(range(1, 301))
    chain = 1
    for node in nodes:
        chain = graph.both(chain, 2 * node)
    assert are_equal(graph, chain, graph.all_of([2 * node for node in nodes]))
    assert are_equal(graph, parity(graph, nodes), parity(graph, nodes[::-1]))
    assert are_equal(graph, parity(graph, nodes) ^ 1, parity(graph, nodes[::-1]) ^ 1)
    assert not are_equal(graph, parity(graph, nodes), parity(graph, nodes[::-1]) ^ 1)
    assert not are_equal(graph, chain, graph.all_of([2 * node for node in nodes[1:]]))


def test_an_xor_is_recognised_in_both_its_forms() -> None:
    graph = Graph(2)
    one = graph.differ(2, 4)
    other = graph.both(graph.both(2, 4) ^ 1, graph.both(3, 5) ^ 1)
    assert xor_operands(graph, one >> 1) is not None
    assert xor_operands(graph, other >> 1) is not None
    assert xor_operands(graph, graph.both(2, 4) >> 1) is None
    assert are_equal(graph, one, other)


def adders(bits: int) -> tuple[Graph, list[tuple[int, int]]]:
    """Sums of two numbers with carries that ripple, beside sums with carries looked ahead."""
    graph = Graph(2 * bits)
    pairs = [(2 * place + 2, 2 * (bits + place) + 2) for place in range(bits)]
    slow, carry = [], 0
    for one, other in pairs:
        half = graph.differ(one, other)
        slow.append(graph.differ(half, carry))
        carry = graph.either(graph.both(one, other), graph.both(half, carry))
    made = [graph.both(*pair) for pair in pairs]
    passed = [graph.differ(*pair) for pair in pairs]
    fast = []
    for place in range(bits):
        ways = [graph.all_of([made[begin], *passed[begin + 1 : place]]) for begin in range(place)]
        fast.append(graph.differ(passed[place], graph.any_of(ways)))
    return graph, list(zip(slow, fast, strict=True))


def test_adders_of_two_kinds_are_equal_and_a_wrong_one_is_not() -> None:
    graph, pairs = adders(24)
    assert compare(graph, pairs, soon()).found is None
    assert compare(graph, pairs, soon()).undecided == ()
    # On only where one number is all ones and the other is 1.
    rare = graph.all_of([2, *(2 * place + 2 for place in range(24, 48)), *range(5, 49, 2)])
    broken = [*pairs[:-1], (pairs[-1][0], graph.differ(pairs[-1][1], rare))]
    found = compare(graph, broken, soon()).found
    assert found == [0, *range(24, 48)]


def test_without_a_solver_what_is_left_is_undecided_and_time_ends_it_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph, pairs = adders(24)
    with monkeypatch.context() as patch:
        patch.setattr(equivalence, "solver_for", lambda graph: None)
        verdict = compare(graph, pairs, soon())
        assert verdict.found is None
        assert not verdict.has_solver
        assert 0 < len(verdict.undecided) < 24
    late = compare(graph, pairs, time.monotonic() - 1)
    assert late.found is None
    assert late.has_solver
    assert late.undecided


def test_without_python_sat_there_is_no_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    assert solver_for(Graph(1)) is not None
    monkeypatch.setitem(__import__("sys").modules, "pysat", None)
    assert solver_for(Graph(1)) is None


def test_a_solver_that_may_not_look_long_says_so() -> None:
    graph = Graph(22)
    numbers = [[2 * node for node in range(1, 12)], [2 * node for node in range(12, 23)]]
    products = [multiplied(graph, *numbers), multiplied(graph, *numbers[::-1])]
    with pytest.raises(TimeoutError):
        Solver(graph).differing_input(products[0][10], products[1][10], 10)


def multiplied(graph: Graph, one: list[int], other: list[int]) -> list[int]:
    rows = [0] * (len(one) + len(other))
    for shift, factor in enumerate(other):
        carry = 0
        for place, literal in enumerate(one, shift):
            term, sum_so_far = graph.both(literal, factor), rows[place]
            half = graph.differ(term, sum_so_far)
            rows[place] = graph.differ(half, carry)
            carry = graph.either(graph.both(term, sum_so_far), graph.both(half, carry))
        rows[shift + len(one)] = carry
    return rows


def test_features_that_are_not_needed_are_switched_off() -> None:
    graph = Graph(40)
    pairs = [(graph.all_of([6, 20, 81]), 0), (2, 2)]
    assert fewer_on(graph, pairs, list(range(39))) == [2, 9]
    assert fewer_on(graph, [(1, 0)], list(range(40))) == []


def test_patterns_hold_all_off_all_on_and_each_alone() -> None:
    inputs, samples = first_patterns(6)
    seen = {
        sum((one >> sample & 1) << place for place, one in enumerate(inputs))
        for sample in range(samples)
    }
    assert seen == set(range(64))
    assert samples >= 4096
    assert first_patterns(6) == (inputs, samples)
    graph = Graph(600)
    inputs, samples = first_patterns(600)
    alone = graph.all_of([3 ^ 1, *range(5, 1203, 2)])
    assert differing(graph, [(alone, 0)], inputs, samples) == 2
