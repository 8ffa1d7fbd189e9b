"""Step sizes of a training run."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi

from polyseme.common.arguments import real_number, text, whole_number
from polyseme.errors import OptionError

MAX_STEPS = 100_000_000
# A rate beyond this moves every number of a network by more than it is.
_HIGHEST_RATE = 1e3
FALLS = ("none", "cosine", "linear")


@dataclass(frozen=True)
class Pace:
    """Number of steps of Adam, and the size of each.

    Args:
        steps: The number of steps.
        rate: The most that a number moves in one of the first steps.
        warm_up: Steps over which the rate rises from 0, in a straight line.
        falls: The course of the rate after the warm-up: "none" keeps it, and "cosine" and "linear"
            take it to 0 at the last step.
        means: The decay of the mean and of the mean square of gradients, beta of Adam.

    Raises:
        OptionError: A number is of a wrong type or out of range.
    """

    steps: int
    rate: float = 1e-3
    warm_up: int = 0
    falls: str = "none"
    means: tuple[float, float] = (0.9, 0.999)

    def __post_init__(self) -> None:
        """Check every number."""
        # Of Python's types, which a checkpoint writes down.
        object.__setattr__(self, "steps", whole_number("steps", self.steps, 1, MAX_STEPS))
        object.__setattr__(self, "rate", real_number("rate", self.rate, 0, _HIGHEST_RATE))
        whole_number("warm_up", self.warm_up, 0)
        text("falls", self.falls, FALLS)
        if not all(0 <= mean < 1 for mean in self.means):
            raise OptionError(f"means are {self.means}; they must be at least 0 and less than 1")

    def at(self, step: int) -> float:
        """Return the rate of a step, counted from 0."""
        if step < self.warm_up:
            return self.rate * (step + 1) / self.warm_up
        done = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        if self.falls == "cosine":
            return self.rate * (1 + cos(pi * done)) / 2
        return self.rate * (1 - done) if self.falls == "linear" else self.rate
