"""Studies carried out, killed, begun again, on processes and on a cluster."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import polyseme as ps
from support.processes import environment

FUNCTIONS = Path(__file__).parent / "measured.py"


def study(folder: Path, numbers: int = 6, **fixed: object) -> dict:
    (folder / "calls").mkdir(exist_ok=True)
    return {
        "task": f"{FUNCTIONS}:square",
        "grid": {"number": list(range(numbers))},
        "fixed": {"calls": str(folder / "calls"), **fixed},
    }


def times_called(folder: Path) -> list[int]:
    return [len(path.read_text()) for path in sorted((folder / "calls").iterdir())]


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "tasks").iterdir()}


def test_every_task_is_done_once_and_a_second_run_does_nothing(tmp_path: Path) -> None:
    run = ps.run_study(study(tmp_path), tmp_path / "out")
    assert (run.tasks, run.done, run.failed) == (6, 6, 0)
    assert [one["result"]["square"] for one in run.results()] == [0, 1, 4, 9, 16, 25]
    assert ps.run_study(study(tmp_path), tmp_path / "out").done == 6
    assert times_called(tmp_path) == [1] * 6
    grown = ps.run_study(study(tmp_path, numbers=8), tmp_path / "out")
    assert (grown.tasks, grown.done) == (8, 8)
    assert times_called(tmp_path) == [1] * 8


def test_tasks_that_fail_are_kept_apart_and_tried_again(tmp_path: Path) -> None:
    given = {"task": f"{FUNCTIONS}:odd", "grid": {"number": [1, 2, 3, 4]}}
    for _ in range(2):
        run = ps.run_study(given, tmp_path)
        assert (run.done, run.failed) == (2, 2)
    failures = sorted(path.read_text() for path in (tmp_path / "failed").iterdir())
    assert len(failures) == 2
    assert all("ValueError" in text and "and that is why" in text for text in failures)


def test_another_run_in_the_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    import fcntl

    ps.run_study(study(tmp_path, numbers=1), tmp_path / "out")
    with (tmp_path / "out" / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ps.PolysemeError, match="another run is at work here"):
            ps.run_study(study(tmp_path), tmp_path / "out")
    assert ps.run_study(study(tmp_path), tmp_path / "out").done == 6


def toml(folder: Path, seconds: float, numbers: int) -> Path:
    given = study(folder, numbers, seconds=seconds)
    (folder / "measured.py").write_text(FUNCTIONS.read_text())
    (folder / "study.toml").write_text(
        f'task = "measured.py:square"\n[grid]\nnumber = {given["grid"]["number"]}\n'
        f'[fixed]\ncalls = "{given["fixed"]["calls"]}"\nseconds = {seconds}\n'
    )
    return folder / "study.toml"


def test_killed_at_any_moment_and_begun_again_nothing_is_lost_or_differs(tmp_path: Path) -> None:
    path = toml(tmp_path, 0.02, 40)
    command = [sys.executable, "-m", "polyseme", "study", str(path), "-o", str(tmp_path / "out")]
    for _ in range(2):
        started = subprocess.Popen(
            command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        before = len(list((tmp_path / "out").glob("tasks/*.json")))
        deadline = time.monotonic() + 60
        while len(list((tmp_path / "out").glob("tasks/*.json"))) < before + 3:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        started.send_signal(signal.SIGKILL)
        started.wait()
    run = ps.run_study(path, tmp_path / "out")
    assert run.done == 40
    whole = ps.run_study(path, tmp_path / "other")
    assert content(tmp_path / "out") == content(tmp_path / "other")
    assert whole.done == 40
    # Only what was at work when it was killed was done twice: one task per kill, and the other run.
    assert sum(times_called(tmp_path)) <= 2 * 40 + 2


@pytest.mark.slow
def test_processes_of_joblib_give_the_same_files(tmp_path: Path) -> None:
    pytest.importorskip("joblib")
    path = toml(tmp_path, 0.0, 12)
    assert ps.run_study(path, tmp_path / "one", jobs=2).done == 12
    ps.run_study(path, tmp_path / "other")
    assert content(tmp_path / "one") == content(tmp_path / "other")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_of_which_a_worker_is_killed_does_every_task(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    path = toml(tmp_path, 0.3, 20)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        killed = []

        def kill_one(headway: ps.Headway) -> None:
            if headway.phase == "tasks" and headway.done >= 4 and not killed:
                worker = next(iter(cluster.workers.values()))
                killed.append(worker.pid)
                os.kill(worker.pid, signal.SIGKILL)

        run = ps.run_study(
            path, tmp_path / "out", cluster=cluster.scheduler_address, progress=kill_one
        )
    assert killed
    assert (run.done, run.failed) == (20, 0)
    ps.run_study(path, tmp_path / "other")
    assert content(tmp_path / "out") == content(tmp_path / "other")
