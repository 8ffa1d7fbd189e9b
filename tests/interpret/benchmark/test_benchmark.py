"""The benchmark carried out: files, resumed and killed runs, and what is refused."""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

import polyseme as ps
from support.processes import environment

OWN = Path(__file__).parent / "own_method.py"


def content(folder: Path) -> dict[str, bytes]:
    """Everything of a folder that is the same for every run."""
    files = [*folder.glob("results/*/*/*"), *folder.glob("leaderboard.*"), folder / "index.html"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_run_has_rows_files_and_a_leaderboard_and_a_second_does_nothing(tmp_path):
    run = ps.bench("small", "oracle", folder=tmp_path)
    assert (run.tasks, run.done, run.failed, run.folder) == (3, 3, 0, tmp_path)
    assert str(run) == "3 of 3 tasks done, 0 failed"
    assert set(run.rows[0]) == {"method", "network", "seed", "score", "raw", "corrected"}
    assert all(row["corrected"] == pytest.approx(1) for row in run.rows)
    before, times = content(tmp_path), (tmp_path / "results/oracle/and2-64-load1/0.json").stat()
    assert json.loads((tmp_path / "seconds/oracle/and2-64-load1/0.json").read_text())["fit"] >= 0
    again = ps.bench("small", "oracle", folder=tmp_path)
    assert again.rows == run.rows
    assert content(tmp_path) == before
    assert (tmp_path / "results/oracle/and2-64-load1/0.json").stat() == times


def test_methods_of_ones_own_by_file_and_as_a_function(tmp_path):
    from_file = ps.bench("small", f"{OWN}:axes", folder=tmp_path)
    assert from_file.done == 3
    sys.path.insert(0, str(OWN.parent))
    try:
        from own_method import axes
    finally:
        sys.path.pop(0)
    of_python = ps.bench("small", axes, folder=tmp_path / "other")
    assert of_python.rows == from_file.rows
    assert "| axes |" in (tmp_path / "leaderboard.md").read_text()


def test_tasks_that_fail_say_why_and_are_tried_again(tmp_path):
    run = ps.bench("small", f"{OWN}:wrong", folder=tmp_path)
    assert (run.done, run.failed, run.rows) == (0, 3, ())
    told = json.loads((tmp_path / "failed/wrong/and2-64-load1/0.json").read_text())
    assert "returned str, no claims" in told["failure"]


def test_another_run_at_work_in_the_folder_is_said_in_one_line(tmp_path):
    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ps.PolysemeError, match="another run is at work here"):
            ps.bench("small", "oracle", folder=tmp_path)


def test_a_folder_of_another_suite_or_of_an_older_method_of_the_name_is_refused(tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text(OWN.read_text())
    ps.bench("small", f"{mine}:axes", folder=tmp_path / "out")
    mine.write_text(OWN.read_text() + "\n# changed\n")
    with pytest.raises(ps.PolysemeError, match="results of another method axes"):
        ps.bench("small", f"{mine}:axes", folder=tmp_path / "out")
    with pytest.raises(ps.PolysemeError, match="results of another suite"):
        ps.bench("core", "oracle", folder=tmp_path / "out")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"suite": "large"}, "suite is 'large'"),
        ({"suite": None}, "suite is None"),
        ({"method": "nothing"}, "no method is named"),
        ({"jobs": 0}, "jobs is 0"),
        ({"cluster": 5}, "cluster must be"),
        ({"folder": 5}, "folder must be a path"),
        ({"folder": "a\0b"}, "folder must be a path"),
        ({"folder": "/proc/nothing/here"}, "/proc/nothing/here: "),
        ({"method": lambda network, sampler, budget: None, "jobs": 2}, "a method is named"),
    ],
)
def test_other_arguments_are_refused_in_one_line(given, told, tmp_path):
    with pytest.raises(ps.PolysemeError, match=told) as error:
        ps.bench(**{"folder": tmp_path, "method": "oracle", **given})
    assert "\n" not in str(error.value)


def test_a_function_of_this_process_runs_in_it_alone(tmp_path):
    def mine(network, sampler, budget):
        return None

    with pytest.raises(ps.OptionError, match=r"name it path\.py:function"):
        ps.bench("small", mine, folder=tmp_path, jobs=2)


def test_a_result_that_is_none_is_named(tmp_path):
    ps.bench("small", "oracle", folder=tmp_path)
    (tmp_path / "results/oracle/and2-64-load1/0.json").write_text("{}")
    with pytest.raises(ps.FileFormatError, match=r"0\.json: no result"):
        ps.bench("small", "oracle", folder=tmp_path)


@pytest.mark.slow
def test_killed_at_random_moments_and_begun_again_the_bytes_are_the_same(tmp_path):
    out = tmp_path / "out"
    drawn = random.Random(0)
    command = [sys.executable, "-m", "polyseme", "bench", "--method", "k-means", "-o", str(out)]
    kills = 0
    for _ in range(10):
        started = subprocess.Popen(
            command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(drawn.uniform(0.5, 8))
        if started.poll() is None:
            os.kill(started.pid, signal.SIGKILL)
            kills += 1
        started.wait()
    assert kills
    assert ps.bench("small", "k-means", folder=out).done == 3
    ps.bench("small", "k-means", folder=tmp_path / "whole")
    assert content(out) == content(tmp_path / "whole")


@pytest.mark.slow
def test_processes_give_the_same_bytes(tmp_path):
    pytest.importorskip("joblib")
    ps.bench("small", f"{OWN}:axes", folder=tmp_path / "one")
    ps.bench("small", f"{OWN}:axes", folder=tmp_path / "two", jobs=2)
    assert content(tmp_path / "one") == content(tmp_path / "two")
