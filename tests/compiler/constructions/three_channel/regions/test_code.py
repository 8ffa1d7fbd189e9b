"""Code regions: random codewords, read by averaging."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.compiler.constructions.three_channel.regions.code import (
    Code,
    code_words,
    fitting_weight,
)
from polyseme.compiler.constructions.three_channel.regions.codewords import MIN_WEIGHT, code_weight
from support.three_channel import check_placement, place, reads_by_terms, reads_of, regions_of

CODES = regions_of(Code, "regular", "zipf", "permutation", "mixture", "facts", "guard")


@pytest.mark.parametrize(("plan", "region"), CODES)
def test_all_terms_are_placed_inside_and_read_what_they_should(plan, region):
    assert region.largest_width == region.codewords
    for width in {region.smallest_width, region.smallest_width + 60, region.largest_width}:
        placement = place(plan, region, min(width, region.largest_width))
        check_placement(plan, placement)
        assert reads_of(plan, placement) == reads_by_terms(plan, placement)


@pytest.mark.parametrize(("plan", "region"), CODES)
def test_the_weight_of_a_word_is_known_before_it_is_drawn(plan, region):
    for width in (region.smallest_width, region.smallest_width + 60):
        if width < region.codewords:
            placement = place(plan, region, width)
            assert placement.term_neurons.shape[1] == region.word_weight(width) >= MIN_WEIGHT


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 400), st.integers(1, 3), st.integers(12, 500), st.integers(0, 2))
def test_words_share_at_most_one_neuron_where_some_weight_lets_them(words, needed, width, seed):
    rows = code_words(words, needed, width, np.random.default_rng(seed))
    weight = fitting_weight(words, needed, width)
    assert rows.shape == (words, weight)
    assert MIN_WEIGHT <= weight <= code_weight(needed, width)
    assert 0 <= rows.min() <= rows.max() < width
    sets = [set(row) for row in rows.tolist()]
    assert all(len(word) == weight for word in sets)
    shared = max((len(a & b) for i, a in enumerate(sets) for b in sets[:i]), default=0)
    # So many words fit for sure where a place has a prime number of values, and many enough.
    primes = (53, 41, 31, 23, 19, 17, 13, 11, 7)
    prime = next((p for p in primes if p >= MIN_WEIGHT and p * MIN_WEIGHT <= width), 0)
    if width // MIN_WEIGHT - prime < 6 and prime**2 >= words:
        assert shared <= 1


def test_words_follow_from_numbers_alone():
    (plan, region), *_ = CODES
    width = region.smallest_width
    placement = place(plan, region, width, seed=5)
    rows = code_words(region.codewords, region.needed, width, np.random.default_rng(5))
    assert np.array_equal(placement.term_neurons, 50 + rows[region.codeword])


def test_noise_at_the_reference_width_just_fits_the_gap():
    for plan, region in CODES:
        demand = plan.demand(500)
        width = region.reference_width(demand)
        variance = region.reads / width * (1 / demand.dimensions + 1 / demand.features)
        assert variance * region.gap(demand) == pytest.approx(1)
