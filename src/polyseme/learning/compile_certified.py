"""The driver of certified compilation: networks that are right on every input within the promise.

If the readout may finish the work (no reading error is asked for), W of `tight-frames` descends on
its worst case (`refinement/worst_case/`). That is convex, and the least size is known beforehand up
to a few percent, so few sizes are tried. At a size given that is too small, a network is certified
for as many features on as it can be. The network found is proved once more, from its whole numbers
and by other code (`proving/`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from polyseme.common.extras import import_numba
from polyseme.common.progress import Note, phase
from polyseme.compiler.choose import AUTO
from polyseme.compiler.compile import measured_report
from polyseme.compiler.constructions.catalogue import MONOSEMANTIC, TIGHT_FRAMES
from polyseme.compiler.constructions.monosemantic import smallest_exact
from polyseme.compiler.report import Compilation
from polyseme.compiler.task import Task
from polyseme.compiler.trials import tried
from polyseme.errors import OptionError, TooFewNeuronsError
from polyseme.learning.certified_sizes import Sizes
from polyseme.networks.network import Network
from polyseme.proving.prove import prove


class Certifier(Protocol):
    """What certifies networks of one kind for a task and a number of features on."""

    @property
    def step(self) -> int:
        """The number that all sizes are multiples of."""

    def least(self) -> int:
        """Return the least number of neurons that may be enough."""

    def at(self, neurons: int) -> Network | None:
        """Return a network of at most so many neurons that is right on every input, if one is."""


def compile_certified(
    task: Task, construction: str, neurons: int | None, tell: Note
) -> Compilation:
    """Compile a task into a network that is right on every input that keeps the promise.

    Args:
        task: The task.
        construction: "auto", or the name of a construction that can be certified.
        neurons: The largest number of ReLUs; None finds as few as can be certified.
        tell: A function that is called with one line of text per step.

    Returns:
        The network, and in `certified_active` the most features on up to which it is right on
        every input. With `neurons` given, that may be less than the promise.

    Raises:
        OptionError: The circuit's networks, or the construction's, cannot be certified.
        TooFewNeuronsError: The neurons given are too few for any certificate.
        MissingExtraError: numba is not installed.
    """
    import_numba("a guarantee for the worst case")
    _check(task, construction)
    exact = smallest_exact(task)
    certifier = _certifier(task, task.active)
    if neurons is not None and neurons < exact.neurons:
        network = _at_most(task, neurons, tell)
    else:
        network = _smallest(certifier, exact.neurons - 1, tell)
    if network is None:
        return _exact(task, exact.neurons, tell)
    report = replace(tried(task, network, closely=True).reported(certifier.least()), exact=exact)
    return replace(report, certified_active=_certified(task, network, tell))


def _check(task: Task, construction: str) -> None:
    """Raise OptionError unless the networks of a construction can be certified for a task."""
    name = task.circuit.name
    if construction not in (AUTO, TIGHT_FRAMES.name):
        raise OptionError(
            f"a guarantee for the worst case is given for {AUTO} and {TIGHT_FRAMES.name}, not for "
            f"{construction}"
        )
    refusal = TIGHT_FRAMES.refusal(task)
    if refusal is not None:
        raise OptionError(
            f"{name}: no guarantee for the worst case can be given: {refusal}; networks of "
            f"{MONOSEMANTIC.name} are exact"
        )


def _certifier(task: Task, active: int) -> Certifier:
    # What it imports is compiled by numba, which is an extra.
    from polyseme.learning.refinement.worst_case.certifier import LinearCertifier

    return LinearCertifier(task, active)


def _smallest(certifier: Certifier, most: int, tell: Note) -> Network | None:
    """Return the smallest network found of at most so many neurons; None if there is none."""
    sizes, best = Sizes(certifier.step, certifier.least(), most), None
    tell(f"about {sizes.least:,} neurons are needed to be right on every input")
    while (neurons := sizes.next()) is not None:
        with phase(f"{neurons:,} neurons"):
            network = certifier.at(neurons)
        tell(f"{neurons:,} neurons: {'not ' if network is None else ''}right on every input")
        sizes.saw(neurons, network is not None)
        # Once one has passed, only smaller ones are tried.
        best = network or best
    return best


def _at_most(task: Task, neurons: int, tell: Note) -> Network:
    """Return a network of at most so many neurons, certified for as many features as it can be.

    Raises:
        TooFewNeuronsError: It cannot be for as many as an output has inputs.
    """
    inputs = int(task.terms.widths[0])
    for active in range(task.active, inputs - 1, -1):
        with phase(f"{neurons:,} neurons, {active} features on"):
            network = _certifier(task, active).at(neurons)
        if network is not None:
            return network
        tell(f"{neurons:,} neurons: not right on every input with {active} on")
    least = _certifier(task, inputs).least()
    raise TooFewNeuronsError(
        f"{neurons:,} neurons are too few to be right on every input with {inputs} features on, "
        f"which takes about {least:,}"
    )


def _exact(task: Task, neurons: int, tell: Note) -> Compilation:
    """Return the exact network, which is right on every input."""
    report = measured_report(task, MONOSEMANTIC.name, None, tell)
    reason = (
        f"superposition does not pay here: no network of fewer than {neurons:,} ReLUs was found "
        f"that is right on every input; these compute all {len(task.circuit.outputs):,} outputs "
        "exactly"
    )
    certified = _certified(task, report.network, tell)
    return replace(report, fallback=reason, certified_active=certified)


def _certified(task: Task, network: Network, tell: Note) -> int:
    """Return the most features on, up to the promise, with which a network is proved right."""
    with phase("proving it"):
        proof = prove(network, task.circuit, active=task.active)
    covered = task.active if proof.proved else proof.largest_active or 0
    tell(f"proved by {proof.method}: right on every input with at most {covered} on")
    return covered
