"""Steps of a part in processes of their own, one after another or side by side."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.compiling import threads
from harness.part import Row, Tell

BENCHMARKS = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Job:
    """One call for a process of its own: a function of a module, and its arguments as JSON."""

    step: Callable[..., Row]
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the call in one line, to report progress."""
        return f"{self.step.__name__} {' '.join(f'{k}={v}' for k, v in self.arguments.items())}"


def apart(job: Job, cores: int | None = None) -> Row:
    """Run a job in a fresh process, whose memory and imports are its own; return its row.

    With `cores`, the process has that many threads. Raises RuntimeError, with what the process
    printed, where it fails.
    """
    variables = dict(os.environ)
    known = filter(None, (str(BENCHMARKS), variables.get("PYTHONPATH")))
    variables["PYTHONPATH"] = os.pathsep.join(known)
    if cores is not None:
        variables |= {"OMP_NUM_THREADS": str(cores), "NUMBA_NUM_THREADS": str(cores)}
    step, arguments = job.step, json.dumps(dict(job.arguments))
    command = [sys.executable, "-m", "harness.step", step.__module__, step.__name__, arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=variables)
    if done.returncode:
        raise RuntimeError(f"{job} failed:\n{done.stderr}")
    row: Row = json.loads(done.stdout)
    return row


def side_by_side(jobs: list[Job], tell: Tell) -> list[Row]:
    """Run jobs with one core each, as many at once as there are cores; rows in the jobs' order.

    Jobs that take longest should come first.
    """

    def run(job: Job) -> Row:
        begun = time.perf_counter()
        row = apart(job, 1)
        tell(f"{job}: {time.perf_counter() - begun:.0f} s")
        return row

    with ThreadPoolExecutor(threads()) as pool:
        return list(pool.map(run, jobs))
