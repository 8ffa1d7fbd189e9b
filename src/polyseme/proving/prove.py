"""Is a network its circuit on every input? The method that serves it best gives the answer."""

from __future__ import annotations

import os
from types import NoneType

import numpy as np

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.logic.netlist import Netlist
from polyseme.common.arguments import instance, real_number, text
from polyseme.common.progress import phase
from polyseme.common.progress_shown import Watcher, watched
from polyseme.errors import CapacityError, OptionError, PolysemeError
from polyseme.networks.boolean_form import boolean_form
from polyseme.networks.checks import check_state
from polyseme.networks.network import Network
from polyseme.proving.bending import prove_bending
from polyseme.proving.branch_and_bound.relus import check_layer
from polyseme.proving.cases import cases_of
from polyseme.proving.claim import Claim
from polyseme.proving.exhaustive.prove_exhaustively import prove_exhaustively
from polyseme.proving.linear import prove_linear
from polyseme.proving.logic.prove_logic import TIME_LIMIT, prove_exact, prove_logic
from polyseme.proving.proof import METHODS, Proof
from polyseme.verification.sampling import circuit_of, promise_asked

# The method is chosen.
AUTO = "auto"


def prove(
    network: Network,
    circuit: Circuit | Netlist | None = None,
    *,
    active: int | None = None,
    time_limit: float | None = None,
    method: str = AUTO,
    state: str | os.PathLike[str] | None = None,
    progress: Watcher = None,
) -> Proof:
    """Prove that a network is right on every input, or return an input on which it is wrong.

    Exact networks are proved on all Boolean inputs, unless `active` is given or they are right on
    their promise only, as some of facts are; all others on every input that keeps the promise. One
    hidden layer that is linear within the promise has its worst input by sums, one whose ReLUs bend
    by branch and bound, and every other network by running all inputs, where these are few enough.
    A failing input that is returned was run.

    Args:
        network: The network.
        circuit: The circuit to compare with, or for an exact network also logic as it was read
            (a `Netlist`); by default the circuit of the answer key.
        active: Largest number of features on; by default the promise of the network, and for exact
            networks all features.
        time_limit: Seconds after which what is not decided is left undecided; by default 60 for
            logic and none for the rest, but only so many inputs are run.
        method: "auto", or one of "linear", "branch-and-bound", "exhaustive" and "sat".
        state: A file for the method exhaustive, which goes on from it after it was stopped.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The proof: `proved` is True, False (with a failing input), or None where outputs are
        undecided, which are named.

    Raises:
        OptionError: There is no circuit, it does not have the network's names, the method does not
            serve the network, or an argument is of a wrong type or out of range.
        CapacityError: A reading may be too large for float32.
        FileFormatError: The file of `state` is no state of an enumeration.

    Example:
        >>> import polyseme as ps
        >>> circuit = ps.problems.pairwise_and(400, 400)
        >>> network = ps.compile(circuit, construction="tight-frames", neurons=256, active=2)
        >>> proof = ps.prove(network)
        >>> proof.proved, proof.method, proof.inputs, proof.largest_active
        (True, 'linear', 80201, 2)
        >>> wrong = ps.prove(network, active=3)
        >>> wrong.proved, len(wrong.counterexample), len(wrong.wrong_outputs) > 0
        (False, 3, True)
    """
    instance("network", network, Network, "a network")
    instance("circuit", circuit, (Circuit, Netlist, NoneType), "a circuit or a netlist")
    text("method", method, (AUTO, *METHODS))
    check_state(state)
    if state is not None and method != "exhaustive":
        raise OptionError("a state is kept by the method exhaustive; ask for it")
    if time_limit is not None:
        time_limit = real_number("time_limit", time_limit, 0)
    by_logic = method == "sat" or (method == AUTO and active is None and is_exact(network))
    with watched(progress):
        if by_logic:
            try:
                return _by_logic(network, circuit, active, time_limit)
            except CapacityError:
                # Not logic after all: its promise is what can be proved.
                if method != AUTO:
                    raise
        if isinstance(circuit, Netlist):
            raise OptionError("a netlist is compared with exact networks; give the circuit")
        compared = circuit_of(network, circuit)
        claim = Claim(network, compared, promise_asked(network, active), time_limit)
        return _within_promise(claim, method, state)


def is_exact(network: Network) -> bool:
    """Return whether a network has a unit per gate, and so is one of exact logic.

    Each feature has a dimension of its own, and the network is monosemantic or all units are ANDs.
    """
    code = network.encoder.code
    if code.weight != 1 or len(np.unique(code.positions)) < code.features:
        return False
    return network.provenance.construction == "monosemantic" or boolean_form(network) is not None


def _by_logic(
    network: Network,
    circuit: Circuit | Netlist | None,
    active: int | None,
    time_limit: float | None,
) -> Proof:
    """Return what comparing logic says of all Boolean inputs, or of those the promise allows."""
    limit = TIME_LIMIT if time_limit is None else time_limit
    if active is None:
        return prove_exact(network, circuit, time_limit=limit)
    return prove_logic(network, circuit, active=active, time_limit=limit)


def _within_promise(claim: Claim, method: str, state: str | os.PathLike[str] | None) -> Proof:
    """Return the proof or refutation by the method asked for, or by the first that serves."""
    if method in (AUTO, "linear"):
        proof = prove_linear(claim)
        if proof is not None:
            return proof
        if method == "linear":
            raise OptionError(
                f"this network is not one hidden layer that is linear with {claim.active:,} "
                "features on, or its outputs depend on many; try the method branch-and-bound"
            )
    if method == "branch-and-bound" or (method == AUTO and _serves_bending(claim)):
        return prove_bending(claim)
    return prove_exhaustively(claim, state)


def _serves_bending(claim: Claim) -> bool:
    with phase("cases of outputs"):
        try:
            check_layer(claim.network)
            cases_of(claim.circuit, claim.active)
        except PolysemeError:
            return False
    return True
