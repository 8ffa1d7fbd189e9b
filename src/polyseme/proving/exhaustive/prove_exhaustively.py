"""Every input that keeps the promise run, and the wrong ones counted and listed.

It is a witness that shares no argument with the other proofs: nothing is bounded, every input is
run. Inputs are taken by their lowest feature, in threads, and the count goes on from a file after
it was stopped.
"""

from __future__ import annotations

import os
import time

from polyseme.common.machine_code import has_numba
from polyseme.common.parallel import in_order, threads
from polyseme.common.progress import phase
from polyseme.common.warning import warn
from polyseme.errors import OptionError
from polyseme.proving.branch_and_bound.relus import check_layer
from polyseme.proving.claim import Claim
from polyseme.proving.exhaustive.engines import engine_of
from polyseme.proving.exhaustive.state import MOST_LISTED, Enumeration, begun
from polyseme.proving.failing import wrong_outputs
from polyseme.proving.proof import Proof

METHOD = "exhaustive"
# Inputs that are run without a time limit, at most: minutes by the kernel, an hour in batches.
MOST_INPUTS, MOST_IN_BATCHES = 200_000_000, 20_000_000
# Seconds between two states that are written.
_EVERY = 5.0


def prove_exhaustively(claim: Claim, state: str | os.PathLike[str] | None = None) -> Proof:
    """Return the proof or refutation by running every input, undecided if they are too many.

    Args:
        claim: what is to be proved.
        state: a file from which the enumeration goes on, and to which it is written.

    Raises:
        FileFormatError: the file is no state.
        OptionError: it is of another claim.
        PolysemeError: it cannot be written.
    """
    every = tuple(range(len(claim.circuit.outputs)))
    if claim.time_limit is None and claim.inputs > _most(claim):
        warn(
            f"{claim.inputs:,} inputs are too many to run without a time limit; nothing is said "
            "of them"
        )
        return claim.undecided(METHOD, every)
    found = enumerate_inputs(claim, state)
    complete = found.inputs == claim.inputs
    if not found.wrong and not complete:
        return claim.undecided(METHOD, every)
    on = found.listed[0] if found.wrong else None
    wrong = () if on is None else wrong_outputs(claim.network, claim.circuit, on)
    assert on is None or wrong, "an input is not wrong when it is run again"
    # If not all wrong inputs are listed, one with fewer features on may be among the others.
    known = complete and found.wrong <= MOST_LISTED
    largest = claim.active if on is None else max(len(on) - 1, 0)
    return Proof(
        not found.wrong,
        claim.active,
        METHOD,
        claim.inputs,
        found.wrong if complete else None,
        None if on is None else claim.feature_names(on),
        largest if known else None,
        None,
        claim.seconds,
        wrong_outputs=claim.names(wrong),
    )


def _most(claim: Claim) -> int:
    """Return the number of inputs that are run without a time limit."""
    try:
        check_layer(claim.network)
    except OptionError:
        return MOST_IN_BATCHES
    return MOST_INPUTS if has_numba() else MOST_IN_BATCHES


def enumerate_inputs(claim: Claim, state: str | os.PathLike[str] | None = None) -> Enumeration:
    """Return what is found among all inputs of a claim, or among those that its time allows.

    Arguments and errors are those of `prove_exhaustively`.
    """
    found, features = begun(claim, state), len(claim.circuit.features)
    if found.first < 0:
        nothing = bool(wrong_outputs(claim.network, claim.circuit, ()))
        found = found.more(1, int(nothing), [()] if nothing else [])
    engine, shared = engine_of(claim)
    saved = time.monotonic()
    firsts = range(found.first, features)
    with phase(f"{claim.inputs:,} inputs") as step:
        for inputs, wrong, listed in in_order(engine, firsts, threads() if shared else 1):
            found = found.more(inputs, wrong, listed)
            step(found.inputs, claim.inputs)
            late = claim.out_of_time
            if state is not None and (late or time.monotonic() - saved > _EVERY):
                found.save(state, claim.circuit.features)
                saved = time.monotonic()
            if late:
                break
    if state is not None:
        found.save(state, claim.circuit.features)
    return found
