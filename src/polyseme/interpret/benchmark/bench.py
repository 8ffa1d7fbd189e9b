"""The benchmark carried out in a folder: `ps.bench`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from polyseme.common.arguments import text, whole_number
from polyseme.common.extras import import_sklearn, import_torch
from polyseme.common.files import reason_of, shown_path, write_whole
from polyseme.common.progress_shown import Watcher, watched
from polyseme.errors import OptionError, PolysemeError
from polyseme.interpret.benchmark.leaderboard.write import write_leaderboard
from polyseme.interpret.benchmark.running.asked import Asked, asked, everything, source_hash
from polyseme.interpret.benchmark.running.budgets import ALLOWANCES
from polyseme.interpret.benchmark.running.filing import BenchFiling, read_results
from polyseme.interpret.benchmark.scores.scored import NAMES
from polyseme.interpret.benchmark.suite import names
from polyseme.interpret.benchmark.suite.by_name import spec_of
from polyseme.interpret.benchmark.suite.networks import VERSION
from polyseme.studies.run import carried_out
from polyseme.studies.study import Task

_FUNCTION = "polyseme.interpret.benchmark.running.task:run_task"


@dataclass(frozen=True)
class BenchRun:
    """A benchmark that was carried out, or as far as it was.

    Attributes:
        tasks: Number of tasks asked for: methods x networks x seeds.
        done: Number of those that have a result, of this run and earlier ones.
        failed: Number of those that raised, in this run.
        folder: The folder of the results.
        rows: The scores of the tasks asked for: `method`, `network`, `seed`, `score`, `raw`, and
            `corrected` for chance, of which more is better.
    """

    tasks: int
    done: int
    failed: int
    folder: Path
    rows: tuple[dict[str, Any], ...]

    def __str__(self) -> str:
        """Return one sentence for a notebook or a terminal."""
        return f"{self.done:,} of {self.tasks:,} tasks done, {self.failed:,} failed"


def bench(
    suite: str = "small",
    method: str | Callable[..., Any] | None = None,
    *,
    folder: str | os.PathLike[str] | None = None,
    jobs: int = 1,
    cluster: str | None = None,
    progress: Watcher = None,
) -> BenchRun:
    """Fit methods to the networks of a suite and score what they claim, but for what is done.

    Every task is a file `results/METHOD/NETWORK/SEED.json` that appears whole or not at all, so a
    run that was killed goes on where it was. `leaderboard.csv`, `leaderboard.md` and `index.html`
    are made from the files of the folder at the end.

    Args:
        suite: "small" (three tiny networks) or "core".
        method: A method or control by name, `path.py:function`, or a function that takes network,
            sampler and budget and returns `Claims`; None for all methods and all controls.
        folder: The folder of the results; None is `bench-` and the suite.
        jobs: Number of local processes; more than one needs the `studies` extra.
        cluster: The address of a Dask scheduler to run on instead; needs the `cluster` extra.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The numbers of tasks, done and failed, and the scores.

    Raises:
        OptionError: An argument is of a wrong type, or there is no such suite or method.
        MissingExtraError: torch or scikit-learn is not installed.
        PolysemeError: A file cannot be read or written, another run is at work in the folder or was
            of another suite or method of that name, a process died, or the cluster cannot be
            reached.

    Example:
        >>> import polyseme as ps
        >>> run = ps.bench("small", "oracle", folder="results")
        >>> run.tasks, run.done, run.failed
        (3, 3, 0)
    """
    text("suite", suite, ALLOWANCES)
    jobs = whole_number("jobs", jobs, 1)
    if cluster is not None and not isinstance(cluster, str):
        raise OptionError("cluster must be the address of a scheduler")
    import_torch("bench")
    import_sklearn("bench")
    chosen = everything() if method is None else [asked(method)]
    if not all(one.shared for one in chosen) and (jobs > 1 or cluster is not None):
        raise OptionError(
            "a function of this process runs in it alone: with jobs or a cluster, name it "
            "path.py:function"
        )
    place = _place(f"bench-{suite}" if folder is None else folder)
    _check_same(place, suite, chosen)
    tasks = _tasks(suite, chosen)
    with watched(progress):
        run = carried_out(tasks, place, BenchFiling(), jobs, cluster)
    results = read_results(place)
    write_leaderboard(place, results)
    own = {one.name for one in chosen}
    rows = tuple(row for one in results if one["method"] in own for row in rows_of_result(one))
    return BenchRun(run.tasks, run.done, run.failed, place, rows)


def rows_of_result(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row per score of a result, in the order of `scores.scored.NAMES`."""
    task = {name: result[name] for name in ("method", "network", "seed")}
    scores = result["scores"]
    return [
        {**task, "score": name, **{kind: scores[name][kind] for kind in ("raw", "corrected")}}
        for name in NAMES
        if name in scores
    ]


def _tasks(suite: str, chosen: list[Asked]) -> list[Task]:
    """Return the tasks, seed by seed, so that what is done of a run is spread over all."""
    return [
        Task(_FUNCTION, json.dumps(arguments, sort_keys=True))
        for seed in ALLOWANCES[suite].seeds
        for network in names(suite)
        for one in chosen
        if one.most_features is None or _features(network) <= one.most_features
        for arguments in (
            {"method": one.reference, "network": network, "seed": seed, "suite": suite},
        )
    ]


@cache
def _features(network: str) -> int:
    bare = network.partition("+")[0]
    return len(spec_of(bare).circuit(bare).features)


def _place(folder: Any) -> Path:
    try:
        place = Path(os.fspath(folder))
        place.mkdir(parents=True, exist_ok=True)
    except (TypeError, ValueError):
        raise OptionError("folder must be a path") from None
    except OSError as error:
        raise PolysemeError(f"{shown_path(folder)}: {reason_of(error)}") from None
    return place


def _check_same(place: Path, suite: str, chosen: list[Asked]) -> None:
    """Note what a folder is of; raise PolysemeError if it is of another suite or method."""
    _check_noted(place / "suite.json", {"suite": suite, "version": VERSION}, "suite")
    for one in chosen:
        source = source_hash(one.reference)
        if source:
            noted = place / "methods" / f"{one.name}.json"
            _check_noted(noted, {"sha256": source}, f"method {one.name}")


def _check_noted(path: Path, now: dict[str, Any], what: str) -> None:
    try:
        noted = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, f"{json.dumps(now, sort_keys=True)}\n".encode())
        return
    except (OSError, ValueError) as error:
        raise PolysemeError(f"{shown_path(path)}: cannot be read: {error}") from None
    if noted != now:
        raise PolysemeError(
            f"{shown_path(path.parent)}: holds results of another {what}; take another folder"
        )
