"""The driver of the compiler: it takes a circuit and returns a network."""

from __future__ import annotations

from dataclasses import replace

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.promise import promise_for
from polyseme.common.arguments import function, shown_value, text, whole_number
from polyseme.common.progress import Note, phase, silent
from polyseme.common.progress_shown import Watcher, watched
from polyseme.common.suggestions import did_you_mean
from polyseme.compiler.choose import AUTO, CONSTRUCTIONS, choose
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.monosemantic import smallest_exact
from polyseme.compiler.report import Compilation
from polyseme.compiler.shortfalls import warn_of
from polyseme.compiler.sizing import at_size, at_smallest
from polyseme.compiler.task import Task, check_measurable, checked
from polyseme.errors import OptionError
from polyseme.networks.network import Network
from polyseme.networks.registry import registered
from polyseme.verification.reading_error import COMPUTED

AVERAGE, WORST_CASE = "average", "worst-case"
GUARANTEES = (AVERAGE, WORST_CASE)


def compile(
    circuit: Circuit,
    *,
    active: int | None = None,
    error: float = 1e-3,
    epsilon: float | None = COMPUTED,
    guarantee: str = AVERAGE,
    neurons: int | None = None,
    construction: str = "auto",
    encoder: str = "auto",
    seed: int = 0,
    carry: str = "auto",
    note: Note | None = None,
    progress: Watcher = None,
) -> Network:
    """Compile a circuit into a network that computes it in superposition.

    With `neurons` given, the network has at most that many ReLUs. Otherwise the compiler searches
    for the smallest network whose error is confirmed under `error`, and whose hidden layers compute
    the gates: affine readings give all of them at once within `epsilon`, on all but a thousandth of
    the inputs of each kind (see `polyseme.reading_error`).

    Args:
        circuit: The circuit, from `polyseme.read` or one of `polyseme.problems`.
        active: The sparsity promise: the largest number of features that are on at once. None is
            3, or the number of features if that is less; for a table of facts it is 2, since a
            query switches on a subject and a relation.
        error: The largest share of inputs on which any output may be wrong, where one gate is
            satisfied and the other features are random; 1e-6 to 1.
        epsilon: The reading error up to which the hidden layers compute the gates, above 0 and at
            most 1/4. None asks only that outputs be decided rightly, which takes fewer neurons: the
            thresholds of the readout may finish the work. A named construction that can only do
            that implies it.
        guarantee: "average", which is over inputs as they are drawn, or "worst-case": the network
            is proved right on every input with at most `active` features on. That is for ANDs of
            equally many features, is searched after a descent on the worst case, and needs the
            `speed` extra.
        neurons: The largest number of ReLUs per layer; None finds as few as meet both errors.
        construction: "auto", or a name that `polyseme constructions` lists.
        encoder: "superposed", "basis" (one dimension per feature), or "auto", which is basis only
            if there are many more gates than features.
        seed: The seed of the network: of all random draws; 0 or more. The seed that a problem
            was drawn with is another.
        carry: The way in which a wire passes a layer of a deeper network that does not change it:
            "gates" (a neuron that repeats it), "residual" (a residual stream, which layers in
            superposition do not have), or "auto", the one with the narrower widest layer.
        note: A function that is called with one line of text per step.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The network, with its answer key. A `PolysemeWarning` says where it is the exact
        (monosemantic) one because superposition does not pay.

    Raises:
        OptionError: An argument is of a wrong type, out of range, or does not suit the circuit.
        CapacityError: The neurons are too few for the circuit; the message has the least that do.

    Example:
        >>> import polyseme as ps
        >>> circuit = ps.problems.pairwise_and(features=1000, gates=1000)
        >>> ps.compile(circuit, active=3, neurons=700).neurons
        666
    """
    promise = promise_for(checked(circuit), active)
    task = Task(circuit, promise.active, error, encoder, seed, carry, epsilon)
    with watched(progress):
        if _for_all_inputs(guarantee):
            report = _certified(task, construction, neurons, note)
        else:
            report = _compiled(task, construction, neurons, note, False)
    warn_of(report)
    return report.network


