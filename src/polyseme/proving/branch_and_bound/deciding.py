"""Is any output wrong within a promise? The search need only look beyond the thresholds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.errors import CapacityError
from polyseme.proving.branch_and_bound.extremes import extreme_readings
from polyseme.proving.branch_and_bound.relus import Relus
from polyseme.proving.cases import cases_of
from polyseme.proving.claim import Claim

# Beyond every reading, for thresholds at infinity.
_FAR = 2**50


def largest_right_below(claim: Claim, relus: Relus) -> int | None:
    """Return the largest number of features on, below the claim's, with which nothing is wrong.

    It is 0 if an input with one feature on, or none, is wrong, and None if a search was given up.
    """
    for active in range(claim.active - 1, 0, -1):
        wrong = _any_wrong(claim, relus, active)
        if not wrong:
            return None if wrong is None else active
    return 0


def largest_right_from(claim: Claim, relus: Relus, right: int) -> int:
    """Return the largest number of features on up to which nothing was found to be wrong.

    With `right` on, nothing is. More are tried up to twice the claim's.
    """
    most = min(2 * claim.active, len(claim.circuit.features))
    for active in range(right + 1, most + 1):
        if _any_wrong(claim, relus, active) is not False:
            return active - 1
    return max(right, most)


def _any_wrong(claim: Claim, relus: Relus, active: int) -> bool | None:
    """Return whether some input with at most `active` features on is wrong; None if undecided."""
    try:
        relus.check_sums(active)
    except CapacityError:
        return None
    cases = cases_of(claim.circuit, active)
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
