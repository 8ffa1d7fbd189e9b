"""Gates tried by themselves, with only their own inputs on."""

from __future__ import annotations

from polyseme.common.progress import phase
from polyseme.common.random_streams import Stream
from polyseme.compiler.task import Task
from polyseme.networks.network import Network
from polyseme.verification.sampling import wrong_samples

# Gates that are tried alone, at most; of many outputs, as many gates as make so many readings.
_MOST, _LEAST, _READINGS = 50_000, 2_000, 10**9


def wrong_alone(task: Task, network: Network) -> float:
    """Return the share of gates that are wrong when only their own inputs are on."""
    if not task.one_layer:
        return 0.0
    fitting = max(_LEAST, _READINGS // len(task.circuit.outputs))
    with phase("gates alone") as step:
        rows = task.draw("alone", min(_MOST, fitting), task.stream(Stream.PROBES))
        return float(wrong_samples(network, task.circuit, rows, step).mean())


def most_wrong_alone(task: Task) -> float:
    """Return the share of gates that may be wrong when only their own inputs are on.

    It is 0 if the promise allows other features to be on beside the inputs of a gate. Otherwise
    these are all the satisfied inputs there are, and the share is the error.
    """
    if not task.one_layer or int(task.terms.plain.max()) < task.active:
        return 0.0
    return task.error
