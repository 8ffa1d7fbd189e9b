"""One neuron per codeword."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.compiler.constructions.three_channel.regions.own import Own
from support.three_channel import (
    ALL_KINDS,
    check_placement,
    neurons_of,
    place,
    plan_of,
    reads_by_terms,
    reads_of,
)

# Regions that become one neuron per codeword where there are neurons enough.
BECOMING = [
    (kind, number)
    for kind in ALL_KINDS
    for number, region in enumerate(plan_of(kind).regions)
    if not region.codeword_per_output
]


@pytest.mark.parametrize(("kind", "number"), BECOMING)
def test_regions_become_one_neuron_per_codeword_where_wide_enough(kind, number):
    plan = plan_of(kind)
    region = plan.regions[number]
    words = region.codewords
    if region.smallest_width < words:
        assert region.at_width(words - 1) is region
    own = region.at_width(words)
    assert type(own) is Own
    assert own.at_width(words) is own
    assert own.smallest_width == own.largest_width == own.reference_width(plan.demand(1)) == words
    placement = place(plan, region, words)
    check_placement(plan, placement)
    assert reads_of(plan, placement) == reads_by_terms(plan, placement)
    for term, codeword in enumerate(region.codeword.tolist()):
        assert neurons_of(placement, term) == {50 + codeword}


def test_nothing_is_drawn():
    plan = plan_of("regular")
    one, other = (place(plan, plan.regions[0], 400, seed) for seed in (0, 1))
    assert np.array_equal(one.term_neurons, other.term_neurons)


def test_expected_failures_are_those_of_drawn_noise():
    """Neurons that read two features each: count how often noise crosses each threshold."""
    plan = plan_of("regular")
    own = plan.regions[0].at_width(400)
    demand = plan.demand(30)
    foreign = demand.active - 2
    variance = 2 * (1 / (demand.dimensions - 2) - 1 / demand.features)
    noise = np.random.default_rng(0).standard_normal(1_000_000) * np.sqrt(variance)
    rivals = 4 * demand.active
    counted = []
    for share in np.arange(0.06, 1, 0.04):
        reading = np.maximum(0.5 + noise * np.sqrt(foreign), 0)
        other = np.maximum(-0.5 + noise * np.sqrt(foreign + 1), 0)
        counted.append((reading < 0.5 * share).mean() + rivals * (other > 0.5 * share).mean())
    assert sum(own.expected_failures(400, 400, demand)) == pytest.approx(min(counted), rel=0.05)
