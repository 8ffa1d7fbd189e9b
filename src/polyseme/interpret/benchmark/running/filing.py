"""Files of the benchmark: `results/METHOD/NETWORK/SEED.json`, and what time each took beside.

Results are the same bytes whenever they are made; seconds never are, so they are files of their
own in `seconds/`, written before the result that says that the task is done.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from polyseme.common.files import reason_of, shown_path, write_whole
from polyseme.errors import FileFormatError, PolysemeError
from polyseme.interpret.benchmark.running.asked import found
from polyseme.studies.filing import Filing
from polyseme.studies.study import Task


class BenchFiling(Filing):
    """Places of the files of the benchmark's tasks."""

    def result(self, place: Path, task: Task) -> Path:
        """Return the file of a task's result."""
        return _of(place, "results", task)

    def failure(self, place: Path, task: Task) -> Path:
        """Return the file that says why a task failed."""
        return _of(place, "failed", task)

    def write_result(self, place: Path, task: Task, result: Any) -> None:
        """Write the seconds of a task, and then its result."""
        self.keep(_of(place, "seconds", task), result["seconds"])
        self.keep(self.result(place, task), result["result"])

    def keep(self, path: Path, content: dict[str, Any]) -> None:
        """Write a file whole, on one line: most of it are long lists."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PolysemeError(f"{shown_path(path)}: {reason_of(error)}") from None
        write_whole(path, f"{json.dumps(content, sort_keys=True)}\n".encode())


def _of(place: Path, kind: str, task: Task) -> Path:
    given = json.loads(task.arguments)
    own = place / kind / found(given["method"]).name / str(given["network"])
    return own / f"{given['seed']}.json"


def read_results(folder: Path, kind: str = "results") -> list[dict[str, Any]]:
    """Return the results in a folder, sorted by method, network and seed.

    Raises FileFormatError for a file that is no result.
    """
    results = []
    for path in sorted((folder / kind).glob("*/*/*.json")):
        try:
            one = json.loads(path.read_text(encoding="utf-8"))
            place = path.parent.parent.name, path.parent.name, path.stem
            if (one["method"], one["network"], str(one["seed"])) != place:
                raise ValueError("it is the result of another task")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FileFormatError(f"{shown_path(path)}: no result: {error}") from None
        results.append(one)
    return sorted(results, key=lambda one: (one["method"], one["network"], one["seed"]))
