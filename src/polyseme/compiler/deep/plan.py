"""What is decided about a deep circuit before any unit is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.compiler.activity import Activity, measure_activity
from polyseme.compiler.plan import Stream
from polyseme.compiler.schedule import make_schedule
from polyseme.compiler.stages import Schedule
from polyseme.verify.inputs import draw_deep_inputs

ACTIVITY_SAMPLES = 2000


@dataclass(frozen=True, eq=False)
class DeepPlan:
    """A circuit, its stages, and how active they are under the sparsity promise."""

    circuit: Circuit
    schedule: Schedule
    activity: Activity
    active: int
    error: float
    seed: int

    @cached_property
    def columns(self) -> NDArray[np.int64]:
        """Live wires of every stage: the neurons of its monosemantic layer, (stages,)."""
        return np.array([len(stage) for stage in self.schedule.stages])

    @property
    def monosemantic_neurons(self) -> int:
        """Neurons of the widest layer when every live wire has its own."""
        return int(self.columns.max())

    def stream(self, purpose: int) -> np.random.Generator:
        """The random stream for a purpose; the same for every size, so sizes compare fairly."""
        return np.random.default_rng([self.seed, purpose])

    def inputs(self, name: str, samples: int, generator: np.random.Generator) -> NDArray[np.int32]:
        """Sparse inputs from a named distribution."""
        return draw_deep_inputs(name, self.circuit, self.active, samples, generator)


def make_deep_plan(circuit: Circuit, active: int, error: float, seed: int) -> DeepPlan:
    """Schedule the circuit and measure its activity on the inputs it will be tried on."""
    schedule = make_schedule(circuit)
    generator = np.random.default_rng([seed, Stream.ACTIVITY])
    rows = draw_deep_inputs("satisfied", circuit, active, ACTIVITY_SAMPLES, generator)
    return DeepPlan(
        circuit=circuit,
        schedule=schedule,
        activity=measure_activity(schedule, rows),
        active=active,
        error=error,
        seed=seed,
    )
