"""The ablation, on a circuit that takes no time."""

from __future__ import annotations

import polyseme as ps
from studies.ablation.frames import Problem
from studies.ablation.measuring import check, measured
from studies.ablation.recipes import RECIPES
from studies.ablation.study import Ablation


def test_the_default_is_the_network_of_the_library() -> None:
    check(Problem(ps.problems.pairwise_and(400, 400), 0, 20_000), 256)


def test_a_change_is_measured_at_the_usual_sizes_and_beside_them() -> None:
    problem = Problem(ps.problems.pairwise_and(400, 400), 0, 4_000)
    found = measured(RECIPES[0], [problem], (192, 224))
    assert {"192", "224"} <= set(found.errors)
    sizes = sorted(map(int, found.errors))
    assert found.needed is None or sizes[0] < found.needed <= sizes[-1]


def test_changes_differ_by_name() -> None:
    names = {(recipe.topic, recipe.change) for recipe in RECIPES}
    assert len(names) == len(RECIPES)
    assert Ablation.name == "ablation"
