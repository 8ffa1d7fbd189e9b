"""The same seed gives the same bytes, for every code."""

from __future__ import annotations

import pytest

from support.codes import dense, every_code


@pytest.mark.parametrize("kind", range(5))
def test_same_seed_same_bytes(kind: int) -> None:
    first, again, other = (every_code(seed)[kind] for seed in (17, 17, 18))
    assert dense(first).tobytes() == dense(again).tobytes()
    assert dense(first).tobytes() != dense(other).tobytes()
