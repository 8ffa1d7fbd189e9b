"""Steps in processes of their own."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from harness.processes import Job, apart, side_by_side


def test_a_step_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "doubling_steps.py").write_text(
        "import os, sys\n"
        "def double(x):\n"
        "    if x < 0: sys.exit('x is negative')\n"
        "    return {'y': 2 * x, 'threads': os.environ['OMP_NUM_THREADS']}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    double = import_module("doubling_steps").double
    said: list[str] = []
    rows = side_by_side([Job(double, {"x": x}) for x in (3, 1, 2)], said.append)
    assert rows == [{"y": y, "threads": "1"} for y in (6, 2, 4)]
    assert len(said) == 3
    with pytest.raises(RuntimeError, match=r"double x=-1 failed:\nx is negative"):
        apart(Job(double, {"x": -1}))
