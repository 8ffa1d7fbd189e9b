"""`polyseme bench`: what it says of tasks, and its exit status."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

from support.cli import assert_refused, call, done


def test_a_control_is_run_on_the_small_suite(tmp_path: Path) -> None:
    command = ["bench", "--method", "random-directions", "-o", tmp_path / "out"]
    fields = done(*command, "--json").json()
    assert (fields["tasks"], fields["done"], fields["failed"]) == (3, 3, 0)
    assert fields["folder"] == str(tmp_path / "out")
    assert set(fields["rows"][0]) == {"method", "network", "seed", "score", "raw", "corrected"}
    assert "3 of 3 tasks done, 0 failed" in done(*command).stdout
    assert (tmp_path / "out" / "index.html").read_text().startswith("<!doctype html>")


def test_failures_are_a_status_of_one(tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text("def nothing(network, sampler, budget):\n    return None\n")
    outcome = call("bench", "--method", f"{own}:nothing", "-o", tmp_path / "out")
    assert outcome.status == 1
    assert "3 failed" in outcome.stdout


def test_bad_input_is_one_line(tmp_path: Path) -> None:
    assert_refused(call("bench", "--suite", "large"), "suite is 'large'")
    assert_refused(call("bench", "--method", "none"), "no method is named 'none'")
    assert_refused(call("bench", "--jobs", "2", "--cluster", "tcp://x:1"), "name one")
    (tmp_path / "file").write_text("")
    assert_refused(call("bench", "--method", "oracle", "-o", tmp_path / "file"), "File exists")
