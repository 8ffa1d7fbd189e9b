"""Programs run in processes of their own, on the code under test whatever is installed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polyseme as ps

SOURCES = str(Path(ps.__file__).parents[1])


def environment(**changes: str | None) -> dict[str, str]:
    """The environment of this process with variables set or, where None, left out."""
    merged = {**os.environ, "PYTHONPATH": SOURCES, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def shell(command: str, folder: Path, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Run a line of the shell in a folder; in it, $P is the command line of polyseme."""
    started = f"P='{sys.executable} -m polyseme'; {command}"
    return subprocess.run(
        ["bash", "-c", started],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment(**changes),
        timeout=120,
        check=False,
    )


def signalled(program: str, number: signal.Signals, folder: Path) -> tuple[int, str, str]:
    """Run a program of Python until it has printed a line, send it a signal, and let it end.

    Returns the exit status, and what it printed after the line on either stream.
    """
    running: subprocess.Popen[str]
    arguments: Sequence[str] = [sys.executable, "-c", program]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(arguments, cwd=folder, env=environment(), **pipes) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        running.send_signal(number)
        out, err = running.communicate(timeout=60)
    return running.returncode, out, err
