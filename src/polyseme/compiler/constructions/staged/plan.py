"""The plan of a circuit of several stages: all that is decided before any unit is chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.common.progress import phase
from polyseme.common.random_streams import Stream
from polyseme.compiler.schedule.activity import Activity, measure_activity
from polyseme.compiler.schedule.scheduling import Carry, Placements, make_placements
from polyseme.compiler.schedule.stages import Schedule
from polyseme.compiler.task import Task
from polyseme.verification.inputs import draw_deep_inputs

ACTIVITY_SAMPLES = 2000


@dataclass(frozen=True, eq=False)
class StagedPlan:
    """A task, the stages of its circuit, and their activity under the sparsity promise."""

    task: Task
    schedule: Schedule

    @property
    def circuit(self) -> Circuit:
        """The circuit that is cut into stages."""
        return self.schedule.circuit

    @cached_property
    def activity(self) -> Activity:
        """The number of wires of each stage that are on, measured on satisfied inputs."""
        with phase("wires on in every stage"):
            inputs = self.satisfied(ACTIVITY_SAMPLES, Stream.ACTIVITY)
            return measure_activity(self.schedule, inputs)

    @cached_property
    def monosemantic_neurons(self) -> int:
        """ReLUs of the widest layer if each live wire has its own or is in the residual stream."""
        return int(self.schedule.monosemantic_neurons.max())

    @cached_property
    def columns(self) -> NDArray[np.int64]:
        """Number of live wires of every stage, (stages,)."""
        return np.array([len(stage) for stage in self.schedule.stages])

    def at(self, neurons: int) -> StagedPlan:
        """Return the plan for so many neurons: this one if they are enough for one per wire."""
        return self if neurons >= self.monosemantic_neurons else self.superposable

    @cached_property
    def superposable(self) -> StagedPlan:
        """The plan for layers in superposition, in which carried wires take units too."""
        if not self.schedule.residual:
            return self
        schedule = self.task.once(placements_of).schedule(Carry.RESIDUAL, few_columns=True)
        return replace(self, schedule=schedule)

    def satisfied(self, samples: int, purpose: Stream) -> NDArray[np.int32]:
        """Draw inputs that switch on one gate of any depth, int32 (samples, active)."""
        generator = self.task.stream(purpose)
        return draw_deep_inputs("satisfied", self.circuit, self.task.active, samples, generator)


def make_staged_plan(task: Task) -> StagedPlan:
    """Return the plan of a task, with its circuit scheduled."""
    placements = task.once(placements_of)
    with phase(f"cutting {task.circuit.gates:,} gates into stages"):
        return StagedPlan(task, placements.schedule(Carry(task.carry)))


def placements_of(task: Task) -> Placements:
    """Return the ways in which the gates of a task are placed in stages; `Task.once` keeps them."""
    with phase(f"placing {task.circuit.gates:,} gates"):
        return make_placements(task.circuit)
