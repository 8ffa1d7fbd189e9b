"""Sums of literals compared with numbers, against adding up."""

from __future__ import annotations

from itertools import product

import hypothesis.strategies as st
import pytest
from hypothesis import given

from polyseme.proving.logic.graph import Graph, values
from polyseme.proving.logic.sums import Comparisons, TooLargeError, sum_of

INPUTS = 5
ROWS = list(product((0, 1), repeat=INPUTS))
COLUMNS = [sum(row[place] << number for number, row in enumerate(ROWS)) for place in range(INPUTS)]
TERMS = st.lists(st.tuples(st.integers(-6, 6), st.integers(0, 2 * INPUTS + 1)), max_size=9)


def added(constant: int, terms: list[tuple[int, int]], row: tuple[int, ...]) -> int:
    literals = [0, 1]
    for one in row:
        literals += [one, 1 - one]
    return constant + sum(weight * literals[literal] for weight, literal in terms)


def on_rows(graph: Graph, literal: int) -> list[bool]:
    found = values(graph, COLUMNS, len(ROWS))[literal >> 1]
    return [bool(found >> number & 1) != bool(literal & 1) for number in range(len(ROWS))]


@given(st.integers(-9, 9), TERMS)
def test_a_normal_sum_adds_up_to_the_same(constant: int, terms: list[tuple[int, int]]) -> None:
    normal = sum_of(constant, terms)
    again = list(zip(normal.weights, normal.literals, strict=True))
    for row in ROWS:
        assert added(normal.constant, again, row) == added(constant, terms, row)
    assert all(weight > 0 for weight in normal.weights)
    assert list(normal.weights) == sorted(normal.weights, reverse=True)
    assert len({literal >> 1 for literal in normal.literals}) == len(normal.literals)


@given(st.integers(-9, 9), TERMS, st.lists(st.integers(-12, 20), min_size=1, max_size=4))
def test_comparisons_are_right_on_every_input(
    constant: int, terms: list[tuple[int, int]], numbers: list[int]
) -> None:
    graph = Graph(INPUTS)
    compared = Comparisons(graph, sum_of(constant, terms), 1000)
    for number in numbers:
        found = on_rows(graph, compared.at_least(number))
        assert found == [added(constant, terms, row) >= number for row in ROWS]


@given(st.integers(-9, 9), TERMS, st.integers(-12, 20), st.integers(0, INPUTS))
def test_within_a_promise_comparisons_are_right_and_beyond_it_never_on_too_much(
    constant: int, terms: list[tuple[int, int]], number: int, active: int
) -> None:
    graph = Graph(INPUTS)
    compared = Comparisons(graph, sum_of(constant, terms), 1000, active)
    found = on_rows(graph, compared.at_least(number))
    for row, one in zip(ROWS, found, strict=True):
        truth = added(constant, terms, row) >= number
        assert one == truth if sum(row) <= active else one <= truth


def test_a_relation_and_any_of_its_subjects_is_seen_where_two_features_are_on() -> None:
    graph = Graph(INPUTS)
    fact = sum_of(-2, [(1, 2), (1, 4), (1, 6), (2, 8)])
    within = Comparisons(graph, fact, 1000, 2).at_least(1)
    assert within == graph.both(8, graph.any_of([2, 4, 6]))
    assert Comparisons(graph, fact, 1000).at_least(1) != within


def test_a_diagram_may_not_outgrow_its_limit() -> None:
    several = sum_of(0, [(place, 2 * place) for place in range(1, INPUTS + 1)])
    assert Comparisons(Graph(INPUTS), several, 100).at_least(8)
    with pytest.raises(TooLargeError):
        Comparisons(Graph(INPUTS), several, 3).at_least(8)


def test_thousands_of_literals_take_few_nodes() -> None:
    graph = Graph(4000)
    several = sum_of(0, [(1, 2 * node) for node in range(1, 4001)])
    Comparisons(graph, several, 100_000).at_least(3)
    assert len(graph) < 60_000
