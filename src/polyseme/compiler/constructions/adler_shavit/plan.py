"""The plan of a task: its circuit cut into stages. All else depends on the size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyseme.compiler.schedule.scheduling import Carry, make_schedule
from polyseme.compiler.schedule.stages import Schedule, Stage
from polyseme.compiler.task import Task


@dataclass(frozen=True, eq=False)
class Plan:
    """A task and the stages of its circuit, one per hidden layer."""

    task: Task
    schedule: Schedule

    @property
    def resets(self) -> bool:
        """True if units are clips: a layer above needs the noise of this one to be gone."""
        return len(self.schedule.stages) > 1

    @property
    def relus_per_unit(self) -> int:
        """ReLUs that a unit counts as."""
        return 2 if self.resets else 1


def make_plan(task: Task) -> Plan:
    """Return the plan of a task; a circuit of one term per output is one stage as it stands."""
    circuit = task.circuit
    if not task.one_layer or not _is_one_stage(task):
        return Plan(task, make_schedule(circuit, Carry.GATES))
    terms = task.terms
    stage = Stage(
        inputs=terms.features,
        wires=circuit.outputs.astype(np.int32),
        disjunction=np.zeros(len(terms), bool),
        offsets=terms.offsets,
        literals=terms.literals,
        signs=terms.signs,
    )
    return Plan(task, Schedule(circuit, (stage,), np.arange(len(terms), dtype=np.int32)))


def _is_one_stage(task: Task) -> bool:
    """Return whether every output is one term, and no two outputs are the same wire."""
    terms, outputs = task.terms, task.circuit.outputs
    one_each = np.array_equal(terms.output, np.arange(terms.outputs))
    return one_each and len(np.unique(outputs)) == len(outputs)
