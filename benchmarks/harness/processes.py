"""Steps of a part in processes of their own, one after another or side by side."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polyseme as ps
from harness.compiling import threads
from harness.part import Row, Tell

BENCHMARKS = Path(__file__).resolve().parent.parent
# Where rows are kept until all of a part are there, and the code that they depend on.
UNFINISHED = BENCHMARKS.parent / "build" / "bench-unfinished"
CODE = (BENCHMARKS, BENCHMARKS.parent / "src")


@dataclass(frozen=True)
class Job:
    """One call for a process of its own: a function of a module, and its arguments as JSON."""

    step: Callable[..., Row]
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the call in one line, to report progress."""
        return f"{self.step.__name__} {' '.join(f'{k}={v}' for k, v in self.arguments.items())}"

    @property
    def call(self) -> str:
        """The call as JSON: module, function, arguments, and the line that tells it."""
        step, arguments = self.step, dict(self.arguments)
        return json.dumps([step.__module__, step.__name__, arguments, str(self)])


def apart(job: Job, cores: int | None = None) -> Row:
    """Run a job in a fresh process, whose memory and imports are its own; return its row.

    With `cores`, the process has that many threads. Raises RuntimeError, with what the process
    printed, where it fails.
    """
    return _called(job.call, cores)


def side_by_side(jobs: list[Job], tell: Tell) -> list[Row]:
    """Run jobs with one core each, as many at once as there are cores; rows in the jobs' order.

    It is a study (`polyseme.run_study`) in a folder that is there until all jobs are done: one
    that was killed goes on, as long as neither the jobs nor the code have changed. Jobs that take
    longest should come first. Raises RuntimeError, with what its process printed, in one line,
    where a job fails.
    """
    calls = list(dict.fromkeys(job.call for job in jobs))
    folder = UNFINISHED / _digest(calls)
    study = {"task": f"{__name__}:called_on_one_core", "grid": {"call": calls}}
    run = ps.run_study(
        study, folder, jobs=min(threads(), len(calls)), progress=lambda way: tell(str(way))
    )
    for failed in sorted((folder / "failed").glob("*.json")):
        raise RuntimeError(json.loads(failed.read_text())["failure"])
    rows = {one["arguments"]["call"]: one["result"] for one in run.results()}
    shutil.rmtree(folder)
    return [rows[job.call] for job in jobs]


def seed_by_seed(step: Callable[..., Row], cases: list[Row], tell: Tell) -> list[Row]:
    """Run a step with every seed of every case, side by side; return the cases with their `runs`.

    Args:
        step: It takes what a case holds, and `seed` in the place of `seeds`.
        cases: Arguments as JSON; `seeds` is the number of seeds, from 0.
        tell: Told of progress.
    """
    asked = [{name: case[name] for name in case if name != "seeds"} for case in cases]
    seeds = [range(case["seeds"]) for case in cases]
    jobs = [
        Job(step, {**case, "seed": seed})
        for case, some in zip(asked, seeds, strict=True)
        for seed in some
    ]
    runs = iter(side_by_side(jobs, tell))
    return [
        {**case, "runs": [next(runs) for _ in some]}
        for case, some in zip(asked, seeds, strict=True)
    ]


def called_on_one_core(call: str) -> Row:
    """Return the row of a job, run in a process of its own with one thread."""
    return _called(call, 1)


def _called(call: str, cores: int | None) -> Row:
    module, function, arguments, told = json.loads(call)
    variables = dict(os.environ)
    known = filter(None, (str(BENCHMARKS), variables.get("PYTHONPATH")))
    variables["PYTHONPATH"] = os.pathsep.join(known)
    if cores is not None:
        variables |= {"OMP_NUM_THREADS": str(cores), "NUMBA_NUM_THREADS": str(cores)}
    command = [sys.executable, "-m", "harness.step", module, function, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=variables)
    if done.returncode:
        raise RuntimeError(f"{told} failed:\n{done.stderr}")
    row: Row = json.loads(done.stdout)
    return row


def _digest(calls: list[str]) -> str:
    """Return a name for calls of the code as it is."""
    found = hashlib.sha256(json.dumps(calls).encode())
    for folder in CODE:
        for path in sorted(folder.rglob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()[:16]
