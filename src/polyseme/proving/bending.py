"""Proofs about one hidden layer whose ReLUs bend: branch and bound over every case of its outputs.

For every output the extreme readings are found exactly, each with an input that has it: the least
where the output must be on and the largest elsewhere decide, and the other two bound the reading
error. So the answer is a proof or a failing input, and the cost is a few passes over the features
for each case (`branch_and_bound/search.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from polyseme.common.progress import phase
from polyseme.proving.bounds import Bounds, certified_error
from polyseme.proving.branch_and_bound.deciding import (
    edges,
    largest_right_below,
    largest_right_from,
)
from polyseme.proving.branch_and_bound.extremes import CaseReadings, extreme_readings
from polyseme.proving.branch_and_bound.relus import Relus
from polyseme.proving.cases import Cases, cases_of
from polyseme.proving.claim import Claim
from polyseme.proving.failing import Failing
from polyseme.proving.proof import Proof

METHOD = "branch-and-bound"


def prove_bending(claim: Claim) -> Proof:
    """Return the proof or refutation of a claim about a network of one hidden layer.

    Raises:
        OptionError: the network has several layers, units that square, or outputs that are no ORs
            of terms.
        CapacityError: a reading may be too large for float32.
    """
    with phase("what units read"):
        relus = Relus.of(claim.network, claim.active)
        cases = cases_of(claim.circuit, claim.active)
    deciding = _Extremes(relus, cases)
    deciding.look(claim, ~cases.must_be_on, "worst inputs")
    undecided = deciding.undecided()
    if deciding.failing is None and len(undecided):
        return claim.undecided(METHOD, undecided.tolist())
    with phase("the largest number of features on"):
        if deciding.failing is None:
            largest: int | None = largest_right_from(claim, relus, claim.active)
        else:
            largest = largest_right_below(claim, relus)
    bounds, error = None, None
    if not len(undecided):
        bounds, error = _bounds(claim, deciding)
    if deciding.failing is None:
        assert bounds is not None
        return claim.proved(METHOD, bounds, largest, error)
    return claim.refuted(METHOD, deciding.failing, largest, bounds, error, undecided.tolist())


@dataclass(eq=False)
class _Extremes:
    """Lowest readings of outputs in some cases, highest in others, and the worst failing input."""

    relus: Relus
    cases: Cases
    lowest: NDArray[np.float64] = field(init=False)
    highest: NDArray[np.float64] = field(init=False)
    decided: NDArray[np.bool_] = field(init=False)
    failing: Failing | None = None
    _distance: float = 0.0

    def __post_init__(self) -> None:
        self.lowest = np.full(self.cases.outputs, np.inf)
        self.highest = np.full(self.cases.outputs, -np.inf)
        self.decided = np.zeros(len(self.cases), bool)

    def look(self, claim: Claim, largest: NDArray[np.bool_], name: str) -> None:
        """Find the extremes of all cases, unless time runs out."""
        edge = edges(self.relus)
        with phase(name) as step:
            for some, seen in extreme_readings(
                self.relus, self.cases, claim.active, largest, progress=step
            ):
                self._take(some, seen, largest[some], edge)
                if claim.out_of_time:
                    break

    def undecided(self) -> NDArray[np.int64]:
        """Return the outputs of which some case was not decided."""
        left = self.cases.output[~self.decided]
        return np.unique(np.concatenate((left, self.cases.undecided)))

    def _take(
        self,
        some: slice,
        seen: CaseReadings,
        largest: NDArray[np.bool_],
        edge: NDArray[np.int64],
    ) -> None:
        output, must = self.cases.output[some], self.cases.must_be_on[some]
        self.decided[some] = seen.complete
        low, high = seen.found & ~largest, seen.found & largest
        np.minimum.at(self.lowest, output[low], seen.value[low].astype(np.float64))
        np.maximum.at(self.highest, output[high], seen.value[high].astype(np.float64))
        # Whole steps to the wrong side of the edge, which is where an output switches on.
        beyond = np.where(must, edge[output] - seen.value, seen.value - edge[output] + 1)
        beyond = np.where(seen.found & (must != largest), beyond, 0)
        worst = int(beyond.argmax())
        if beyond[worst] > self._distance:
            self._distance = float(beyond[worst])
            on = seen.inputs[worst]
            names = tuple(int(feature) for feature in on[on >= 0])
            self.failing = Failing(names, int(output[worst]), bool(must[worst]))


def _bounds(claim: Claim, deciding: _Extremes) -> tuple[Bounds, float | None]:
    """Return the extreme readings, and the reading error if there is time for it."""
    other = _Extremes(deciding.relus, deciding.cases)
    if not claim.out_of_time:
        other.look(claim, deciding.cases.must_be_on, "reading errors")
    bounds = Bounds(deciding.lowest, other.highest, other.lowest, deciding.highest)
    if len(other.undecided()):
        return bounds, None
    return bounds, certified_error(claim.network, claim.circuit, claim.active, bounds)
