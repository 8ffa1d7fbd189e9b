"""`polyseme bench`: fit interpretability methods to networks whose answer is known, and score."""

from __future__ import annotations

from typing import Annotated

import typer

from polyseme.cli.options import AsJson, Cluster, Jobs
from polyseme.cli.output.text import emit, emit_json
from polyseme.common.files import shown_path
from polyseme.common.progress_shown import watched
from polyseme.errors import OptionError
from polyseme.interpret.benchmark.bench import BenchRun, bench


def bench_command(
    suite: Annotated[
        str,
        typer.Option(
            "--suite",
            metavar="SUITE",
            help="small: three tiny networks, one seed; core: twelve networks and their controls, "
            "three seeds.",
        ),
    ] = "small",
    method: Annotated[
        str | None,
        typer.Option(
            "--method",
            metavar="METHOD",
            help="A method or control by name, or path.py:function for your own; by default all.",
            show_default=False,
        ),
    ] = None,
    folder: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="The folder of the results; by default bench-SUITE.",
            show_default=False,
        ),
    ] = None,
    jobs: Jobs = 1,
    cluster: Cluster = None,
    as_json: AsJson = False,
) -> int:
    """Fit interpretability methods to networks whose answer is known, and score what they claim.

    Example: polyseme bench --suite small --method relu-sae -o results

    Exit status 1 says that tasks failed; the next run tries them again.
    """
    if cluster is not None and jobs != 1:
        raise OptionError("--jobs is for local processes, and --cluster for a cluster; name one")
    with watched(True):
        run = bench(suite, method, folder=folder, jobs=jobs, cluster=cluster)
    if as_json:
        emit_json(_fields(run))
    else:
        emit(f"{shown_path(run.folder)}: {run}; leaderboard.md and index.html have the table")
    return int(run.failed > 0)


def _fields(run: BenchRun) -> dict[str, object]:
    return {
        "tasks": run.tasks,
        "done": run.done,
        "failed": run.failed,
        "folder": str(run.folder),
        "rows": list(run.rows),
    }
