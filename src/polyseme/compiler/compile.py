"""The driver: circuit in, network out."""

from __future__ import annotations

from polyseme.circuits.circuit import Circuit
from polyseme.common.arguments import function, shown_value, whole_number
from polyseme.common.progress import Note, silent
from polyseme.compiler.choose import CONSTRUCTIONS, choose
from polyseme.compiler.report import Compilation
from polyseme.compiler.sizing import at_size, at_smallest
from polyseme.compiler.task import Task, check_measurable
from polyseme.errors import OptionError
from polyseme.networks.network import Network


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
    note: Note | None = None,
) -> Network:
    """Compile a circuit into a network that computes it in superposition.

    With `neurons` given the network has at most that many ReLUs; otherwise the smallest is searched
    for whose error is confirmed under `error`.

    Args:
        circuit: What is computed: `polyseme.read(...)`, or one of `polyseme.problems`.
        active: The sparsity promise: at most so many features are on at once.
        error: The share of inputs, one gate satisfied and the rest random, on which any output may
            be wrong; 1e-6 to 1.
        neurons: The most ReLUs per layer there may be; None finds as few as meet `error`.
        construction: "auto", or one of those that `polyseme constructions` lists.
        encoder: "superposed", "basis" (each feature a dimension of its own), or "auto": basis only
            where there are many more gates than features.
        seed: All random draws of the network follow from it; 0 or more.
        carry: How a wire passes a layer of a deeper network that does not change it: "gates" (a
            neuron that repeats it), "residual" (a residual stream, which layers in superposition do
            not have), or "auto", whichever makes the widest layer narrower.
        note: Called with a line on each step.

    Returns:
        The network, with its answer key.

    Raises:
        OptionError: An argument is of a wrong type, out of range, or does not go with the circuit.
        CapacityError: So few neurons cannot hold the circuit.

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
    note: Note | None = None,
) -> Compilation:
    """Compile a circuit, and return with the network everything that was measured of it.

    A network whose size was given is tried on fresh inputs too.

    Args:
        circuit: As for `polyseme.compile`, and so are the other arguments.
        active: The sparsity promise.
        error: The error allowed.
        neurons: The most ReLUs per layer there may be; None finds as few as meet `error`.
        construction: "auto", or a construction by name.
        encoder: "superposed", "basis" or "auto".
        seed: The random seed.
        carry: "gates", "residual" or "auto".
        note: Called with a line on each step.

    Returns:
        The network, its measured error, the prediction that the search set out from, and what was
        decided about each layer.

    Raises:
        OptionError: An argument is of a wrong type, out of range, or does not go with the circuit.
        CapacityError: So few neurons cannot hold the circuit.

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
    task: Task, construction: str, neurons: int | None, note: Note | None, measure: bool
) -> Compilation:
    """Check, choose, and build at the size given or search for the smallest."""
    _check(task, construction, neurons)
    function("note", note, "a line")
    choice = choose(task, construction)
    if neurons is not None:
        return at_size(choice, neurons, measure)
    return at_smallest(choice, note or silent, measure)


def _check(task: Task, construction: str, neurons: int | None) -> None:
    check_measurable(task.error)
    if neurons is not None:
        whole_number("neurons", neurons, 1)
    if not isinstance(construction, str) or construction not in CONSTRUCTIONS:
        raise OptionError(
            f"no construction named {shown_value(construction)}; there are auto and those that "
            "`polyseme constructions` lists"
        )
