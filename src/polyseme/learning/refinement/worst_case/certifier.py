"""The certifier of linear layers: at a size, a network that is right on every input, or none."""

from __future__ import annotations

from dataclasses import dataclass, field

from polyseme.compiler.constructions.frames.frame_network import dimensions_of, round_down
from polyseme.compiler.constructions.frames.tight_frames import weight_of
from polyseme.compiler.task import Task
from polyseme.learning.refinement.worst_case.descent import descended
from polyseme.learning.refinement.worst_case.frames import Frames
from polyseme.learning.refinement.worst_case.limit import LeastSize, least_size, widest_limits
from polyseme.networks.network import Network


@dataclass(frozen=True, eq=False)
class LinearCertifier:
    """The certifier of a task's linear layers, for at most `active` features on."""

    task: Task
    active: int
    _least: LeastSize = field(init=False)

    def __post_init__(self) -> None:
        """Find the least size by formula."""
        object.__setattr__(self, "_least", least_size(self.task, self.active))

    @property
    def step(self) -> int:
        """The number that all sizes are multiples of: the weight of a code."""
        return weight_of(self.task)

    @property
    def least(self) -> int:
        """The least number of neurons that are enough by the formula."""
        neurons = self.step
        while (
            neurons * dimensions_of(self.task, neurons, self.step) < self._least.weights
            or neurons < self._least.neurons
        ):
            neurons += self.step
        return neurons

    def at(self, neurons: int) -> Network | None:
        """Return a network of at most so many neurons that is right on every input, or None.

        Raises:
            TooFewNeuronsError: The neurons are fewer than two codes take.
        """
        frames = Frames.drawn(self.task, round_down(neurons, self.step))
        units, dimensions = frames.shape
        limits = widest_limits(self.task, self.active, units * dimensions)
        found = descended(frames, limits, self.active)
        if found is None:
            return None
        return frames.network(found.steps, found.seen)
