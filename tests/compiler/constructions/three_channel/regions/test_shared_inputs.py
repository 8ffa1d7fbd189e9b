"""Shared inputs: the code of a term is what the random sets of its features share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.compiler.constructions.three_channel.regions.shared_inputs import (
    MIN_INPUT_WIDTH,
    SharedInputs,
    input_density,
)
from polyseme.errors import TooFewNeuronsError
from support.three_channel import (
    check_placement,
    literals_of,
    neurons_of,
    place,
    reads_by_terms,
    reads_of,
    regions_of,
)

SHARED = regions_of(SharedInputs, "universal", "zipf")


@pytest.mark.parametrize(("plan", "region"), SHARED)
@pytest.mark.parametrize("width", [MIN_INPUT_WIDTH, 300])
def test_a_term_has_the_neurons_its_features_share(plan, region, width):
    assert region.smallest_width == MIN_INPUT_WIDTH < region.codewords == region.largest_width
    placement = place(plan, region, width)
    check_placement(plan, placement)
    driven: dict[int, set[int]] = {}
    for feature, neuron in placement.feature_neurons.T.tolist():
        driven.setdefault(feature, set()).add(neuron)
    sizes = {len(neurons) for neurons in driven.values()}
    assert sizes == {round(width * input_density(2, plan.active))}
    for number, term in enumerate(region.terms.tolist()):
        first, second = literals_of(plan.terms, term)
        assert neurons_of(placement, number) == driven[first] & driven[second]
    # Neurons read all that features drive, also where no term of theirs is.
    assert reads_by_terms(plan, placement) <= reads_of(plan, placement)
    assert reads_of(plan, placement) == {
        (neuron, feature, 1) for feature, neurons in driven.items() for neuron in neurons
    }


def test_sets_too_small_for_features_to_meet_are_refused():
    plan, region = SHARED[0]
    with pytest.raises(
        TooFewNeuronsError,
        match="12 neurons are too few: the features of some term share no neuron",
    ):
        place(plan, region, 12)


@settings(max_examples=30, deadline=None)
@given(needed=st.integers(1, 4), more=st.integers(0, 4))
def test_the_density_is_the_one_at_which_chernoffs_bound_is_tightest(needed, more):
    foreign = max(more + 1, 1)

    def exponent(density: float) -> float:
        share = 1 / foreign
        if density >= share:
            return -1.0
        found = share * np.log(share / density)
        if foreign > 1:
            found += (1 - share) * np.log((1 - share) / (1 - density))
        return density**needed * foreign * found

    tried = np.linspace(0.02, 0.9, 441).tolist()
    best = max(tried, key=exponent)
    assert exponent(input_density(needed, needed + more)) == pytest.approx(exponent(best))


@pytest.mark.parametrize(("plan", "region"), SHARED)
def test_half_the_error_is_left_at_the_reference_width(plan, region):
    demand = plan.demand(1000)
    width = region.reference_width(demand)
    misses, strays = region.expected_failures(width, len(plan.terms), demand)
    assert misses == 0
    assert strays == pytest.approx(demand.error / 2)
