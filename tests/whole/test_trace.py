"""How many turns a reader takes who follows `compile`, and what it does more than once.

Measured by `tools/trace_calls.py`: a folder change is a function first entered in another folder
than the one before.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass

import pytest

from support.places import ROOT
from trace_calls import ROUTES


@dataclass(frozen=True)
class Counts:
    """Folder changes on a route, and calls of what is to be done once."""

    folder_changes: int
    flattened: int
    make_placements: int


# Wanted are 25, 30 and 22 folder changes, a circuit flattened into terms once at most, and
# `make_placements` once. A limit is lowered when the code is better. It was raised once, by one and
# by four, when extremes of readings moved to where verification needs them too, by two when trials
# told how far they are, by eight when circuits and networks of ANDs began to be evaluated as bits
# (`common/bits.py`), by three when the promise came to be chosen for the circuit, by a rule that
# verification keeps too, and by two and three when a file of 370 lines that tried networks became
# the folder `search/`, whose files ask `task.py` for their inputs.
LIMITS = {
    "tight frames": Counts(folder_changes=114, flattened=1, make_placements=0),
    "three channels": Counts(folder_changes=131, flattened=1, make_placements=0),
    "deep": Counts(folder_changes=75, flattened=1, make_placements=1),
}


@pytest.fixture(scope="module")
def counts() -> dict[str, Counts]:
    """All routes, traced in a process of their own, whose caches are empty, and in one thread."""
    done = subprocess.run(
        (sys.executable, ROOT / "tools" / "trace_calls.py"),
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    line = r"(.+): \d+ files, \d+ functions, (\d+) folder changes; "
    calls = r"calls: _flattened (\d+), make_placements (\d+)"
    found = re.findall(f"{line}{calls}", done.stdout)
    return {route: Counts(*map(int, numbers)) for route, *numbers in found}


@pytest.mark.parametrize("route", ROUTES)
def test_a_route_through_the_compiler_stays_short(counts: dict[str, Counts], route: str) -> None:
    found, limit = counts[route], LIMITS[route]
    assert found.folder_changes <= limit.folder_changes
    assert found.flattened <= limit.flattened
    assert found.make_placements <= limit.make_placements


def test_every_route_has_a_limit() -> None:
    assert set(LIMITS) == set(ROUTES)
