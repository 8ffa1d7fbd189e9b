"""Proofs about one hidden layer that is linear within the promise: sums of the largest reads.

As long as no ReLU bends, a reading is a sum of reads, so its extremes over all inputs with few
features on are sums of the highest or lowest ones: an equivalence, not a bound (`worst_sums.py`).
"""

from __future__ import annotations

from dataclasses import fields

from polyseme.common.progress import phase
from polyseme.errors import CapacityError, OptionError
from polyseme.networks.network import Network
from polyseme.proving.bounds import Bounds, certified_error
from polyseme.proving.branch_and_bound.deciding import largest_right_from
from polyseme.proving.branch_and_bound.relus import Relus
from polyseme.proving.cases import Cases, cases_of
from polyseme.proving.claim import Claim
from polyseme.proving.linear_reads import LinearReads
from polyseme.proving.proof import Proof
from polyseme.proving.worst_case import failing_input
from polyseme.proving.worst_sums import (
    CaseTable,
    Readings,
    linear_active,
    readings_of_outputs,
    tally_until_wrong,
)

METHOD = "linear"


def linear_bounds(network: Network, cases: Cases, active: int) -> Bounds | None:
    """Return the extreme readings of all outputs; None if a ReLU may bend within the promise.

    Args:
        network: one hidden layer of ReLUs.
        cases: the cases of its outputs (`cases_of`), each of few features.
        active: the most features on.

    Raises:
        OptionError: the layer has other units, a ReLU is off at rest, or an output depends on too
            many features.
        CapacityError: a reading may be too large for float32.

    Example:
        >>> import polyseme as ps
        >>> from polyseme.proving.cases import cases_of
        >>> circuit = ps.problems.pairwise_and(400, 400)
        >>> network = ps.compile(circuit, construction="tight-frames", neurons=256, active=2)
        >>> bounds = linear_bounds(network, cases_of(circuit), 2)
        >>> bool((bounds.lowest_on > bounds.highest_off).all())
        True
    """
    reads = LinearReads.of(network, active)
    if linear_active(reads, None) < active:
        return None
    return _at(readings_of_outputs(reads, CaseTable.of(cases), active), active)


def prove_linear(claim: Claim) -> Proof | None:
    """Return the proof or refutation of a claim; None if the network is not linear within it."""
    network, active = claim.network, claim.active
    with phase("units and outputs") as step:
        try:
            reads, cases = LinearReads.of(network, active), cases_of(claim.circuit)
            table = CaseTable.of(cases)
        except OptionError:
            return None
        if len(cases.undecided):
            return None
        linear = linear_active(reads, step)
        if linear < active:
            return None
        tally = tally_until_wrong(network, reads, table, (2 * active, linear), step)
    bounds = _at(tally.readings, active)
    error = certified_error(network, claim.circuit, active, bounds)
    largest = int((tally.wrong[1:] == 0).sum())
    if tally.wrong[active]:
        failing = failing_input(network, reads, cases, int(tally.worst[active]), active)
        return claim.refuted(METHOD, failing, largest, bounds, error)
    if largest == linear < min(2 * active, len(claim.circuit.features)):
        largest = _beyond(claim, largest)
    return claim.proved(METHOD, bounds, largest, error)


def _at(readings: Readings, active: int) -> Bounds:
    return Bounds(*(getattr(readings, one.name)[active] for one in fields(Bounds)))


def _beyond(claim: Claim, right: int) -> int:
    """Return the largest number of features on with which no output is wrong, where ReLUs bend.

    It is looked for up to twice the promise.
    """
    with phase("the largest number of features on"):
        try:
            relus = Relus.of(claim.network, claim.active)
        except CapacityError:
            return right
        return largest_right_from(claim, relus, right)
