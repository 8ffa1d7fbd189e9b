"""Is any output wrong within a promise? The search need only look beyond the thresholds."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from polyseme.errors import PolysemeError
from polyseme.proving.branch_and_bound.extremes import extreme_readings
from polyseme.proving.branch_and_bound.relus import Relus
from polyseme.proving.cases import Cases, cases_of
from polyseme.proving.claim import Claim

# Beyond every reading, for thresholds at infinity.
_FAR = 2**50


def largest_right(claim: Claim, relus: Relus, asked: Iterable[int], rising: bool) -> int | None:
    """Return the largest number of features on, of those asked for, with which no output is wrong.

    `asked` are tried in order: rising until one is wrong, falling until one is right. The answer is
    None if a search was given up, or if rising the first is wrong.
    """
    right = None
    for active in asked:
        try:
            relus.check_sums(active)
            wrong = _any_wrong(claim, relus, cases_of(claim.circuit, active), active)
        except PolysemeError:
            wrong = None
        if wrong is None:
            return right
        if not wrong:
            right = active
        if wrong == rising:
            return right
    return right


def _any_wrong(claim: Claim, relus: Relus, cases: Cases, active: int) -> bool | None:
    """Return whether some input with at most `active` features on is wrong; None if undecided."""
    complete = not len(cases.undecided)
    # The least reading with which an output that is on is right, and the largest of one off.
    beat = edges(relus)[cases.output] - ~cases.must_be_on
    for _, seen in extreme_readings(relus, cases, active, ~cases.must_be_on, beat):
        if seen.found.any():
            return True
        complete = complete and bool(seen.complete.all()) and not claim.out_of_time
        if not complete:
            return None
    return False if complete else None


def edges(relus: Relus) -> NDArray[np.int64]:
    """Return the least sum with which each output is on, int64 (outputs,)."""
    return np.clip(np.ceil(relus.thresholds), -_FAR, _FAR).astype(np.int64)
