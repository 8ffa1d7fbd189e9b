"""The driver of the compiler: it takes a circuit and returns a network."""

from __future__ import annotations

from dataclasses import replace

from polyseme.circuits.circuit import Circuit
from polyseme.common.arguments import check_whole, shown
from polyseme.common.progress import Note, silent
from polyseme.compiler.choose import CONSTRUCTIONS, Choice, choose
from polyseme.compiler.constructions.construction import Candidate
from polyseme.compiler.report import Compilation
from polyseme.compiler.search import confirmed, smallest
from polyseme.compiler.task import Task, check_measurable
from polyseme.errors import OptionError, TooFewNeuronsError
from polyseme.networks.network import Network

# A construction that declares more than this many times the monosemantic network's neurons is not
# tried.
_HOPELESS = 1.15


def compile(
    circuit: Circuit,
    *,
    active: int = 3,
    error: float = 1e-3,
    neurons: int | None = None,
    construction: str = "auto",
    encoder: str = "auto",
    seed: int = 0,
    carry: str = "auto",
    note: Note = silent,
) -> Network:
    """Compile a circuit into a network that computes it in superposition.

    With `neurons` given, the network has at most that many ReLUs. Otherwise the compiler searches
    for the smallest network whose error is confirmed under `error`.

    Args:
        circuit: The circuit, from `polyseme.read` or one of `polyseme.problems`.
        active: The sparsity promise: the largest number of features that are on at once.
        error: The largest share of inputs on which any output may be wrong, where one gate is
            satisfied and the other features are random; 1e-6 to 1.
        neurons: The largest number of ReLUs per layer; None finds as few as meet `error`.
        construction: "auto", or a name that `polyseme constructions` lists.
        encoder: "superposed", "basis" (one dimension per feature), or "auto", which is basis only
            if there are many more gates than features.
        seed: The seed of all random draws; 0 or more.
        carry: The way in which a wire passes a layer of a deeper network that does not change it:
            "gates" (a neuron that repeats it), "residual" (a residual stream, which layers in
            superposition do not have), or "auto", the one with the narrower widest layer.
        note: A function that is called with one line of text per step.

    Returns:
        The network, with its answer key.

    Raises:
        OptionError: An argument is of a wrong type, out of range, or does not suit the circuit.
        CapacityError: The neurons are too few for the circuit.

    Example:
        >>> import polyseme as ps
        >>> circuit = ps.problems.pairwise_and(features=1000, gates=1000)
        >>> ps.compile(circuit, active=3, neurons=450).neurons
        448
    """
    report = _compiled(
        Task(circuit, active, error, encoder, seed, carry), construction, neurons, note, False
    )
    return report.network


def compile_report(
    circuit: Circuit,
    *,
    active: int = 3,
    error: float = 1e-3,
    neurons: int | None = None,
    construction: str = "auto",
    encoder: str = "auto",
    seed: int = 0,
    carry: str = "auto",
    note: Note = silent,
) -> Compilation:
    """Compile a circuit, and return the network with all that was measured of it.

    The network is tried on fresh inputs even if its size was given.

    Args:
        circuit: The circuit. All arguments are those of `polyseme.compile`.
        active: The sparsity promise.
        error: The error allowed.
        neurons: The largest number of ReLUs per layer; None finds as few as meet `error`.
        construction: "auto", or the name of a construction.
        encoder: "superposed", "basis" or "auto".
        seed: The random seed.
        carry: "gates", "residual" or "auto".
        note: A function that is called with one line of text per step.

    Returns:
        The network, its measured error, the size from which the search began, and the decisions
        about each layer.

    Raises:
        OptionError: An argument is of a wrong type, out of range, or does not suit the circuit.
        CapacityError: The neurons are too few for the circuit.

    Example:
        >>> import polyseme as ps
        >>> circuit = ps.problems.pairwise_and(features=500, gates=500)
        >>> report = ps.compile_report(circuit, active=2, error=1e-2)
        >>> report.passed, report.network.neurons <= 500
        (True, True)
    """
    task = Task(circuit, active, error, encoder, seed, carry)
    return _compiled(task, construction, neurons, note, True)


