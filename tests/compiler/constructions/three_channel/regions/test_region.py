"""What all kinds of region share: foreign features, rivals, and the gap noise must fit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from support.three_channel import ALL_KINDS, literals_of, plan_of

REGIONS = [(plan_of(kind), region) for kind in ALL_KINDS for region in plan_of(kind).regions]


@pytest.mark.parametrize(("plan", "region"), REGIONS)
def test_foreign_features_are_those_a_satisfied_term_does_not_read(plan, region):
    demand = plan.demand(200)
    term = literals_of(plan.terms, int(region.terms[0]))
    on = sum(sign > 0 for sign in term.values())
    assert region.foreign_features(demand) == max(plan.active - on, 0)


@pytest.mark.parametrize(("plan", "region"), REGIONS)
def test_both_sides_of_the_gap_hold_so_many_deviations(plan, region):
    demand = plan.demand(200)
    foreign = region.foreign_features(demand)
    rivals = region.codewords if region.needed == 1 else 4 * demand.active
    assert region.rivals(demand) == rivals
    miss = norm.isf(demand.error / 8) * np.sqrt(foreign)
    stray = norm.isf(demand.error / (8 * rivals)) * np.sqrt(foreign + 1)
    assert region.gap(demand) == pytest.approx((miss + stray) ** 2)


@pytest.mark.parametrize(("plan", "region"), REGIONS)
def test_limits_are_in_order(plan, region):
    assert 0 < region.smallest_width <= region.largest_width
    assert region.at_width(region.smallest_width).codewords == region.codewords
    assert region.single == (region.reads == len(region.terms))
