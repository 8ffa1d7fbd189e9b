"""How many units words take: against sums word by word."""

from __future__ import annotations

from math import ceil, isqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme import problems
from polyseme.compiler.constructions.pooled.layout import (
    heaviest_layout,
    layout_for,
    layout_of_load,
)
from polyseme.compiler.constructions.pooled.pools import make_pools
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from support.fact_tables import cities

POOLS = make_pools(Task(cities(600, (4, 40, 450)), 2, epsilon=0.25))


@settings(max_examples=30, deadline=None)
@given(st.floats(1, 300))
def test_words_have_units_of_their_own_or_a_code_whichever_is_fewer(load: float) -> None:
    layout, total = layout_of_load(POOLS, load), 0
    for pool in range(len(POOLS.owners)):
        words = np.flatnonzero(POOLS.pool == pool)
        coded = [word for word in words if 4 * POOLS.size[word] < 1.2 * load]
        alone = sum(ceil(POOLS.size[word] / load) for word in coded)
        if layout.places[pool]:
            assert 4 * layout.places[pool] < alone
            assert layout.places[pool] ** 2 >= len(coded)
            assert layout.places[pool] * 1.2 * load >= POOLS.size[coded].sum()
            assert layout.places[pool] <= 2 * max(
                isqrt(len(coded)) + 1, ceil(POOLS.size[coded].sum() / (1.2 * load))
            )
        for word in words:
            in_code = bool(layout.places[pool]) and word in coded
            assert layout.own[word] == (0 if in_code else ceil(POOLS.size[word] / load))
        total += int(layout.own[words].sum()) + 4 * int(layout.places[pool])
    assert layout.neurons == total


@pytest.mark.parametrize("neurons", [230, 300, 450])
def test_the_load_is_the_least_that_so_many_units_allow(neurons: int) -> None:
    layout = layout_for(POOLS, neurons)
    assert layout.neurons <= neurons
    assert layout_of_load(POOLS, 0.98 * layout.load).neurons > neurons


def test_an_and_of_the_open_pool_has_one_unit_of_its_own_however_light_the_load() -> None:
    pools = make_pools(Task(problems.pairwise_and(400, 500, "zipf"), 3, epsilon=0.25))
    layout = layout_of_load(pools, 1.0)
    assert (layout.own == 1).all()
    assert layout.neurons == 500


def test_too_few_units_are_refused_and_the_fewest_are_not() -> None:
    fewest = min(layout_of_load(POOLS, load).neurons for load in np.geomspace(1, 3000, 400))
    assert layout_for(POOLS, fewest + 5).neurons <= fewest + 5
    with pytest.raises(TooFewNeuronsError, match=rf"^{fewest - 20} neurons are fewer"):
        layout_for(POOLS, fewest - 20)


def test_the_heaviest_layout_is_the_last_that_is_borne() -> None:
    found = heaviest_layout(POOLS, lambda layout: layout.load <= 17)
    assert found is not None
    assert found.load == pytest.approx(17, rel=1e-3)
    assert heaviest_layout(POOLS, lambda layout: False) is None
