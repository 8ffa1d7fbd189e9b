"""The driver: circuit in, network out."""

from __future__ import annotations

from collections.abc import Callable

from polyseme.circuits.circuit import Circuit
from polyseme.compiler.build import build_monosemantic, build_superposed
from polyseme.compiler.plan import make_plan
from polyseme.compiler.sizing import Sized, confirm, smallest_network
from polyseme.errors import CompileError
from polyseme.networks.network import Network

ENCODERS = ("auto", "superposed", "basis")
CONSTRUCTIONS = ("auto", "three-channel", "monosemantic")


def compile(
    circuit: Circuit,
    *,
    active: int = 3,
    error: float = 1e-3,
    neurons: int | None = None,
    construction: str = "auto",
    encoder: str = "auto",
    seed: int = 0,
    note: Callable[[str], None] | None = None,
) -> Network:
    """Compile a circuit into a network that computes it in superposition.

    With `neurons` given the network has at most that many ReLUs; otherwise the smallest is searched
    for whose error (the share of inputs, one gate satisfied and the rest random, with any output
    wrong) is confirmed under `error`. `active` is the sparsity promise. `encoder` is "superposed",
    "basis" (each feature a dimension of its own), or "auto": basis only where there are many more
    gates than features. `note` is called with a line on each step. Raises CompileError when a value
    is out of range, or when the circuit is deeper than one hidden layer computes.
    """
    return compile_and_confirm(
        circuit,
        active=active,
        error=error,
        neurons=neurons,
        construction=construction,
        encoder=encoder,
        seed=seed,
        note=note,
        measure=False,
    ).network


def compile_and_confirm(
    circuit: Circuit,
    *,
    active: int,
    error: float,
    neurons: int | None,
    construction: str,
    encoder: str,
    seed: int,
    note: Callable[[str], None] | None = None,
    measure: bool = True,
) -> Sized:
    """As `compile`, and return with the network what its error was measured to be."""
    _check(circuit, active, error, neurons, construction, encoder, seed)
    plan = make_plan(circuit, active, error, encoder, seed)
    if construction == "monosemantic":
        network = build_monosemantic(plan, "the monosemantic network was asked for")
    elif neurons is None:
        return smallest_network(plan, note or (lambda line: None))
    elif neurons >= plan.monosemantic_neurons:
        network = build_monosemantic(
            plan,
            f"superposition is not needed: {neurons:,} neurons are enough to give each of the "
            f"{plan.monosemantic_neurons:,} gates its own",
        )
    else:
        network = build_superposed(plan, neurons)
    return Sized(network, confirm(plan, network) if measure else None)


def _check(
    circuit: Circuit,
    active: int,
    error: float,
    neurons: int | None,
    construction: str,
    encoder: str,
    seed: int,
) -> None:
    features = len(circuit.features)
    if not 1 <= active <= features:
        raise CompileError(f"active is {active}; it must be 1 to the {features} features there are")
    if not 1e-6 <= error < 1:
        raise CompileError(f"error is {error:g}; it must be at least 1e-6 and less than 1")
    if neurons is not None and neurons < 1:
        raise CompileError(f"neurons is {neurons}; it must be at least 1")
    if construction not in CONSTRUCTIONS:
        raise CompileError(
            f"no construction named {construction!r}; there are {', '.join(CONSTRUCTIONS)}"
        )
    if encoder not in ENCODERS:
        raise CompileError(f"no encoder named {encoder!r}; there are {', '.join(ENCODERS)}")
    if seed < 0:
        raise CompileError(f"seed is {seed}; it must be 0 or more")
