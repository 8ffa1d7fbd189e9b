"""The share of a full reading that decides most samples rightly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.compiler.parts.calibrate import best_share

SIDES = st.lists(st.floats(-0.5, 1.5, width=32), min_size=1, max_size=30)


@settings(max_examples=200, deadline=None)
@given(lowest=SIDES, highest=SIDES)
def test_the_best_share_fails_fewest_samples(lowest, highest):
    """The oracle tries every share of the grid."""
    on, off = np.array(lowest, np.float32), np.array(highest, np.float32)
    share = best_share(on, off)

    def failures(tried: float) -> int:
        return sum(x < tried for x in lowest) + sum(x >= tried for x in highest)

    fewest = min(failures(tried) for tried in np.arange(0.06, 1, 0.004))
    assert failures(share) == fewest or (fewest == 0 and failures(np.nextafter(share, 2)) == 0)


def test_where_nothing_fails_the_share_is_half_way_between_the_sides():
    on, off = np.float32([0.9, 0.8, np.inf]), np.float32([0.2, 0.3, -np.inf])
    assert best_share(on, off) == pytest.approx(0.55)
    assert best_share(np.float32([np.inf]), off) == pytest.approx(0.65, abs=0.01)


def test_ties_are_broken_in_the_middle():
    on, off = np.float32([0.8, 0.1, 0.85]), np.float32([0.4, 0.9, 0.3])
    assert best_share(on, off) == pytest.approx(0.6, abs=0.01)
