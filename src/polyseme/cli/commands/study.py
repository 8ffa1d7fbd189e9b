"""`polyseme study`: carry out a study, a grid of tasks, and go on where an earlier run was."""

from __future__ import annotations

from typing import Annotated

import typer

from polyseme.cli.options import AsJson, Cluster, Jobs
from polyseme.cli.output.text import emit, emit_json
from polyseme.common.files import shown_path
from polyseme.common.progress_shown import watched
from polyseme.errors import OptionError
from polyseme.studies.run import run_study


def study_command(
    study_file: Annotated[
        str, typer.Argument(metavar="STUDY.toml", help="A study.", show_default=False)
    ],
    folder: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="The folder of the results; by default that of STUDY.toml without its ending.",
            show_default=False,
        ),
    ] = None,
    jobs: Jobs = 1,
    cluster: Cluster = None,
    as_json: AsJson = False,
) -> int:
    """Carry out STUDY.toml, a grid of tasks, but for those that are done already.

    Example: polyseme study error.toml -o results --jobs 2

    Exit status 1 says that tasks failed; the next run tries them again.
    """
    if cluster is not None and jobs != 1:
        raise OptionError("--jobs is for local processes, and --cluster for a cluster; name one")
    place = study_file.removesuffix(".toml") if folder is None else folder
    if place == study_file:
        raise OptionError("name the folder of the results: --output FOLDER")
    with watched(True):
        run = run_study(study_file, place, jobs=jobs, cluster=cluster)
    fields = {"tasks": run.tasks, "done": run.done, "failed": run.failed, "folder": place}
    if as_json:
        emit_json(fields)
    else:
        emit(f"{shown_path(place)}: {run}")
    return int(run.failed > 0)
