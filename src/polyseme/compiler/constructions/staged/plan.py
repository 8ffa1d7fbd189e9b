"""What is decided about a deep circuit before any unit is chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.compiler.constructions.three_channel.plan import Stream
from polyseme.compiler.schedule.activity import Activity, measure_activity
from polyseme.compiler.schedule.scheduling import Carry, make_schedule
from polyseme.compiler.schedule.stages import Schedule
from polyseme.verification.inputs import draw_deep_inputs

ACTIVITY_SAMPLES = 2000


@dataclass(frozen=True, eq=False)
class DeepPlan:
    """A circuit, its stages, and how active they are under the sparsity promise.

    `monosemantic_neurons` are those of the widest layer when every live wire has its own neuron,
    or passes in the residual stream.
    """

    circuit: Circuit
    schedule: Schedule
    activity: Activity
    monosemantic_neurons: int
    active: int
    error: float
    seed: int

    @cached_property
    def columns(self) -> NDArray[np.int64]:
        """Live wires of every stage, (stages,)."""
        return np.array([len(stage) for stage in self.schedule.stages])

    def at(self, neurons: int) -> DeepPlan:
        """The plan for a network of so many neurons: this one, if each wire can have its own."""
        return self if neurons >= self.monosemantic_neurons else self.superposable

    @cached_property
    def superposable(self) -> DeepPlan:
        """The plan for layers in superposition, where every wire counts, carried or not."""
        if not self.schedule.residual:
            return self
        schedule = make_schedule(self.circuit, Carry.RESIDUAL, few_columns=True)
        activity = _activity(schedule, self.active, self.seed)
        return replace(self, schedule=schedule, activity=activity)

    def stream(self, purpose: int) -> np.random.Generator:
        """The random stream for a purpose; the same for every size, so sizes compare fairly."""
        return np.random.default_rng([self.seed, purpose])

    def inputs(self, name: str, samples: int, generator: np.random.Generator) -> NDArray[np.int32]:
        """Sparse inputs from a named distribution."""
        return draw_deep_inputs(name, self.circuit, self.active, samples, generator)


def make_deep_plan(
    circuit: Circuit, active: int, error: float, seed: int, carry: Carry = Carry.AUTO
) -> DeepPlan:
    """Schedule the circuit and measure its activity on the inputs it will be tried on."""
    schedule = make_schedule(circuit, carry)
    return DeepPlan(
        circuit=circuit,
        schedule=schedule,
        activity=_activity(schedule, active, seed),
        monosemantic_neurons=int(schedule.alone.max()),
        active=active,
        error=error,
        seed=seed,
    )


def _activity(schedule: Schedule, active: int, seed: int) -> Activity:
    generator = np.random.default_rng([seed, Stream.ACTIVITY])
    rows = draw_deep_inputs("satisfied", schedule.circuit, active, ACTIVITY_SAMPLES, generator)
    return measure_activity(schedule, rows)
