"""Placements: all regions side by side, and what their neurons read."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.compiler.constructions.three_channel.reads import wanted_reads
from support.three_channel import (
    ALL_KINDS,
    check_placement,
    neurons_of,
    placed,
    plan_of,
)


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_regions_do_not_meet_and_hold_their_terms(kind):
    end = 0
    for placement in placed(kind):
        assert placement.begin == end
        end += placement.width
        check_placement(plan_of(kind), placement)


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_terms_of_one_codeword_drive_the_same_neurons(kind):
    for placement in placed(kind):
        if placement.region.codeword_per_output:
            continue
        driven: dict[int, set[int]] = {}
        for place, codeword in enumerate(placement.region.codeword.tolist()):
            neurons = neurons_of(placement, place)
            assert driven.setdefault(codeword, neurons) == neurons


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_neurons_read_what_their_terms_read_and_their_owner(kind):
    """The oracle adds up signs of what every placement reads; a feature's sign counts once."""
    plan, placements = plan_of(kind), placed(kind)
    width = placements[-1].begin + placements[-1].width
    expected = np.zeros((width, plan.terms.features), np.int64)
    for placement in placements:
        for neuron, feature, sign in placement.wanted_reads(plan.terms):
            np.add.at(expected, (neuron, feature), sign)
    expected = np.sign(expected)
    for placement in placements:
        region = placement.region
        if region.owner >= 0:
            weight = max(region.needed + 1, plan.active) * region.owner_sign
            expected[placement.begin : placement.begin + placement.width, region.owner] = weight
    wanted = wanted_reads(list(placements), plan.terms, width, plan.active)
    assert np.array_equal(wanted.toarray(), expected)
