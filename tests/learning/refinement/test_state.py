"""The state of a descent there and back, and states that are none."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.errors import FileFormatError
from polyseme.learning.refinement.state import State, load_state, save_state


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_state_comes_back_however_its_arrays_lie_in_memory(tmp_path, order):
    matrix = np.asarray(np.arange(12, dtype=np.float32).reshape(3, 4), order=order)
    save_state(State(7, {"weights": matrix}), "digest", tmp_path / "a.state")
    found = load_state(tmp_path / "a.state", "digest", {"weights": (3, 4)}, 9)
    assert found.step == 7
    np.testing.assert_array_equal(found.tensors["weights"], matrix)


def test_the_state_of_another_descent_is_refused(tmp_path):
    save_state(State(7, {"weights": np.zeros((3, 4), np.float32)}), "digest", tmp_path / "a.state")
    for digest, shape, last in (("other", (3, 4), 9), ("digest", (4, 3), 9), ("digest", (3, 4), 6)):
        with pytest.raises(FileFormatError, match=r"a\.state"):
            load_state(tmp_path / "a.state", digest, {"weights": shape}, last)