def _compiled(
    task: Task, construction: str, neurons: int | None, note: Note, measure: bool
) -> Compilation:
    """Choose constructions, and build at the size given or search for the smallest network."""
    _check(task, construction, neurons)
    choice = choose(task, construction)
    if neurons is not None:
        return _of_size(choice, neurons, measure)
    if choice.fallback is None:
        return _of_one(next(choice.candidates), note, measure)
    return _smaller_than_fallback(choice, choice.fallback, note)


def _check(task: Task, construction: str, neurons: int | None) -> None:
    check_measurable(task.error)
    if neurons is not None:
        check_whole("neurons", neurons, 1)
    if not isinstance(construction, str) or construction not in CONSTRUCTIONS:
        raise OptionError(
            f"no construction named {shown(construction)}; there are auto and those that "
            "`polyseme constructions` lists"
        )


def _of_size(choice: Choice, neurons: int, measure: bool) -> Compilation:
    """Build the fallback if the neurons are enough for it, or the first candidate that fits."""
    fallback = choice.fallback
    if fallback is not None and neurons >= (limit := fallback.declared.neurons):
        reason = (
            f"superposition is not needed: {neurons:,} neurons are enough to give each of the "
            f"{limit:,} gates its own"
        )
        return _built(fallback, neurons, measure, reason if fallback.task.one_layer else "")
    too_few = []
    for candidate in choice.candidates:
        try:
            return _built(candidate, neurons, measure)
        except TooFewNeuronsError as error:
            too_few.append(error)
    raise too_few[-1]


def _of_one(candidate: Candidate, note: Note, measure: bool) -> Compilation:
    """Find the smallest network of a construction, or build its only one."""
    if candidate.construction.searched:
        return smallest(candidate, note).compilation
    return _built(candidate, candidate.declared.neurons, measure)


def _smaller_than_fallback(choice: Choice, fallback: Candidate, note: Note) -> Compilation:
    """Find the smallest network of the first candidate with one smaller than the fallback."""
    limit, hopeless = fallback.declared.neurons, None
    for candidate in choice.candidates:
        if candidate.declared.neurons > _HOPELESS * limit:
            hopeless = candidate.declared.neurons
        elif limit > 1:
            try:
                found = smallest(candidate, note, most=limit - 1)
            except TooFewNeuronsError:
                continue
            if found.passed:
                return found.compilation
    reason = _why_not_smaller(fallback.task, limit, hopeless)
    note(reason)
    return _built(fallback, limit, True, reason)


def _why_not_smaller(task: Task, limit: int, hopeless: int | None) -> str:
    if hopeless is not None:
        return (
            "superposition does not pay here: with a neuron for every wire the widest layer has "
            f"{limit:,}, and at this activity superposition would ask for about {hopeless:,}"
        )
    if task.one_layer:
        return (
            f"superposition does not pay here: at {task.active} active features no network of "
            f"fewer than {limit:,} neurons, one a gate, was found to err under {task.error:g}"
        )
    return (
        f"superposition does not pay here: no network of fewer than {limit:,} neurons, which are "
        f"enough to give every wire its own, was found to err under {task.error:g}"
    )


def _built(
    candidate: Candidate, neurons: int, measure: bool, reason: str | None = None
) -> Compilation:
    """Build a candidate at a size, with the reason in its provenance; measure it if asked to."""
    task, network = candidate.task, candidate.build(neurons)
    if reason is not None:
        network = replace(network, provenance=replace(network.provenance, note=reason))
    if not measure:
        return Compilation(network, task.error)
    seen, decisions = confirmed(task, network), candidate.decisions(network)
    return Compilation(network, task.error, seen, layers=decisions)
