"""Widths: how many neurons every region gets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.compiler.constructions.three_channel.widths import smallest_total, widths_for
from polyseme.errors import TooFewNeuronsError
from support.three_channel import KINDS, plan_of


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20, deadline=None)
@given(extra=st.floats(0, 3))
def test_widths_fit_the_neurons_there_are(kind, extra):
    plan = plan_of(kind)
    least = [region.smallest_width for region in plan.regions]
    neurons = round(sum(least) * (1 + extra))
    widths = widths_for(plan.regions, neurons, plan.demand(neurons)).tolist()
    assert sum(widths) <= neurons
    most = [region.largest_width for region in plan.regions]
    assert all(a <= b <= c for a, b, c in zip(least, widths, most, strict=True))
    # Nothing worth a neuron a region is left over, unless no region wants more.
    assert neurons - sum(widths) <= len(widths) or widths == most


@pytest.mark.parametrize("kind", KINDS)
def test_fewer_neurons_than_the_smallest_layout_are_refused(kind):
    plan = plan_of(kind)
    least = smallest_total(plan.regions)
    assert widths_for(plan.regions, least, plan.demand(least)).sum() == least
    with pytest.raises(
        TooFewNeuronsError, match=f"{least - 1} neurons are fewer than the {least} "
    ):
        widths_for(plan.regions, least - 1, plan.demand(least - 1))
