"""Which feature owns an AND, and which ANDs share a codeword."""

from __future__ import annotations

import numpy as np

from polyseme import problems
from polyseme.compiler.constructions.pooled.pools import MIN_POOL_TERMS, OPEN, Pools, make_pools
from polyseme.compiler.task import Task
from support.fact_tables import cities

TABLE = cities(300, (4, 200))


def pools_of(active: int = 2, epsilon: float | None = 0.25) -> Pools:
    return make_pools(Task(TABLE, active, epsilon=epsilon))


def test_relations_own_the_facts_and_the_subjects_of_an_object_share_a_word() -> None:
    pools = pools_of()
    terms = pools.task.terms
    assert [TABLE.features[owner] for owner in pools.owners] == ["relation0", "relation1"]
    # Slowly: every word has the facts of one output, and its members are their subjects.
    for word in range(len(pools.size)):
        facts = np.flatnonzero(pools.word == word)
        assert set(terms.output[facts]) == {pools.output[word]}
        members = terms.literals.reshape(-1, 2)[facts][pools.driving[facts]]
        assert len(members) == len(facts) == pools.size[word]
        assert pools.owners[pools.pool[word]] not in members
    assert len(pools.size) == len(TABLE.outputs)
    assert (np.diff(pools.pool) >= 0).all()


def test_an_and_of_two_light_features_is_open_and_driven_by_both() -> None:
    circuit = problems.pairwise_and(400, 500, "zipf")
    pools = make_pools(Task(circuit, 3, epsilon=0.25))
    inputs = circuit.fan_in.reshape(-1, 2)
    influence = np.bincount(inputs.ravel(), minlength=400)
    owned = np.array([[(owner == pools.owners).any() for owner in pair] for pair in inputs])
    for gate, pair in enumerate(inputs):
        owner = pools.owners[pools.pool[pools.word[gate]]]
        assert pools.driving[gate].tolist() == [feature != owner for feature in pair]
        if owner == OPEN:
            assert pools.size[pools.word[gate]] == 2
        else:
            assert owner == pair[np.argmax(influence[pair])]
    assert pools.owners[0] == OPEN
    assert owned.any()
    of_pool = np.bincount(pools.pool[pools.word])
    assert (of_pool[1:] >= MIN_POOL_TERMS).all()


def test_an_output_of_several_facts_has_an_owner_however_small_its_pool() -> None:
    table = {f"s{row}": {"r": "x"} for row in range(3)}
    table |= {f"t{row}": {"q": f"y{row}"} for row in range(5)}
    pools = make_pools(Task(problems.facts(table), 2, epsilon=0.25))
    names = [*(f"s{row}" for row in range(3)), *(f"t{row}" for row in range(5)), "r", "q"]
    assert [names[owner] for owner in pools.owners[1:]] == ["r"]
    # The facts of q are single ANDs of few: they are open.
    assert pools.owners[0] == OPEN
    assert pools.size.tolist() == [2] * 5 + [3]


def test_words_are_the_heavier_the_more_features_are_on_and_the_less_they_may_err() -> None:
    assert pools_of().weight.tolist() == [4, 4]
    assert pools_of(epsilon=0.1).weight.tolist() == [9, 9]
    assert pools_of(active=3).weight.tolist() == [7, 7]
    assert pools_of(epsilon=None).weight.tolist() == [4, 4]
