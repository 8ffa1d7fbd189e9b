"""Every input run by a process that is killed once."""

from __future__ import annotations

import pytest

from studies.every_input import cells, every_input


@pytest.mark.slow
def test_a_process_that_was_killed_counts_what_one_that_was_not_does() -> None:
    arguments = {"problem": "layered:width=200,depth=3,active=2", "active": 2, "neurons": 120}
    row = arguments | every_input("deep", **arguments, seed=0, again=True)
    assert row["inputs"] == 1 + 200 + 200 * 199 // 2
    # A small run may be over before it is killed.
    assert 0 < row["killed_at"] <= row["inputs"]
    assert row["wrong"] == row["not_stopped"] == len(row["wrong_inputs"].split("; ")) > 0
    assert cells(row | {"seed": 0})[5] == "20,101"
