"""Factored outputs: the groups of terms against sets in Python, and how few there are."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.circuits import problems
from polyseme.circuits.factoring import Factored, LiteralRows, choices, factored
from polyseme.circuits.terms import Terms, terms_of
from support.term_sets import Term, factorable, sets_of, terms_from


def rows_of(literals: LiteralRows) -> list[Term]:
    signed = (literals.features.astype(int) + 1) * literals.signs
    return [frozenset(row.tolist()) for row in np.split(signed, literals.offsets[1:-1])]


def expanded(form: Factored) -> list[set[Term]]:
    """The terms of every group, written out."""
    return [
        {factor | frozenset(some) for some in combinations(members, least)}
        for factor, members, least in zip(
            rows_of(form.factors), rows_of(form.members), form.least.tolist(), strict=True
        )
    ]


def groups_of(outputs: list[list[list[int]]], features: int = 9) -> list[tuple[Term, Term, int]]:
    form = factored(terms_from(features, outputs))
    return list(zip(rows_of(form.factors), rows_of(form.members), form.least.tolist(), strict=True))


def check_groups(terms: Terms) -> Factored:
    form = factored(terms)
    sets = sets_of(terms)
    assert len(form.group) == len(terms)
    for rows in (form.factors, form.members):
        counted = [(sum(x > 0 for x in row), sum(x < 0 for x in row)) for row in rows_of(rows)]
        assert counted == list(zip(rows.plain.tolist(), rows.negated.tolist(), strict=True))
    for group, written in enumerate(expanded(form)):
        own = np.flatnonzero(form.group == group)
        assert {sets[term] for term in own} == written
        assert set(terms.output[own].tolist()) == {int(form.output[group])}
        assert form.first[group] == own[0]
        if len(rows_of(form.factors)[group]):
            assert form.least[group] == 1
            assert len(rows_of(form.members)[group]) > 1
    # Terms that are equal are in one group, so no two groups of an output have one in common.
    assert (np.diff(form.first) > 0).all()
    return form


@settings(max_examples=120, deadline=None)
@given(terms=factorable())
def test_groups_written_out_are_the_terms(terms):
    form = check_groups(terms)
    assert len(form) <= len(terms)
    assert factored(terms) is form


def test_a_relation_is_the_factor_of_its_subjects():
    assert groups_of([[[1, 9], [9, 2], [3, 9]], [[4, 9]], [[1, 8], [2, 8]]]) == [
        ({9}, {1, 2, 3}, 1),
        (set(), {4, 9}, 2),
        ({8}, {1, 2}, 1),
    ]


def test_factors_may_have_several_literals_and_negated_ones():
    assert groups_of([[[1, 2, -3], [-3, 2, -4], [2, 5, -3]]]) == [({2, -3}, {1, -4, 5}, 1)]


def test_ors_ands_and_thresholds_are_counted():
    pairs = [[1, 2], [2, 3], [3, 1]]
    assert groups_of([[[1], [2], [3]], [[1, 2, 3]], pairs, pairs[:2], [[7]]]) == [
        (set(), {1, 2, 3}, 1),
        (set(), {1, 2, 3}, 3),
        (set(), {1, 2, 3}, 2),
        ({2}, {1, 3}, 1),
        (set(), {7}, 1),
    ]


def test_terms_of_other_numbers_of_literals_are_other_groups():
    assert groups_of([[[1], [2, 3], [4], [2, 5], [6, 7, 8]]]) == [
        (set(), {1, 4}, 1),
        ({2}, {3, 5}, 1),
        (set(), {6, 7, 8}, 3),
    ]


def test_a_literal_and_its_negation_are_two():
    assert groups_of([[[1, 2], [-1, 3]]]) == [(set(), {1, 2}, 2), (set(), {-1, 3}, 2)]


def test_equal_terms_count_once():
    terms = terms_from(4, [[[1, 2], [3, 4], [2, 1], [1, 3]]])
    form = check_groups(terms)
    assert form.group.tolist() == [0, 1, 0, 1] or form.group.tolist() == [0, 1, 0, 0]
    assert len(form) == 2


@pytest.mark.parametrize("shift", range(6))
def test_a_term_goes_to_the_larger_of_its_groups(shift):
    """Stars of 6, 4 and 3 pairs around 1, 2 and 3, joined in a row; whatever numbers they have."""
    pairs = [[1, 10 + i] for i in range(5)] + [[2, 20 + i] for i in range(4)]
    pairs += [[3, 30 + i] for i in range(3)] + [[1, 2], [2, 3]]
    turned = [[(literal + 7 * shift) % 41 + 1 for literal in pair] for pair in pairs]
    form = check_groups(terms_from(41, [turned]))
    assert sorted(np.diff(form.members.offsets).tolist()) == [3, 5, 6]


def test_a_term_leaves_a_group_that_all_others_left():
    """Six pairs have literal 1, but five of them go to larger stars, and the last one follows."""
    pairs = [[1, hub] for hub in range(2, 7)] + [[1, 7], [7, 8], [7, 9], [7, 10]]
    pairs += [[hub, 10 * hub + leaf] for hub in range(2, 7) for leaf in range(8)]
    form = check_groups(terms_from(70, [pairs]))
    assert sorted(np.diff(form.members.offsets).tolist()) == [4, 9, 9, 9, 9, 9]


def test_a_table_of_facts_has_a_group_per_output():
    rows = {f"s{i}": {"in": f"c{i % 7}", "is": f"k{i % 40}"} for i in range(300)}
    circuit = problems.facts(rows)
    form = check_groups(terms_of(circuit))
    assert len(form) == len(circuit.outputs) == 47
    assert form.output.tolist() == list(range(47))


def test_single_ands_are_left_alone():
    terms = terms_of(problems.pairwise_and(40, 60, seed=2))
    form = check_groups(terms)
    assert form.group.tolist() == list(range(60))
    assert not form.factors.offsets.any()


@given(
    of=st.lists(st.integers(0, 80), min_size=1, max_size=8),
    data=st.data(),
)
def test_choices_are_binomial_coefficients(of, data):
    chosen = [data.draw(st.integers(0, things)) for things in of]
    found = choices(np.array(of), np.array(chosen)).tolist()
    for things, some, number in zip(of, chosen, found, strict=True):
        exact = comb(things, some)
        assert number == exact if exact < 2**31 else number >= 2**31


def test_a_million_things_have_no_room_for_overflow():
    of = np.array([10**6, 10**6, 10**7, 10**7])
    assert choices(of, np.array([1, 5 * 10**5, 10**7 - 1, 3])).tolist()[::2] == [10**6, 10**7]
    assert (choices(of, np.array([2, 5 * 10**5, 7, 3])) >= 2**31).all()
