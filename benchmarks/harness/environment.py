"""The environment that times depend on."""

from __future__ import annotations

import platform

import numpy as np
import scipy

from harness.compiling import threads
from harness.part import Row


def environment() -> Row:
    """Return what times depend on, as far as it can be told."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "machine": platform.machine(),
        "cores": threads(),
    }


def measured_on(row: Row) -> str:
    """Return a sentence on the environment of a result; older results do not say it."""
    if "environment" not in row:
        return "Times are of one machine and only good for comparison."
    found = row["environment"]
    return (
        f"Python {found['python']}, numpy {found['numpy']}, {found['cores']} cores; times are of "
        "this machine and only good for comparison."
    )
