"""Affine readings: errors by hand, and a fit that no other pair of numbers betters by much."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyseme.verification.affine_reading import AffineReading, beyond, fitted_reading
from polyseme.verification.extremes import Extremes


def seen(lowest_on, highest_on, lowest_off, highest_off):
    sides = (lowest_on, highest_on, lowest_off, highest_off)
    return Extremes(*(np.array([side], np.float32) for side in sides))


def reading(slope, offset):
    return AffineReading(np.array([slope], np.float32), np.array([offset], np.float32))


def test_errors_are_the_largest_distance_from_the_value():
    some = seen([0.9, np.inf, 1.0], [1.3, -np.inf, 1.0], [0.0, -0.4, 0.0], [0.2, 0.1, 0.75])
    assert reading(1, 0).errors(some)[0] == pytest.approx([0.3, 0.4, 0.75])
    assert reading(1, 0).errors_on(some)[0] == pytest.approx([0.3, -np.inf, 0])
    # 2 z - 1/2: .9 reads 1.3, 1.3 reads 2.1, and so on.
    assert reading(2, -0.5).errors(some)[0] == pytest.approx([1.1, 1.3, 1.0])


def test_a_linear_and_is_read_a_quarter_off_at_best():
    """Rest, half and full readings of a sum: 4 epsilon z - epsilon is within 1/4 of all."""
    sums = seen([1.0] * 2000, [1.0] * 2000, [0.0] * 2000, [0.5] * 2000)
    found = fitted_reading([sums])
    assert found.errors(sums).max() == pytest.approx(0.25, abs=0.004)
    assert found.slope[0] == pytest.approx(1, abs=0.02)
    assert found.offset[0] == pytest.approx(-0.25, abs=0.02)


@settings(max_examples=20, deadline=None)
@given(
    off=st.floats(0.05, 0.45),
    spread=st.floats(0.0, 0.3),
    slope=st.floats(0.5, 1.5),
    offset=st.floats(-0.3, 0.3),
)
def test_no_other_pair_is_much_better(off, spread, slope, offset):
    generator = np.random.default_rng(0)
    on = 1 + spread * generator.normal(size=3000)
    stray = off * generator.random(3000)
    some = seen(on, on, 0 * stray, stray)
    best = fitted_reading([some])
    worst = np.sort(best.errors(some)[0])[-6:].mean()
    assert worst <= np.sort(reading(slope, offset).errors(some)[0])[-6:].mean() + 0.01


def test_all_but_a_thousandth_keep_the_error():
    errors = np.arange(2000) / 2000
    assert (errors > beyond(errors)).sum() == 1
    assert beyond(errors, 0.5) == pytest.approx(0.5, abs=1e-3)


def test_groups_are_fitted_apart():
    first, second = seen([1.0], [1.0], [0.0], [0.0]), seen([1.4], [1.4], [0.3], [0.3])
    both = Extremes(
        *(
            np.concatenate(sides)
            for sides in zip(
                *(
                    (s.lowest_on, s.highest_on, s.lowest_off, s.highest_off)
                    for s in (first, second)
                ),
                strict=True,
            )
        )
    )
    found = fitted_reading([both])
    assert found.errors(both).max() < 0.02
