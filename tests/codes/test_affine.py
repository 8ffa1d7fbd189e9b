"""Affine codes: words that share at most one neuron."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.codes import affine_code, affine_or_balanced_code, balanced_code
from polyseme.codes.affine import affine_places, affine_runs, fewest_places
from polyseme.errors import CapacityError

sizes = st.tuples(st.integers(1, 12), st.integers(0, 40), st.integers(1, 400))


def shared_neurons(positions):
    """Largest number of neurons two words share, counted pair by pair."""
    words = [set(row) for row in positions.tolist()]
    pairs = ((a, b) for i, a in enumerate(words) for b in words[:i])
    return max((len(a & b) for a, b in pairs), default=0)


@settings(max_examples=60, deadline=None)
@given(sizes, st.integers(0, 3))
def test_affine_words_share_at_most_one_neuron_or_are_refused(size, seed):
    weight, spare, features = size
    neurons = weight + weight * spare
    generator = np.random.default_rng(seed)
    if affine_places(features, neurons, weight) == 0:
        with pytest.raises(CapacityError, match="do not fit"):
            affine_code(features, neurons, weight, generator)
        return
    code = affine_code(features, neurons, weight, generator)
    assert code.positions.shape == (features, weight)
    assert shared_neurons(code.positions) <= 1


def test_affine_words_use_every_place_evenly():
    code = affine_code(310, 310, 10, np.random.default_rng(0))
    assert set(np.bincount(code.positions.ravel(), minlength=310)) == {10}


@pytest.mark.parametrize(
    ("features", "neurons", "draw"), [(49, 60, affine_code), (50, 60, balanced_code)]
)
def test_words_share_at_most_one_neuron_where_they_fit_and_are_balanced_where_not(
    features, neurons, draw
):
    assert (affine_places(features, neurons, 6) > 0) == (draw is affine_code)
    code, expected = (
        function(features, neurons, 6, np.random.default_rng(3))
        for function in (affine_or_balanced_code, draw)
    )
    assert np.array_equal(code.positions, expected.positions)
    assert (code.signs == 1).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.integers(1, 12), st.integers(1, 40))
def test_fewest_places_are_those_from_which_on_words_fit(features, weight, fewest):
    places = fewest_places(features, weight, fewest)
    assert places >= fewest
    rows = affine_runs(features, places, weight, np.random.default_rng(features))
    assert rows.shape == (features, weight)
    assert shared_neurons(rows) <= 1
    # Slowly: no number of places between has as many words.
    for fewer in range(max(fewest, 1), places):
        assert affine_places(features, fewer * weight, weight) != fewer


def test_runs_of_words_use_every_neuron_once():
    rows = affine_runs(50, 13, 4, np.random.default_rng(0))
    for begin in range(0, 39, 13):
        assert set(np.bincount(rows[begin : begin + 13].ravel(), minlength=52)) == {1}
    assert len(np.unique(rows[39:])) == 11 * 4
