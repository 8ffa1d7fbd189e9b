"""Limits of allocations: the whole of an operation counts, and the message has the figures."""

from __future__ import annotations

import pytest

from polyseme.common.allocation import MOST_BYTES, check_allocation
from polyseme.errors import CapacityError


def test_parts_count_together():
    check_allocation("an export", {"one": MOST_BYTES // 2, "other": MOST_BYTES // 2})
    with pytest.raises(
        CapacityError,
        match=r"an export would take 6\.0 GiB \(one 3\.0 GiB, other 3\.0 GiB\); at most 4\.0 GiB",
    ):
        check_allocation("an export", {"one": 3 << 30, "other": 3 << 30, "small": 5})


def test_small_figures_are_bytes():
    with pytest.raises(CapacityError, match=r"it would take 1,200 bytes .*; at most 1,000 bytes"):
        check_allocation("it", {"part": 1200}, 1000)
