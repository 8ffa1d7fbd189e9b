"""The driver: circuit in, network out."""

from __future__ import annotations

from collections.abc import Callable

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.terms import one_layer_form
from polyseme.compiler.choose import smaller_than_channels
from polyseme.compiler.constructions.catalogue import CATALOGUE
from polyseme.compiler.constructions.construction import Construction, Task
from polyseme.compiler.constructions.staged.build import build_deep
from polyseme.compiler.constructions.staged.plan import make_deep_plan
from polyseme.compiler.constructions.staged.report import layer_decisions
from polyseme.compiler.constructions.staged.sizing import confirm_deep, smallest_deep
from polyseme.compiler.constructions.three_channel import three_channel
from polyseme.compiler.constructions.three_channel.build import build_monosemantic
from polyseme.compiler.request import Request
from polyseme.compiler.schedule.scheduling import Carry
from polyseme.compiler.search import check_serves, confirmed, smallest_of
from polyseme.compiler.sized import Sized
from polyseme.errors import CompileError
from polyseme.networks.network import Network

# What the compiler chooses channels, codes and sizes for; other constructions are as they are.
_COMPILED = ("auto", "three-channel", "monosemantic")


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
    note: Callable[[str], None] | None = None,
) -> Network:
    """Compile a circuit into a network that computes it in superposition.

    With `neurons` given the network has at most that many ReLUs; otherwise the smallest is searched
    for whose error (the share of inputs, one gate satisfied and the rest random, with any output
    wrong) is confirmed under `error`. `active` is the sparsity promise. `encoder` is "superposed",
    "basis" (each feature a dimension of its own), or "auto": basis only where there are many more
    gates than features. `carry` says how a wire passes a layer of a deeper network that does not
    change it: "gates" (a neuron that repeats it), "residual" (a residual stream, which layers in
    superposition do not have), or "auto", whichever makes the widest layer narrower. `note` is
    called with a line on each step. Raises CompileError when a value is out of range, or does not
    go with the circuit.
    """
    request = Request(active, error, neurons, construction, encoder, seed, carry)
    return fulfil(circuit, request, note, measure=False).network


def fulfil(
    circuit: Circuit,
    request: Request,
    note: Callable[[str], None] | None = None,
    measure: bool = True,
) -> Sized:
    """As `compile`, and return with the network what its error was measured to be.

    Without `measure`, a network whose size was given is not tried out, and no error is returned.
    """
    request.check_promise(circuit)
    if request.construction not in _COMPILED:
        return _fulfil_named(circuit, request, note or (lambda line: None), measure)
    if not fits_one_layer(circuit, request.active):
        return _fulfil_deep(circuit, request, note or (lambda line: None), measure)
    if request.carry != "auto":
        raise CompileError(
            f"{circuit.name}: carry {request.carry!r} can only be chosen for circuits of several "
            "hidden layers"
        )
    task = Task(circuit, request.active, request.error, request.encoder, request.seed)
    return _fulfil_shallow(task, request, note or (lambda line: None), measure)


def _fulfil_named(
    circuit: Circuit, request: Request, note: Callable[[str], None], measure: bool
) -> Sized:
    """A network of a construction by name: nothing is chosen for it."""
    construction = CATALOGUE[request.construction]
    task = Task(circuit, request.active, request.error, request.encoder, request.seed)
    check_serves(construction, task)
    if request.neurons is not None:
        return _of_size(construction, task, request.neurons, measure)
    found = smallest_of(construction, task, note)
    return Sized(found.network, found.confirmation, predicted=found.predicted)


def _fulfil_shallow(
    task: Task, request: Request, note: Callable[[str], None], measure: bool
) -> Sized:
    """One hidden layer: the construction chosen, or the monosemantic network where none is less."""
    limit, neurons = task.plan.monosemantic_neurons, request.neurons
    if request.construction == "monosemantic":
        return _monosemantic(task, "the monosemantic network was asked for", measure)
    if neurons is not None and neurons >= limit:
        reason = (
            f"superposition is not needed: {neurons:,} neurons are enough to give each of the "
            f"{limit:,} gates its own"
        )
        return _monosemantic(task, reason, measure)
    better = smaller_than_channels(task) if request.construction == "auto" else None
    if neurons is not None:
        return _of_size_chosen(better, task, neurons, measure)
    for construction in filter(None, (better, three_channel.CONSTRUCTION)):
        found = _smaller_than(limit, construction, task, note)
        if found is not None:
            return found
    reason = (
        f"superposition does not pay here: at {task.active} active features no network of fewer "
        f"than {limit:,} neurons, one a gate, was found to err under {task.error:g}"
    )
    note(reason)
    return _monosemantic(task, reason, True)


def _smaller_than(
    limit: int, construction: Construction, task: Task, note: Callable[[str], None]
) -> Sized | None:
    """The smallest network that passes, if one of fewer neurons than the limit does."""
    if limit == 1:
        return None
    try:
        found = smallest_of(construction, task, note, most=limit - 1)
    except CompileError:
        # It cannot be built with so few.
        return None
    if not found.passed:
        return None
    return Sized(found.network, found.confirmation, predicted=found.predicted)


def _of_size_chosen(better: Construction | None, task: Task, neurons: int, measure: bool) -> Sized:
    if better is not None:
        try:
            return _of_size(better, task, neurons, measure)
        except CompileError:
            # Fewer neurons than it can be built with at all, which three channels may do with.
            pass
    return _of_size(three_channel.CONSTRUCTION, task, neurons, measure)


def _of_size(construction: Construction, task: Task, neurons: int, measure: bool) -> Sized:
    network = construction.build(task, neurons)
    return Sized(network, confirmed(task, network) if measure else None)


def _monosemantic(task: Task, reason: str, measure: bool) -> Sized:
    network = build_monosemantic(task.plan, reason)
    return Sized(network, confirmed(task, network) if measure else None)


def fits_one_layer(circuit: Circuit, active: int) -> bool:
    """Whether a circuit is an OR of ANDs an output, all of which the promise can satisfy.

    Constants and outputs that rest at 1 are left to the deep compiler, which has them.
    """
    return one_layer_form(circuit).fits(active)


def _fulfil_deep(
    circuit: Circuit, request: Request, note: Callable[[str], None], measure: bool
) -> Sized:
    if request.construction == "three-channel":
        raise CompileError(
            f"{circuit.name}: three-channel builds one hidden layer, and this circuit needs more, "
            "or outputs that rest at 1; choose auto"
        )
    if request.encoder != "auto":
        raise CompileError(
            f"{circuit.name}: encoder {request.encoder!r} can only be chosen for circuits of one "
            "hidden layer"
        )
    carry = Carry(request.carry)
    plan = make_deep_plan(circuit, request.active, request.error, request.seed, carry)
    if request.construction != "monosemantic" and request.neurons is None:
        found, passed = smallest_deep(plan, note)
        return Sized(found, passed, layer_decisions(plan.at(found.neurons), found))
    neurons = request.neurons
    if neurons is None or request.construction == "monosemantic":
        neurons = plan.monosemantic_neurons
    plan = plan.at(neurons)
    network = build_deep(plan, neurons)
    confirmation = confirm_deep(plan, network) if measure else None
    return Sized(network, confirmation, layer_decisions(plan, network))
