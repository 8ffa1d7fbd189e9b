"""The automatic choice: which construction computes a circuit in fewest neurons.

`three-channel` serves every circuit of one hidden layer. A few others, for the circuits they are
made for, declare fewer neurons; the one that declares fewest is taken. Compared are sizes with
inputs of the same kind: a construction for basis-aligned inputs is taken only where such are asked
for.
"""

from __future__ import annotations

from polyseme.compiler.constructions import reed_solomon as reed_solomon_exact
from polyseme.compiler.constructions.construction import Construction, Inputs, Task
from polyseme.compiler.constructions.frames import tight_frames
from polyseme.compiler.constructions.three_channel.prediction import predicted_neurons
from polyseme.errors import CompileError

_RIVALS = (tight_frames.CONSTRUCTION, reed_solomon_exact.CONSTRUCTION)


def smaller_than_channels(task: Task) -> Construction | None:
    """The construction that declares fewest neurons for a task; None where that is three-channel.

    It also declares fewer than one neuron a term. Raises CompileError where the circuit is no task
    for one hidden layer.
    """
    limit = min(predicted_neurons(task.plan), task.plan.monosemantic_neurons)
    declared = {rival: size for rival in _RIVALS if (size := _declared(rival, task)) < limit}
    return min(declared, key=lambda rival: declared[rival], default=None)


def _declared(rival: Construction, task: Task) -> float:
    wants_basis = task.encoder == "basis" or task.plan.basis
    if wants_basis != (rival.inputs == Inputs.BASIS) or rival.refuses(task) is not None:
        return float("inf")
    try:
        return rival.neurons(task)
    except CompileError:
        return float("inf")
