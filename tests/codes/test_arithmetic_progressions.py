"""Codes of arithmetic progressions: no two share two neurons."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.codes.arithmetic_progressions import progression_capacity, progression_code
from polyseme.codes.inner_products import coherence
from polyseme.errors import CapacityError


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 9), st.integers(0, 80))
def test_words_are_progressions_that_share_at_most_one_neuron(weight, more) -> None:
    neurons = weight + more
    held = progression_capacity(neurons, weight)
    code = progression_code(held, neurons, weight)
    steps = np.diff(code.positions, axis=1)
    assert (steps == steps[:, :1]).all()
    assert (steps > 0).all()
    words = [set(word) for word in code.positions.tolist()]
    assert all(len(one & other) <= 1 for place, one in enumerate(words) for other in words[:place])


def test_the_published_size_holds_the_published_number() -> None:
    assert progression_capacity(250, 6) == 557
    assert coherence(progression_code(557, 250, 6)).worst_intersection == 1


def test_a_step_with_a_small_factor_would_share_more() -> None:
    # 0 2 4 6 8 10 and 0 1 2 3 4 5 share 0, 2, 4: so no run takes a step of 2.
    steps = np.diff(progression_code(557, 250, 6).positions, axis=1)[:, 0]
    assert not {2, 3, 4, 5, 8, 9, 10, 12} & set(steps.tolist())
    assert {1, 6, 7, 36, 42} <= set(steps.tolist())


def test_one_word_more_than_fits_is_refused() -> None:
    assert progression_code(557, 250, 6).features == 557
    with pytest.raises(CapacityError, match="558 progressions of 6 do not fit in 250 neurons"):
        progression_code(558, 250, 6)


@pytest.mark.parametrize(("neurons", "weight"), [(5, 1), (5, 6), (0, 2)])
def test_words_that_cannot_be_are_refused(neurons, weight) -> None:
    with pytest.raises(ValueError, match=f"progression of {weight} neurons"):
        progression_capacity(neurons, weight)
