"""The files of a task in the folder of a study, and what is written into them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from polyseme.common.files import write_whole
from polyseme.studies.study import Task
from polyseme.studies.workers import Outcome


class Filing:
    """Results as `tasks/NAME.json`, and why tasks failed as `failed/NAME.json`."""

    def result(self, place: Path, task: Task) -> Path:
        """Return the file that a task has once it is done."""
        return place / "tasks" / f"{task.name}.json"

    def failure(self, place: Path, task: Task) -> Path:
        """Return the file that a task has while its last run failed."""
        return place / "failed" / f"{task.name}.json"

    def write(self, place: Path, outcome: Outcome) -> None:
        """Write the file of a task; one that is done has failed no more."""
        failed = self.failure(place, outcome.task)
        if outcome.result is None:
            self.keep(failed, {**described(outcome.task), "failure": outcome.failure})
            return
        self.write_result(place, outcome.task, json.loads(outcome.result))
        failed.unlink(missing_ok=True)

    def write_result(self, place: Path, task: Task, result: Any) -> None:
        """Write what a task returned; the file that says that it is done comes last."""
        self.keep(self.result(place, task), {**described(task), "result": result})

    def keep(self, path: Path, content: dict[str, Any]) -> None:
        """Write a file whole, its folder too if there is none."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, f"{json.dumps(content, sort_keys=True, indent=1)}\n".encode())


def described(task: Task) -> dict[str, Any]:
    """Return the function of a task, without its folder, and its arguments."""
    return {"task": task.function.rpartition("/")[2], "arguments": json.loads(task.arguments)}
