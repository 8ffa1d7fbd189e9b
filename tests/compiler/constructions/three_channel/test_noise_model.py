"""The noise model of a layout: the share of satisfied inputs that fail."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.compiler.constructions.three_channel.noise_model import modelled_failure
from polyseme.compiler.constructions.three_channel.prediction import predicted_neurons
from polyseme.compiler.constructions.three_channel.widths import smallest_total, widths_for
from support.three_channel import measured_failure, only, plan_of


@pytest.mark.parametrize("share", [0.6, 0.7])
def test_where_many_fail_the_model_says_how_many(share):
    plan = plan_of("zipf facts")
    neurons = round(share * predicted_neurons(plan))
    for layout in plan.layouts:
        if smallest_total(layout) > neurons:
            continue
        widths = widths_for(layout, neurons, plan.demand(neurons))
        modelled = modelled_failure(layout, widths, plan.noise(int(widths.sum())))
        measured = measured_failure(only(plan, layout), neurons)
        if measured > 0.1:
            assert modelled == pytest.approx(measured, rel=0.35)
        else:
            assert modelled < 1.35 * measured + 0.01


KINDS = ("zipf facts", "even facts", "regular", "zipf", "universal", "guard", "ors", "ors of ands")


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@given(extra=st.floats(0, 4))
def test_modelled_failures_are_shares_and_fall_with_neurons(kind, extra):
    plan = plan_of(kind)
    for layout in plan.layouts:
        neurons = round(smallest_total(layout) * (1 + extra))
        failures = []
        for size in (neurons, 2 * neurons):
            widths = widths_for(layout, size, plan.demand(size))
            failures.append(modelled_failure(layout, widths, plan.noise(size)))
        assert 0 <= failures[1] <= failures[0] + 1e-3 <= 1 + 1e-3


def test_basis_aligned_inputs_leave_only_words_that_meet():
    plan = plan_of("even facts")
    layout = plan.layouts[0]
    neurons = 2 * smallest_total(layout)
    widths = widths_for(layout, neurons, plan.demand(neurons))
    noisy = plan.noise(neurons)
    quiet = replace(noisy, dimensions=noisy.features)
    assert modelled_failure(layout, widths, quiet) < 1e-12 < modelled_failure(layout, widths, noisy)
