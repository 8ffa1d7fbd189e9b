"""A study carried out in a folder: `ps.run_study`.

Every finished task is a file `tasks/NAME.json` that appears whole or not at all. A task that has
its file is never done again, so a run that was killed goes on where it was. Tasks that failed are
files in `failed/`, and are tried again by the next run. One run at a time works in a folder.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from polyseme.common.arguments import whole_number
from polyseme.common.files import reason_of, shown_path
from polyseme.common.progress import phase
from polyseme.common.progress_shown import Watcher, watched
from polyseme.errors import FileFormatError, OptionError, PolysemeError
from polyseme.studies.filing import Filing
from polyseme.studies.study import Study, Task, read_study, study_of
from polyseme.studies.workers import outcomes


@dataclass(frozen=True)
class StudyRun:
    """A study that was carried out, or as far as it was.

    Attributes:
        tasks: Number of tasks of the study.
        done: Number of those that have a result, of this run and earlier ones.
        failed: Number of those that raised, in this run.
        folder: The folder of the results.
    """

    tasks: int
    done: int
    failed: int
    folder: Path

    def results(self) -> list[dict[str, Any]]:
        """Return the arguments and the result of every task in the folder, sorted by arguments.

        Raises FileFormatError for a file that is no result.
        """
        found = []
        for path in sorted((self.folder / "tasks").glob("*.json")):
            try:
                found.append(json.loads(path.read_text(encoding="utf-8")))
            except (OSError, ValueError) as error:
                raise FileFormatError(f"{shown_path(path)}: no result: {error}") from None
        return sorted(found, key=lambda one: json.dumps(one["arguments"], sort_keys=True))

    def __str__(self) -> str:
        """Return one sentence for a notebook or a terminal."""
        return f"{self.done:,} of {self.tasks:,} tasks done, {self.failed:,} failed"


def run_study(
    study: str | os.PathLike[str] | Mapping[str, Any],
    folder: str | os.PathLike[str],
    *,
    jobs: int = 1,
    cluster: str | None = None,
    progress: Watcher = None,
) -> StudyRun:
    """Carry out a study in a folder, but for the tasks that are done there already.

    Args:
        study: A TOML file, or a mapping with what it holds: `task`, `grid` and `fixed`.
        folder: The folder of the results; it is made if there is none.
        jobs: Number of local processes; more than one needs the `studies` extra.
        cluster: The address of a Dask scheduler to run on instead; needs the `cluster` extra.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The numbers of tasks, done and failed.

    Raises:
        OptionError: An argument is of a wrong type, or the mapping is no study.
        FileFormatError: The file is no study.
        PolysemeError: A file cannot be read or written, another run is at work in the folder, a
            process died, or the cluster cannot be reached.

    Example:
        >>> import polyseme as ps
        >>> ps.run_study({"task": "builtins:dict", "grid": {"n": [4, 5]}}, "results").done
        2
    """
    jobs = whole_number("jobs", jobs, 1)
    if cluster is not None and not isinstance(cluster, str):
        raise OptionError("cluster must be the address of a scheduler")
    whole = _study(study)
    try:
        place = Path(os.fspath(folder))
        for part in ("tasks", "failed"):
            (place / part).mkdir(parents=True, exist_ok=True)
    except (TypeError, ValueError):
        raise OptionError("folder must be a path") from None
    except OSError as error:
        raise PolysemeError(f"{shown_path(folder)}: {reason_of(error)}") from None
    with watched(progress):
        return carried_out(whole.tasks, place, Filing(), jobs, cluster)


def _study(given: str | os.PathLike[str] | Mapping[str, Any]) -> Study:
    if isinstance(given, Mapping):
        return study_of(given)
    if isinstance(given, str | os.PathLike):
        return read_study(given)
    raise OptionError("study must be a TOML file or a mapping")


def carried_out(
    tasks: Sequence[Task], place: Path, filing: Filing, jobs: int, cluster: str | None
) -> StudyRun:
    """Do those of the tasks that have no result in a folder, and write what becomes of each.

    Raises PolysemeError if a file cannot be written, another run is at work in the folder, a
    process died, or the cluster cannot be reached.
    """
    with _alone_in(place):
        left = [task for task in tasks if not filing.result(place, task).exists()]
        total = len(tasks)
        done, failed = total - len(left), 0
        with phase("tasks") as step:
            step(done, total)
            for outcome in outcomes(left, jobs, cluster) if left else ():
                filing.write(place, outcome)
                succeeded = outcome.failure is None
                done, failed = done + succeeded, failed + (not succeeded)
                step(done + failed, total)
    return StudyRun(total, done, failed, place)


@contextmanager
def _alone_in(place: Path) -> Iterator[None]:
    """Hold the folder while it is worked in; a lock ends with its process, however that ends."""
    with (place / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise PolysemeError(f"{shown_path(place)}: another run is at work here") from None
        yield
