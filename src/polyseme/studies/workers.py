"""Workers: tasks run in this process, in local processes of joblib, or on a cluster of Dask.

Each yields what tasks return as it is there, in any order, so that it is written at once. A task
that raises is an outcome too. A worker of a cluster that dies is replaced by another, which does
its task again; of local processes the run ends, and goes on when it is begun again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from polyseme.common.extras import import_distributed, import_joblib
from polyseme.errors import PolysemeError
from polyseme.studies.study import Task

# Workers that may die over a task before it counts as failed.
_DEATHS = 3


@dataclass(frozen=True)
class Outcome:
    """The outcome of a task: what it returned, as JSON, or else why it failed, in one line."""

    task: Task
    result: str | None
    failure: str | None


def outcome_of(task: Task) -> Outcome:
    """Call a task and return what became of it."""
    try:
        return Outcome(task, json.dumps(task.call(), sort_keys=True, allow_nan=False), None)
    except Exception as error:
        line = " ".join(f"{type(error).__name__}: {error}".split())
        return Outcome(task, None, line[:1000])


def outcomes(tasks: list[Task], jobs: int, cluster: str | None) -> Iterator[Outcome]:
    """Yield the outcome of every task.

    Raises:
        MissingExtraError: joblib or distributed is needed and not installed.
        PolysemeError: A local process died, or the cluster cannot be reached.
    """
    if cluster is not None:
        yield from _on_cluster(tasks, cluster)
    elif jobs == 1 or len(tasks) == 1:
        yield from map(outcome_of, tasks)
    else:
        yield from _in_processes(tasks, jobs)


def _in_processes(tasks: list[Task], jobs: int) -> Iterator[Outcome]:
    joblib = import_joblib("--jobs")
    work = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)
    try:
        yield from work(joblib.delayed(outcome_of)(task) for task in tasks)
    except joblib.externals.loky.process_executor.TerminatedWorkerError:
        raise PolysemeError(
            "a process was killed; what is done is kept, and the same command goes on"
        ) from None


def _on_cluster(tasks: list[Task], cluster: str) -> Iterator[Outcome]:
    distributed = import_distributed("--cluster")
    try:
        client = distributed.Client(cluster, timeout="10s")
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise PolysemeError(f"--cluster {cluster[:80]}: {reason}") from None
    with client:
        futures = client.map(outcome_of, tasks, pure=False, retries=_DEATHS)
        of_future = dict(zip([future.key for future in futures], tasks, strict=True))
        for future in distributed.as_completed(futures):
            if future.status == "finished":
                yield future.result()
            else:
                task = of_future[future.key]
                yield Outcome(task, None, f"workers died over it: {future.exception()!r}"[:1000])
            future.release()
