"""`polyseme study`: what it says of tasks, and its exit status."""

from __future__ import annotations

from pathlib import Path

from support.cli import assert_refused, call, done


def test_a_study_is_carried_out_beside_its_file(tmp_path: Path) -> None:
    study = tmp_path / "sums.toml"
    study.write_text('task = "builtins:dict"\n[grid]\nseed = [0, 1, 2]\n')
    fields = done("study", study, "--json").json()
    assert (fields["tasks"], fields["done"], fields["failed"]) == (3, 3, 0)
    assert len(list((tmp_path / "sums" / "tasks").iterdir())) == 3
    assert "3 of 3 tasks done, 0 failed" in done("study", study).stdout


def test_failures_are_a_status_of_one(tmp_path: Path) -> None:
    study = tmp_path / "bad.toml"
    study.write_text('task = "math:factorial"\n[grid]\nx = [1]\n')
    outcome = call("study", study, "-o", tmp_path / "out")
    assert outcome.status == 1
    assert "1 failed" in outcome.stdout


def test_bad_input_is_one_line(tmp_path: Path) -> None:
    study = tmp_path / "bad.toml"
    study.write_text("task = 3\n")
    assert_refused(call("study", study), "bad.toml: task is 3")
    assert_refused(call("study", tmp_path / "bad"), "--output FOLDER")
    assert_refused(call("study", study, "--jobs", "2", "--cluster", "tcp://x:1"), "name one")
