"""Shared places are the distinct rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.codes import shared_places as places_module
from polyseme.codes.shared_places import shared_places


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), max_size=40), st.booleans())
def test_shared_places_are_the_distinct_rows(rows, alike):
    positions = np.array(rows, np.int32).reshape(-1, 3)
    with pytest.MonkeyPatch.context() as patch:
        if alike:
            # Rows that cannot be told apart by their marks are compared in full.
            patch.setattr(places_module, "_marks", lambda rows: np.zeros(len(rows)))
        distinct, which = shared_places(positions)
    assert np.array_equal(distinct[which], positions)
    assert len(distinct) == len({tuple(row) for row in rows})
