"""The heuristic floor of computing layers against its formula drawn, and against feasible sets."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from polyseme.limits.ands import Ands
from polyseme.limits.epsilon_floor import epsilon_floor


@pytest.mark.parametrize(
    ("size", "quarter", "tenth"), [(1000, 339, 586), (10_000, 1415, 2854), (100_000, 5237, 11_606)]
)
def test_the_floors_that_were_written_down(size: int, quarter: int, tenth: int) -> None:
    ands = Ands(2, size, size, 2)
    assert epsilon_floor(ands, 3, 0.25) == pytest.approx(quarter, abs=1)
    assert epsilon_floor(ands, 3, 0.1) == pytest.approx(tenth, abs=1)


@pytest.mark.parametrize(("ands", "active"), [(Ands(2, 300, 300, 2), 3), (Ands(3, 200, 500, 8), 5)])
def test_the_formula_by_drawing_and_by_trying_all_sizes(ands: Ands, active: int) -> None:
    drawn = np.abs(np.random.default_rng(0).standard_normal(400_000))
    kept = np.sort(drawn)[: int(0.999 * len(drawn))]
    epsilon = 0.2 / np.sqrt(active - ands.inputs)
    elsewhere = ands.outputs * ands.features - ands.literals
    needed = min(
        ands.literals * (1 + (size / epsilon) ** 2)
        + elsewhere * (np.maximum(kept - size, 0) ** 2).sum() / len(drawn)
        for size in np.linspace(0, 3.2, 129)
    )
    least = max(needed**0.5, needed / ands.features)
    assert epsilon_floor(ands, active, 0.2) == pytest.approx(least, rel=0.01)


@pytest.mark.parametrize("epsilon", [pytest.param(0.6, marks=pytest.mark.slow), 0.9])
def test_random_spaces_hold_wanted_reads_from_the_floor_on(epsilon: float) -> None:
    # A random space of so many dimensions, and a linear program that looks for wanted reads in it.
    size, generator = 22, np.random.default_rng(1)
    own = np.zeros(size * size, bool)
    own[generator.choice(size * size, 2 * size, replace=False)] = True
    floor = epsilon_floor(Ands(2, size, size, 2), 3, epsilon) ** 2

    def holds(dimensions: int) -> bool:
        space = generator.standard_normal((size * size, dimensions))
        limits = np.concatenate((space[~own], -space[~own]))
        found = linprog(
            np.zeros(dimensions),
            A_ub=limits,
            b_ub=np.full(len(limits), epsilon),
            A_eq=space[own],
            b_eq=np.ones(own.sum()),
            bounds=(None, None),
        )
        return bool(found.status == 0)

    assert not holds(int(0.75 * floor))
    assert holds(int(1.25 * floor))


def test_more_features_on_and_a_smaller_error_take_more() -> None:
    ands = Ands(2, 1000, 1000, 2)
    sizes = [epsilon_floor(ands, active, 0.25) for active in (2, 3, 4, 6)]
    assert sizes == sorted(set(sizes))
    assert sizes[0] == round(2000**0.5)
    assert epsilon_floor(ands, 3, 0.1) > sizes[1]
    # Beyond one dimension per feature, only neurons are left to add.
    few = Ands(2, 50, 1000, 40)
    assert epsilon_floor(few, 3, 0.1) > 50
