"""Input codes: dimensions that heavy features leave to the others."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.compiler.parts.input_code import input_code, shared_dimensions


@pytest.mark.parametrize(("dimensions", "heavy"), [(640, 0), (640, 3), (640, 9), (100, 2), (7, 1)])
def test_shared_dimensions_are_those_heavy_features_leave(dimensions, heavy):
    apart = np.arange(heavy, dtype=np.int32)
    code = input_code(2000, dimensions, False, apart, np.random.default_rng(0))
    shared = shared_dimensions(dimensions, heavy)
    mine = [feature for feature in range(heavy) if (code.positions[feature] >= shared).all()]
    assert len(mine) * code.weight == dimensions - shared
    others = np.delete(code.positions, mine, axis=0)
    assert others.max() < shared
