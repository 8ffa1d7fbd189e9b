"""The certifier of linear layers: at a size, a network that is right on every input, or none."""

from __future__ import annotations

from dataclasses import dataclass

from polyseme.compiler.constructions.frames.frame_network import dimensions_of, round_down
from polyseme.compiler.constructions.frames.tight_frames import weight_of
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.learning.refinement.worst_case.descent import descended
from polyseme.learning.refinement.worst_case.frames import Frames
from polyseme.learning.refinement.worst_case.limit import least_size, widest_limits
from polyseme.networks.network import Network


@dataclass(frozen=True, eq=False)
class LinearCertifier:
    """The certifier of a task's layers that do not bend, for at most `active` features on."""

    task: Task
    active: int

    @property
    def step(self) -> int:
        """The number that all sizes are multiples of: the weight of a code."""
        return weight_of(self.task)

    def least(self) -> int:
        """Return the least number of neurons that are enough by the formula."""
        least, step = least_size(self.task, self.active), self.step
        neurons = step * max(2, -int(-least.neurons // step))
        while neurons * dimensions_of(self.task, neurons, step) < least.weights:
            neurons += step
        return neurons

    def at(self, neurons: int) -> Network | None:
        """Return a network of at most so many neurons that is right on every input, if one is."""
        try:
            frames = Frames.drawn(self.task, round_down(neurons, self.step))
        except TooFewNeuronsError:
            return None
        units, dimensions = frames.shape
        limits = widest_limits(self.task, self.active, units * dimensions)
        found = descended(frames, limits, self.active)
        return None if found is None else frames.network(found.steps, found.seen)
