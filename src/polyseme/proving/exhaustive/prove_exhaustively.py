"""Every input that keeps the promise run, and the wrong ones counted."""

from __future__ import annotations

import numpy as np

from polyseme.common.progress import phase
from polyseme.common.warning import warn
from polyseme.proving.claim import Claim
from polyseme.proving.failing import wrong_outputs
from polyseme.proving.proof import Proof
from polyseme.verification.exhaustive import all_inputs
from polyseme.verification.reference import reference_of
from polyseme.verification.sampling import compare

METHOD = "exhaustive"
# Inputs that are run without a time limit, at most.
MOST_INPUTS = 20_000_000


def prove_exhaustively(claim: Claim) -> Proof:
    """Return the proof or refutation by running every input, undecided if they are too many."""
    every = tuple(range(len(claim.circuit.outputs)))
    if claim.time_limit is None and claim.inputs > MOST_INPUTS:
        warn(
            f"{claim.inputs:,} inputs are too many to run without a time limit; nothing is said "
            "of them"
        )
        return claim.undecided(METHOD, every)
    truth, done, wrong = reference_of(claim.circuit), 0, 0
    first: tuple[int, ...] | None = None
    right_to = -1
    with phase(f"{claim.inputs:,} inputs") as step:
        for rows in all_inputs(len(claim.circuit.features), claim.active):
            failing = compare(claim.network, truth, rows)
            if failing.any() and first is None:
                row = rows[int(np.argmax(failing))]
                first = tuple(int(feature) for feature in row[row >= 0])
                right_to = len(first) - 1
            wrong, done = wrong + int(failing.sum()), done + len(rows)
            step(done, claim.inputs)
            if claim.out_of_time:
                break
    complete = done == claim.inputs
    if first is None and not complete:
        return claim.undecided(METHOD, every)
    return Proof(
        first is None,
        claim.active,
        METHOD,
        claim.inputs,
        wrong if complete else None,
        None if first is None else claim.feature_names(first),
        claim.active if first is None else max(right_to, 0),
        None,
        claim.seconds,
        wrong_outputs=()
        if first is None
        else claim.names(wrong_outputs(claim.network, claim.circuit, first)),
    )