def compile_report(
    circuit: Circuit,
    *,
    active: int | None = None,
    error: float = 1e-3,
    epsilon: float | None = COMPUTED,
    guarantee: str = AVERAGE,
    neurons: int | None = None,
    construction: str = "auto",
    encoder: str = "auto",
    seed: int = 0,
    carry: str = "auto",
    note: Note | None = None,
    progress: Watcher = None,
) -> Compilation:
    """Compile a circuit, and return the network with all that was measured of it.

    The network is tried on fresh inputs even if its size was given.

    Args:
        circuit: The circuit. All arguments are those of `polyseme.compile`.
        active: The sparsity promise, or None, as for `compile`.
        error: The error allowed.
        epsilon: The reading error up to which the hidden layers compute the gates, or None.
        guarantee: "average" or "worst-case", as for `compile`. With `neurons` given that are too
            few for the promise, the network is proved for as many features on as it can be, and
            `certified_active` says how many.
        neurons: The largest number of ReLUs per layer; None finds as few as meet both.
        construction: "auto", or the name of a construction.
        encoder: "superposed", "basis" or "auto".
        seed: The seed of the network, as for `compile`.
        carry: "gates", "residual" or "auto".
        note: A function that is called with one line of text per step.
        progress: True to show progress on standard error, or a function that is told
            every `polyseme.Headway`.

    Returns:
        The network, its measured error, the size from which the search began, the decisions
        about each layer, and the size of the exact network that it is compared with. A
        `PolysemeWarning` says where the network falls short of the errors asked for, and where it
        is the exact one.

    Raises:
        OptionError: An argument is of a wrong type, out of range, or does not suit the circuit.
        CapacityError: The neurons are too few for the circuit.

    Example:
        >>> import polyseme as ps
        >>> circuit = ps.problems.pairwise_and(features=500, gates=500)
        >>> report = ps.compile_report(circuit, active=2, error=1e-2, neurons=420)
        >>> report.passed, report.network.neurons <= 420
        (True, True)
    """
    promise = promise_for(checked(circuit), active)
    task = Task(circuit, promise.active, error, encoder, seed, carry, epsilon)
    with watched(progress):
        if _for_all_inputs(guarantee):
            report = _certified(task, construction, neurons, note)
        else:
            report = measured_report(task, construction, neurons, note)
    warn_of(report)
    return replace(report, promise=promise.reason)


def measured_report(
    task: Task, construction: str, neurons: int | None, note: Note | None
) -> Compilation:
    """Return what `compile_report` does, without a warning where the network falls short."""
    report = _compiled(task, construction, neurons, note, True)
    with phase("sizing the exact network"):
        return replace(report, exact=smallest_exact(task))


def _for_all_inputs(guarantee: str) -> bool:
    """Return whether a guarantee is for every input. Raises OptionError if there is none such."""
    text("guarantee", guarantee, GUARANTEES)
    return guarantee == WORST_CASE


def _certified(
    task: Task, construction: str, neurons: int | None, note: Note | None
) -> Compilation:
    """Return a network that is proved right on every input, refined to be so."""
    _check(task, construction, neurons)
    function("note", note, "a line")
    tell = note or silent
    task = _as_computed(task, construction, tell)
    with phase(f"compiling {task.circuit.name}"):
        # It refines, and refining stands later in the order of imports.
        report: Compilation = registered("compile_certified")(task, construction, neurons, tell)
    return report


def _as_computed(task: Task, construction: str, tell: Note) -> Task:
    """Return a task without a reading error if the construction cannot keep one."""
    if task.epsilon is None or construction == AUTO or CATALOGUE[construction].computes:
        return task
    tell(f"{construction} leaves the last step to the thresholds of the readout: epsilon none")
    return replace(task, epsilon=None)


def _compiled(
    task: Task, construction: str, neurons: int | None, note: Note | None, measure: bool
) -> Compilation:
    """Choose constructions, and build at the size given or search for the smallest network."""
    _check(task, construction, neurons)
    function("note", note, "a line")
    tell = note or silent
    task = _as_computed(task, construction, tell)
    with phase(f"compiling {task.circuit.name}"):
        choice = choose(task, construction)
        if neurons is not None:
            return at_size(choice, neurons, measure)
        return at_smallest(choice, tell, measure)


def _check(task: Task, construction: str, neurons: int | None) -> None:
    check_measurable(task.error)
    if neurons is not None:
        whole_number("neurons", neurons, 1)
    check_construction(construction)


def check_construction(name: str) -> None:
    """Raise OptionError unless a construction has this name, or the name is "auto"."""
    if not isinstance(name, str) or name not in CONSTRUCTIONS:
        raise OptionError(
            f"no construction named {shown_value(name)}; there are auto and those that "
            f"`polyseme constructions` lists{did_you_mean(name, CONSTRUCTIONS)}"
        )
