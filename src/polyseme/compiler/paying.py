"""Sizes that a message should name: the least that can be built, and the least that would pay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.names import Names
from polyseme.common.ragged import row_offsets
from polyseme.compiler.choose import AUTO, cannot_compute, choose
from polyseme.compiler.constructions.construction import Candidate
from polyseme.compiler.task import Task
from polyseme.errors import CapacityError, PolysemeError, TooFewNeuronsError

# Networks of more gates take too long to build for the sake of a message.
_MOST_GATES = 5_000
# Larger circuits than this many gates are not planned for the sake of a message.
_MOST_PLANNED = 200_000


def least_that_can(
    candidates: Sequence[Candidate], neurons: int, fallback: Candidate | None
) -> str:
    """Return the end of a sentence about a size that was refused: the sizes that can be built."""
    told = []
    least = [one for one in (_least_built(one, neurons) for one in candidates) if one]
    if least:
        told.append(f"the least that can be built is {min(least):,}, which may err more often")
    if fallback is not None:
        told.append(f"{fallback.declared.neurons:,} compute everything exactly")
    return "".join(f"; {one}" for one in told)


def _least_built(candidate: Candidate, refused: int) -> int | None:
    """Return the fewest neurons with which a candidate can be built, found by halving.

    None if none up to four times the declared ones do, or if building takes long.
    """
    if candidate.task.circuit.gates > _MOST_GATES:
        return None
    try:
        most = 4 * candidate.declared.neurons
    except CapacityError:
        return None
    able = min(max(2 * refused, 2), most)
    while not _can_be_built(candidate, able):
        if able >= most:
            return None
        refused, able = able, min(2 * able, most)
    while able - refused > 1:
        middle = (refused + able) // 2
        if _can_be_built(candidate, middle):
            able = middle
        else:
            refused = middle
    return able


def _can_be_built(candidate: Candidate, neurons: int) -> bool:
    try:
        candidate.build(neurons)
    except TooFewNeuronsError:
        return False
    return True


def where_it_pays(task: Task, exact: int) -> str:
    """Return the end of a sentence on why a network is exact: the size from which on it would pay.

    Sizes are those of as many copies of the circuit side by side, on features of their own, so
    that influence and promise stay. What constructions declare for them is compared with as many
    exact networks; nothing is built. Empty if no size looked at would pay.
    """
    gates = task.circuit.gates
    copies = 2
    while gates and copies * gates <= _MOST_PLANNED:
        declared = _least_declared(replace(task, circuit=side_by_side(task.circuit, copies)))
        if declared is not None and declared < copies * exact:
            return (
                f"; {copies:,} such circuits side by side ({copies * gates:,} gates, the same "
                f"promise) would take about {declared:,} in superposition, and "
                f"{copies * exact:,} exactly"
            )
        copies *= 2
    return ""


def _least_declared(task: Task) -> int | None:
    """Return the fewest neurons that a construction declares which would be tried for a task."""
    try:
        candidates = [one for one in choose(task, AUTO).candidates if not cannot_compute(one)]
        return min((one.declared.neurons for one in candidates), default=None)
    except PolysemeError:
        return None


def side_by_side(circuit: Circuit, copies: int) -> Circuit:
    """Return so many copies of a circuit as one, each on features of its own."""
    features, gates = len(circuit.features), circuit.gates
    copy = np.arange(copies, dtype=np.int64)[:, None]

    def moved(wires: np.ndarray) -> np.ndarray:
        wires = wires.astype(np.int64)
        own = np.where(
            wires < features,
            wires + copy * features,
            wires + (copies - 1) * features + copy * gates,
        )
        return np.where(wires < 0, -1, own).ravel()

    return Circuit(
        features=Names(prefix="x", count=copies * features),
        kinds=np.tile(circuit.kinds, copies),
        fan_in_offsets=row_offsets(np.tile(np.diff(circuit.fan_in_offsets), copies)),
        fan_in=moved(circuit.fan_in),
        outputs=moved(circuit.outputs),
        output_names=Names(prefix="y", count=copies * len(circuit.outputs)),
        name=circuit.name,
        inverted=np.tile(circuit.inverted, copies),
    )
