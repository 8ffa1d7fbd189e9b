"""What the parts of the benchmark share: what a part is, steps in processes of their own, results.

A part measures, and returns plain numbers; its section and its pictures are made from the numbers
of all parts there are. So one part can be run again by itself, and the page can be written again
without measuring anything.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from polyseme.common.parallel import threads

ROOT = Path(__file__).resolve().parent.parent
Row = dict[str, Any]
Results = dict[str, Any]
Step = Callable[..., Row]
Tell = Callable[[str], None]


class Size(StrEnum):
    """How much is measured."""

    QUICK = "quick"
    FULL = "full"
    LONG = "long"


@dataclass(frozen=True)
class Part:
    """One part of the benchmark.

    `name` is its section and its key among the results. `measure` is given the size of the run and
    a function to report progress with. `section` and `draw` are given the results of all parts, as
    plain JSON; `draw` also the folder for pictures.
    """

    name: str
    measure: Callable[[Size, Tell], Row]
    section: Callable[[Results], list[str]]
    draw: Callable[[Results, Path], None] | None = None


@dataclass(frozen=True)
class Job:
    """One step for a process of its own: the step's name and what it is called with."""

    step: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """For a line of progress."""
        return f"{self.step} {' '.join(f'{name}={x}' for name, x in self.arguments.items())}"


def measured(part: Part, size: Size, tell: Tell) -> Row:
    """Run a part; what it measured, how long that took, and on what."""
    begun = time.perf_counter()
    found = part.measure(size, tell)
    return {
        "size": str(size),
        "seconds": round(time.perf_counter() - begun, 1),
        "environment": environment(),
        **found,
    }


def environment() -> Row:
    """What times depend on, as far as it can be told."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "machine": platform.machine(),
        "cores": threads(),
    }


def serve(steps: Mapping[str, Step]) -> None:
    """Be the process of one step: arguments from the command line, the row as JSON."""
    print(json.dumps(steps[sys.argv[1]](**json.loads(sys.argv[2]))))


def apart(script: str, job: Job, cores: int | None = None) -> Row:
    """Run a step of a script as a process of its own, so that its memory is its own.

    With `cores`, so many threads. Raises RuntimeError, with what it printed, where it fails.
    """
    variables = dict(os.environ)
    if cores is not None:
        variables |= {"OMP_NUM_THREADS": str(cores), "NUMBA_NUM_THREADS": str(cores)}
    command = [sys.executable, script, job.step, json.dumps(dict(job.arguments))]
    done = subprocess.run(command, capture_output=True, text=True, env=variables)
    if done.returncode:
        raise RuntimeError(f"{Path(script).name} {job} failed:\n{done.stderr}")
    row: Row = json.loads(done.stdout)
    return row


def side_by_side(script: str, jobs: list[Job], tell: Tell) -> list[Row]:
    """Steps of a script, a core each, as many at once as there are cores; rows in the jobs' order.

    Give those that take longest first.
    """

    def run(job: Job) -> Row:
        begun = time.perf_counter()
        row = apart(script, job, 1)
        tell(f"{Path(script).stem} {job}: {time.perf_counter() - begun:.0f} s")
        return row

    with ThreadPoolExecutor(threads()) as pool:
        return list(pool.map(run, jobs))


def read_results(path: Path) -> Results:
    """The results there are; none where there is no file."""
    results: Results = json.loads(path.read_text()) if path.exists() else {}
    return results


def write_results(path: Path, results: Results) -> None:
    """Write all results, the parts in order of their names."""
    path.write_text(json.dumps(dict(sorted(results.items())), indent=1) + "\n")


def about(results: Results, part: str) -> str:
    """By which command a section was written, and on what it was measured."""
    env = results[part]["environment"]
    return (
        f"Written by `python benchmarks/bench.py {part}`; do not edit. Python {env['python']}, "
        f"numpy {env['numpy']}, {env['cores']} cores; times are of this machine."
    )
