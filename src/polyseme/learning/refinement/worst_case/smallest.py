"""The smallest linear layer that is right on every input, or the one that is at a size given."""

from __future__ import annotations

from polyseme.common.progress import Note, phase
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.learning.refinement.worst_case.certifier import LinearCertifier
from polyseme.learning.refinement.worst_case.sizes import Sizes
from polyseme.networks.network import Network


def smallest_linear(task: Task, most: int, tell: Note) -> Network | None:
    """Return the smallest network found of at most so many neurons; None if there is none."""
    certifier = LinearCertifier(task, task.active)
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


def linear_at_most(task: Task, neurons: int, tell: Note) -> Network:
    """Return a network of at most so many neurons, right for as many features on as can be.

    Raises:
        TooFewNeuronsError: It cannot be for as many as an output has inputs.
    """
    inputs = int(task.terms.widths[0])
    for active in range(task.active, inputs - 1, -1):
        with phase(f"{neurons:,} neurons, {active} features on"):
            network = LinearCertifier(task, active).at(neurons)
        if network is not None:
            return network
        tell(f"{neurons:,} neurons: not right on every input with {active} on")
    least = LinearCertifier(task, inputs).least()
    raise TooFewNeuronsError(
        f"{neurons:,} neurons are too few to be right on every input with {inputs} features on, "
        f"which takes about {least:,}"
    )
