"""Networks proved equal to their circuits on all Boolean inputs, or refuted, or left undecided."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.logic.aig import netlist_of
from polyseme.circuits.logic.netlist import Netlist
from polyseme.circuits.promise import check_promise
from polyseme.common.arguments import instance, real_number
from polyseme.common.progress_shown import Watcher, watched
from polyseme.common.warning import warn
from polyseme.errors import OptionError
from polyseme.networks.network import Network
from polyseme.networks.run import outputs_on
from polyseme.proving.logic.equivalence import Verdict, compare, fewer_on
from polyseme.proving.logic.from_netlist import netlist_logic
from polyseme.proving.logic.from_network import network_logic
from polyseme.proving.logic.graph import Graph
from polyseme.proving.logic.within_promise import compare_within
from polyseme.proving.proof import Proof
from polyseme.verification.exhaustive import number_of_inputs
from polyseme.verification.independent import evaluate_aig

TIME_LIMIT = 60.0
METHOD = "sat"


def prove_logic(
    network: Network,
    circuit: Circuit | Netlist | None = None,
    *,
    active: int | None = None,
    time_limit: float = TIME_LIMIT,
    progress: Watcher = None,
) -> Proof:
    """Prove that a network is its circuit on all Boolean inputs, or find one on which it is not.

    The weights, biases and thresholds are turned back into logic, unit by unit, and the outputs
    compared with the circuit's by merging equal nodes from the inputs up: by structure, by truth
    tables, and by a SAT solver if the extra `prove` is installed. It serves networks of any depth
    of which the units have few values, and so all exact networks.

    Args:
        network: The network.
        circuit: What it must compute: a circuit, or logic as it was read, as
            `polyseme.circuits.logic_files.netlist_as_read` returns it. By default the circuit of
            the answer key.
        active: If given, the claim is about the inputs with at most so many features on.
        time_limit: Seconds after which outputs that are not decided are left undecided.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The proof. `proved` is None if nothing is known to be wrong but outputs are undecided, which
        are named. A counterexample was run by the network, and has no feature on that could be
        switched off and leave an output wrong.

    Raises:
        CapacityError: Some unit takes too many values, or depends on too many partial sums: the
            network is not one of exact logic.
        OptionError: There is no circuit, it does not have the network's names, or an argument is of
            a wrong type or out of range.

    Example:
        >>> import polyseme as ps
        >>> circuit = ps.read("y = (a & b) ^ c; z = ~(a | c)")
        >>> proof = prove_logic(ps.compile(circuit, construction="monosemantic"))
        >>> proof.proved, proof.inputs, proof.method
        (True, 8, 'sat')
    """
    begun = time.monotonic()
    netlist = _netlist(network, circuit)
    deadline = begun + real_number("time_limit", time_limit, 0)
    if active is not None:
        active = check_promise(active, len(netlist.inputs))
    with watched(progress):
        verdict = _compared(network, netlist, active, deadline)
    if not verdict.has_solver:
        warn(
            f"undecided: {len(verdict.undecided):,} outputs; pip install 'polyseme[prove]' "
            "decides them"
        )
    return _proof(network, netlist, active, verdict, begun)


def prove_exact(
    network: Network,
    circuit: Circuit | Netlist | None = None,
    *,
    time_limit: float = TIME_LIMIT,
    progress: Watcher = None,
) -> Proof:
    """Prove an exact network on all Boolean inputs, or on its promise if it is wrong beyond.

    The exact network of a table of facts needs fewer ReLUs where few features are on, and is wrong
    beyond its promise. Every other one is right on all Boolean inputs.

    Args:
        network: The network.
        circuit: What it must compute, as for `prove_logic`.
        time_limit: Seconds after which outputs that are not decided are left undecided, for each of
            the two claims.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The proof, of which `active` says what it claims.

    Raises:
        CapacityError: The network is not one of exact logic.
        OptionError: There is no circuit, it does not have the network's names, or an argument is of
            a wrong type or out of range.

    Example:
        >>> import polyseme as ps
        >>> network = ps.compile(ps.read("example:capitals"), construction="monosemantic")
        >>> proof = prove_exact(network)
        >>> proof.proved, proof.active
        (True, 2)
    """
    proof = prove_logic(network, circuit, time_limit=time_limit, progress=progress)
    promise = network.provenance.active
    if proof.counterexample is None or len(proof.counterexample) <= promise:
        return proof
    return prove_logic(network, circuit, active=promise, time_limit=time_limit, progress=progress)


def _compared(network: Network, netlist: Netlist, active: int | None, deadline: float) -> Verdict:
    """Return whether each output is right, as logic."""
    graph = Graph(len(netlist.inputs))
    theirs = netlist_logic(netlist, graph)
    exact = list(zip(network_logic(network, graph), theirs, strict=True))
    if active is not None:
        pruned = list(zip(network_logic(network, graph, active), theirs, strict=True))
        return compare_within(graph, exact, pruned, active, deadline)
    verdict = compare(graph, exact, deadline)
    if verdict.found is None:
        return verdict
    return replace(verdict, found=fewer_on(graph, exact, verdict.found))


def _netlist(network: Network, circuit: Circuit | Netlist | None) -> Netlist:
    """Return the logic to compare with; raise OptionError unless it has the network's names."""
    instance("network", network, Network, "a network")
    if circuit is None:
        if network.key is None:
            raise OptionError("a network without its answer key needs the circuit to compare with")
        circuit = network.key.circuit
    instance("circuit", circuit, (Circuit, Netlist), "a circuit or a netlist")
    netlist = netlist_of(circuit) if isinstance(circuit, Circuit) else circuit
    for what, ours, theirs in (
        ("features", network.encoder.features, netlist.inputs),
        ("outputs", network.readout.outputs, netlist.output_names),
    ):
        if ours != theirs:
            raise OptionError(
                f"the network has {len(ours):,} {what} and {netlist.name} has {len(theirs):,}, "
                "not all of the same names in the same order"
            )
    return netlist


def _proof(
    network: Network, netlist: Netlist, active: int | None, verdict: Verdict, begun: float
) -> Proof:
    features, names = len(netlist.inputs), network.readout.outputs
    wrong: list[int] = []
    if verdict.found is not None:
        wrong = np.flatnonzero(_wrong_outputs(network, netlist, verdict.found)).tolist()
        assert wrong, "the network as it runs is not the network as logic"
    refuted, undecided = verdict.found is not None, bool(verdict.undecided)
    return Proof(
        proved=False if refuted else None if undecided else True,
        active=active,
        method=METHOD,
        inputs=2**features if active is None else number_of_inputs(features, active),
        wrong=None,
        counterexample=None if verdict.found is None else _named(netlist, verdict.found),
        largest_active=None,
        reading_error=None,
        seconds=time.monotonic() - begun,
        undecided=tuple(names[output] for output in verdict.undecided),
        wrong_outputs=tuple(names[output] for output in wrong),
    )


def _named(netlist: Netlist, on: list[int]) -> tuple[str, ...]:
    return tuple(netlist.inputs[feature] for feature in on)


def _wrong_outputs(network: Network, netlist: Netlist, on: list[int]) -> NDArray[np.bool_]:
    """Return which outputs are wrong when the network is run and the logic simulated as read."""
    bits = np.zeros((1, len(netlist.inputs)), bool)
    bits[0, on] = True
    ran = outputs_on(network, np.array([on], np.int32).reshape(1, -1)).toarray()
    wrong: NDArray[np.bool_] = ran[0] != evaluate_aig(netlist, bits)[0]
    return wrong
