"""The units of words and of ANDs."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.compiler.constructions.pooled.layout import layout_for
from polyseme.compiler.constructions.pooled.placement import Placement, place
from polyseme.compiler.constructions.pooled.pools import make_pools
from polyseme.compiler.task import Task
from support.fact_tables import cities
from support.heavy_light import heavy_and_light

TABLE = cities(500, (5, 30, 300))


def placed(circuit: Circuit, active: int, neurons: int, seed: int = 0) -> Placement:
    pools = make_pools(Task(circuit, active, epsilon=0.25))
    return place(layout_for(pools, neurons), np.random.default_rng(seed))


def rows(offsets: NDArray[np.int64], units: NDArray[np.int32]) -> list[list[int]]:
    return [units[begin:end].tolist() for begin, end in pairwise(offsets)]


@pytest.mark.parametrize(("circuit", "active"), [(TABLE, 2), (heavy_and_light(3, 400), 3)])
def test_words_of_a_pool_share_a_unit_at_most_and_words_with_units_of_their_own_none(
    circuit: Circuit, active: int
) -> None:
    placement = placed(circuit, active, 300)
    pools, layout = placement.layout.pools, placement.layout
    assert len(placement.pool) == layout.neurons <= 300
    words = rows(placement.word_offsets, placement.word_units)
    assert {unit for word in words for unit in word} == set(range(layout.neurons))
    for word, units in enumerate(words):
        assert units == sorted(set(units))
        assert (placement.pool[units] == pools.pool[word]).all()
        wanted = layout.own[word] or pools.weight[pools.pool[word]]
        assert len(units) == wanted
    sets = [set(units) for units in words]
    for one, other in combinations(range(len(sets)), 2):
        shared = len(sets[one] & sets[other])
        assert shared <= (layout.own[one] == 0 and layout.own[other] == 0)
    # Facts have words of both kinds, ANDs of one light feature each have codes only.
    assert (layout.own > 0).any() == (circuit is TABLE)
    assert (layout.own == 0).any()


def test_terms_drive_their_words_or_one_unit_of_it_in_equal_numbers() -> None:
    placement = placed(TABLE, 2, 250)
    layout, pools = placement.layout, placement.layout.pools
    words = rows(placement.word_offsets, placement.word_units)
    dealt = np.zeros(layout.neurons, int)
    for term, units in enumerate(rows(placement.term_offsets, placement.term_units)):
        word = pools.word[term]
        if layout.own[word]:
            assert len(units) == 1
            assert units[0] in words[word]
            dealt[units] += 1
        else:
            assert units == words[word]
    for word in np.flatnonzero(layout.own):
        assert np.ptp(dealt[words[word]]) <= 1
    # Which member has which unit is drawn.
    other = placed(TABLE, 2, 250, seed=1)
    assert not np.array_equal(placement.term_units, other.term_units)


def test_units_of_a_code_bear_equal_loads() -> None:
    placement = placed(TABLE, 2, 250)
    layout = placement.layout
    coded = layout.own[layout.pools.word] == 0
    counts = np.diff(placement.term_offsets)
    units = placement.term_units[np.repeat(coded, counts)]
    load = np.bincount(units, minlength=layout.neurons)[layout.own.sum() :]
    assert load.max() <= load.mean() + 3
