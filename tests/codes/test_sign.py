"""Sign codes: one magnitude and both signs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from polyseme.codes import (
    sign_code,
)
from support.codes import quick, seeds


@quick
@given(st.integers(0, 40), st.integers(1, 30), seeds)
def test_sign_code_entries_are_one_over_root_neurons(
    features: int, neurons: int, seed: int
) -> None:
    code = sign_code(features, neurons, np.random.default_rng(seed))
    assert code.shape == (features, neurons)
    assert code.dtype == np.float32
    assert (np.abs(code) == np.float32(1 / np.sqrt(neurons))).all()


def test_sign_code_has_both_signs_about_equally_often() -> None:
    code = sign_code(100, 100, np.random.default_rng(5))
    assert abs(np.sign(code).mean()) < 0.05
