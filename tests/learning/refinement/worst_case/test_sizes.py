"""The least size by formula, and the sizes that are tried from there."""

from __future__ import annotations

import numpy as np
import pytest

import polyseme as ps
from polyseme.compiler.task import Task
from polyseme.learning.refinement.worst_case.limit import least_size, widest_limits
from polyseme.learning.refinement.worst_case.sizes import Sizes


def task(source):
    return Task(ps.read(source))


@pytest.mark.parametrize(
    ("source", "active", "neurons"),
    [
        ("and2:features=1000,gates=1000", 2, 122),
        ("and2:features=1000,gates=1000", 3, 281),
        ("and2:features=10000,gates=10000", 3, 1169),
        ("permutation:features=2048", 3, 500),
    ],
)
def test_the_formula_gives_the_sizes_that_are_written_down(source, active, neurons):
    found = least_size(task(source), active)
    assert round(found.weights**0.5) == neurons
    inputs = int(task(source).terms.widths[0])
    above, below = active - inputs + 1, active - inputs
    margin = above * found.limits.upper + (below * found.limits.lower if below else 0)
    assert margin == pytest.approx(1)


def test_more_slack_and_more_features_on_take_more_weights():
    one = task("and2:features=500,gates=500")
    sizes = [least_size(one, 3, slack).weights for slack in (0.0, 0.05, 0.2)]
    assert sizes == sorted(sizes)
    assert least_size(one, 2).weights < sizes[0] < least_size(one, 4).weights


def test_a_heavy_feature_takes_neurons_of_its_own():
    even = least_size(task("and2:features=1000,gates=1000"), 3)
    heavy = least_size(task("and2:features=1000,gates=1000,influence=zipf"), 3)
    assert heavy.neurons > 5 * even.neurons
    assert heavy.weights == pytest.approx(even.weights)


def test_limits_leave_more_free_in_a_larger_layer():
    one = task("and2:features=500,gates=500")
    least = least_size(one, 3).weights
    small, large = (widest_limits(one, 3, round(factor * least)) for factor in (1.0, 1.5))
    assert large.upper < small.upper < least_size(one, 3).limits.upper


@pytest.mark.parametrize("wanted", [*range(160, 340, 7), 400])
def test_the_search_finds_a_size_that_no_much_smaller_one_beats(wanted):
    sizes, tried = Sizes(16, 160, 10_000), []
    while (neurons := sizes.next()) is not None:
        assert neurons % 16 == 0
        assert neurons not in tried
        tried.append(neurons)
        sizes.saw(neurons, neurons >= wanted)
    assert len(tried) <= 8
    if wanted > 320:
        assert not sizes.passed
    elif wanted <= 304:
        assert wanted <= sizes.passed < wanted + 16 + np.ceil(0.012 * wanted)


def test_no_size_is_tried_above_the_largest_of_use():
    assert Sizes(16, 160, 160).next() is None
    assert Sizes(16, 160, 176).next() == 176
