"""Layouts: which outputs get territories on a given number of neurons."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from polyseme.compiler.constructions.three_channel.build import build_superposed
from polyseme.compiler.constructions.three_channel.prediction import predicted_neurons
from polyseme.compiler.constructions.three_channel.regions.code import Code
from polyseme.compiler.constructions.three_channel.regions.territory import Territory
from polyseme.compiler.constructions.three_channel.widths import smallest_total, widths_for
from polyseme.errors import TooFewNeuronsError
from polyseme.verification.inputs import draw_inputs
from polyseme.verification.sampling import wrong_samples
from support.three_channel import measured_failure, only, plan_of


def test_each_layout_gives_territories_to_the_outputs_with_more_terms_than_it_asks():
    plan = plan_of("zipf facts")
    assert len(plan.layouts) == 4
    for layout, most in zip(plan.layouts, (8, 16, 32, 64), strict=True):
        for region in layout:
            fed = Counter(plan.terms.output[region.terms].tolist())
            in_territory = {terms > most for terms in fed.values()}
            assert in_territory == {type(region) is Territory}
        terms = np.concatenate([region.terms for region in layout])
        assert np.array_equal(np.sort(terms), np.arange(len(plan.terms)))
    assert [smallest_total(layout) for layout in plan.layouts] == sorted(
        (smallest_total(layout) for layout in plan.layouts), reverse=True
    )


def test_layouts_that_would_be_the_same_are_there_once():
    """Of 1,000 facts on 50 objects each has about 20, and none more than 64 or fewer than 8."""
    plan = plan_of("even facts")
    crowds = np.bincount(plan.terms.output)
    assert crowds.min() > 8
    assert 32 < crowds.max() <= 64
    kinds = [{type(region) for region in layout} for layout in plan.layouts]
    assert kinds == [{Territory}, *[{Code, Territory}] * 2, {Code}]


@pytest.mark.parametrize("kind", ["regular", "zipf", "universal", "guard", "ors of ands"])
def test_without_crowds_of_single_literals_there_is_one_layout(kind):
    """So these are built as if there were no choice, whatever the size."""
    plan = plan_of(kind)
    assert len(plan.layouts) == 1
    assert plan.regions_for(1) is plan.regions_for(100_000) is plan.regions


def test_outputs_of_single_literals_have_a_choice():
    singles = plan_of("ors")
    assert [type(region) for region in singles.layouts[0]] == [Territory]
    assert [type(region) for region in singles.layouts[1]] == [Code]


def test_with_neurons_enough_it_is_the_layout_with_most_territories():
    plan = plan_of("zipf facts")
    largest = plan.terms.own_neurons
    for neurons in np.linspace(1.2 * predicted_neurons(plan), largest, 8).astype(int).tolist():
        assert plan.regions_for(neurons) is plan.layouts[0]


def test_a_table_is_built_where_its_territories_alone_take_all_neurons():
    plan = plan_of("zipf facts")
    neurons = smallest_total(plan.layouts[0]) - 1
    with pytest.raises(TooFewNeuronsError, match="neurons are fewer than"):
        build_superposed(only(plan, plan.layouts[0]), neurons)
    network = build_superposed(plan, neurons)
    assert network.neurons <= neurons
    alone = draw_inputs("alone", plan.terms, plan.active, 2000, np.random.default_rng(0))
    assert wrong_samples(network, plan.circuit, alone).mean() < 0.02


def test_below_the_smallest_layout_it_is_refused():
    plan = plan_of("zipf facts")
    least = min(smallest_total(layout) for layout in plan.layouts)
    assert build_superposed(plan, least).neurons <= least
    with pytest.raises(
        TooFewNeuronsError, match=f"{least - 1} neurons are fewer than the {least} "
    ):
        build_superposed(plan, least - 1)


@pytest.mark.parametrize(
    "neurons",
    [
        560,
        pytest.param(600, marks=pytest.mark.slow),
        pytest.param(630, marks=pytest.mark.slow),
        pytest.param(680, marks=pytest.mark.slow),
        800,
    ],
)
def test_the_layout_chosen_fails_about_as_little_as_the_best_that_can_be_built(neurons):
    plan = plan_of("zipf facts")
    failures = [
        measured_failure(only(plan, layout), neurons)
        for layout in plan.layouts
        if smallest_total(layout) <= neurons
    ]
    chosen = measured_failure(plan, neurons)
    assert chosen <= 1.1 * min(failures)
    assert max(failures) > 1.1 * chosen  # Else there would be nothing to choose.


def test_the_prediction_is_of_the_layout_that_is_built():
    """At a loose error networks are small, and what is asked of them is what they are built as."""
    plan = plan_of("zipf facts", 0.3)
    neurons = predicted_neurons(plan)
    assert neurons <= predicted_neurons(only(plan, plan.layouts[0]))
    widths = widths_for(plan.regions_for(neurons), neurons, plan.demand(neurons))
    assert widths.sum() <= neurons
