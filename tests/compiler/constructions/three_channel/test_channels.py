"""Channels: how the inputs of every term reach its neurons."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.circuits import problems
from polyseme.compiler.constructions.three_channel.channels import (
    EXCLUSIVE_POOL_TERMS,
    MIN_POOL_TERMS,
    Channel,
)
from polyseme.compiler.constructions.three_channel.plan import make_plan
from polyseme.compiler.task import Task
from support.three_channel import KINDS, literals_of, plan_of


@pytest.mark.parametrize(
    ("kind", "used"),
    [
        ("zipf", {Channel.OUTPUT, Channel.INPUT, Channel.MIXED}),
        ("regular", {Channel.OUTPUT}),
        ("permutation", {Channel.OUTPUT}),
        ("crowded", {Channel.OUTPUT}),
        ("universal", {Channel.INPUT}),
        ("facts", {Channel.MIXED}),
        ("guard", {Channel.MIXED}),
    ],
)
def test_channels_used_by_each_kind_of_circuit(kind, used):
    assert {Channel(int(channel)) for channel in plan_of(kind).assignment.channel} == used


def test_channels_follow_how_many_heavy_literals_a_term_has():
    """Both light: output; both heavy: input; one of each: a pool of the heavy one, if not small."""
    plan = plan_of("zipf")
    limit = 2 * len(plan.terms) ** 0.25
    influence = np.bincount(plan.terms.literals)
    owned_terms: dict[int, list[int]] = {}
    for term, channel in enumerate(plan.assignment.channel):
        first, second = literals_of(plan.terms, term)
        heavy = [feature for feature in (first, second) if influence[feature] > limit]
        if len(heavy) != 1:
            assert channel == (Channel.INPUT if heavy else Channel.OUTPUT)
        else:
            owned_terms.setdefault(heavy[0], []).append(term)
    for members in owned_terms.values():
        expected = Channel.MIXED if len(members) >= MIN_POOL_TERMS else Channel.OUTPUT
        assert {int(plan.assignment.channel[term]) for term in members} == {expected}


def test_universal_and_of_fewer_than_a_thousand_pairs_does_without_the_input_channel():
    assert (
        Channel.INPUT not in make_plan(Task(problems.universal_and(45), 3, 1e-2)).assignment.channel
    )
    assert len(problems.universal_and(46).outputs) >= 1000
    assert Channel.INPUT in make_plan(Task(problems.universal_and(46), 3, 1e-2)).assignment.channel


def test_large_relations_of_a_table_of_facts_own_exclusive_pools():
    plan = plan_of("facts")
    relations = {plan.circuit.features.position(name) for name in ("in", "is")}
    assert set(plan.assignment.owner.tolist()) == relations
    assert set(plan.assignment.owner_sign.tolist()) == {1}
    assert set(plan.assignment.pool.tolist()) == {-1}
    rows = range(EXCLUSIVE_POOL_TERMS - 1)
    smaller = problems.facts({f"s{i}": {"in": f"c{i % 40}", "is": f"k{i}"} for i in rows})
    shared, unshared = (smaller.features.position(name) for name in ("in", "is"))
    assignment = make_plan(Task(smaller, 3, 1e-2)).assignment
    assert set(assignment.owner.tolist()) == {shared, -1}
    assert set(assignment.pool.tolist()) == {unshared, -1}


def test_a_feature_that_forbids_many_gates_owns_them_by_being_off():
    assignment = plan_of("guard").assignment
    assert set(assignment.owner.tolist()) == {0}
    assert set(assignment.owner_sign.tolist()) == {-1}


@pytest.mark.parametrize("kind", KINDS)
def test_owners_and_pools_are_literals_of_their_terms(kind):
    plan = plan_of(kind)
    chosen = plan.assignment
    for term in range(len(plan.terms)):
        literals = literals_of(plan.terms, term)
        owner, sign, pool = chosen.owner[term], chosen.owner_sign[term], chosen.pool[term]
        if chosen.channel[term] == Channel.MIXED:
            assert (owner >= 0) != (pool >= 0)
            assert literals[int(max(owner, pool))] == (sign if owner >= 0 else 1)
        else:
            assert owner == pool == -1
            assert sign == 0
