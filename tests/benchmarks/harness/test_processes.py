"""Steps in processes of their own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from harness import processes
from harness.processes import Job, apart, seed_by_seed, side_by_side


@pytest.fixture
def double(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A step that counts how often it was called, in a file, and unfinished rows beside it."""
    (tmp_path / "doubling_steps.py").write_text(
        "import os, sys\n"
        f"calls = {str(tmp_path / 'calls')!r}\n"
        "def double(x):\n"
        "    with open(calls, 'a') as file: file.write(f'{x} ')\n"
        "    if x < 0 and not os.path.exists(calls + '.mended'): sys.exit('x is negative')\n"
        "    return {'y': 2 * x, 'threads': os.environ['OMP_NUM_THREADS']}\n"
        "def seeded(x, seed): return {'y': x + seed}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(processes, "UNFINISHED", tmp_path / "unfinished")
    # One process, so that calls are in order.
    monkeypatch.setattr(processes, "threads", lambda: 1)
    function = import_module("doubling_steps").double
    yield function
    del sys.modules["doubling_steps"]


def test_rows_are_in_the_order_of_the_jobs(double: Callable[..., Any], tmp_path: Path) -> None:
    said: list[str] = []
    rows = side_by_side([Job(double, {"x": x}) for x in (3, 1, 2, 1)], said.append)
    assert rows == [{"y": y, "threads": "1"} for y in (6, 2, 4, 2)]
    assert said
    assert not list((tmp_path / "unfinished").iterdir())


def test_a_step_that_fails_says_why(double: Callable[..., Any]) -> None:
    with pytest.raises(RuntimeError, match=r"double x=-1 failed:\nx is negative"):
        apart(Job(double, {"x": -1}))
    with pytest.raises(RuntimeError, match="double x=-1 failed: x is negative"):
        side_by_side([Job(double, {"x": -1})], str)


def test_what_was_done_before_a_failure_is_not_done_again(
    double: Callable[..., Any], tmp_path: Path
) -> None:
    jobs = [Job(double, {"x": x}) for x in (1, -2, 3)]
    with pytest.raises(RuntimeError, match="x is negative"):
        side_by_side(jobs, str)
    (tmp_path / "calls.mended").touch()
    assert [row["y"] for row in side_by_side(jobs, str)] == [2, -4, 6]
    assert (tmp_path / "calls").read_text() == "1 -2 3 -2 "
    # What is finished is measured anew.
    side_by_side(jobs[:1], str)
    assert (tmp_path / "calls").read_text() == "1 -2 3 -2 1 "


def test_every_case_has_a_run_per_seed(double: Callable[..., Any]) -> None:
    def told(line: str) -> None:
        """Progress is of no interest here."""

    seeded = import_module("doubling_steps").seeded
    cases = [{"x": 1, "seeds": 2}, {"x": 5, "seeds": 1}]
    assert seed_by_seed(seeded, cases, told) == [
        {"x": 1, "runs": [{"y": 1}, {"y": 2}]},
        {"x": 5, "runs": [{"y": 5}]},
    ]
    # What was given is as it was.
    assert cases[0] == {"x": 1, "seeds": 2}
