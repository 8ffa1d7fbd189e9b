"""The interface of a construction: a recipe with its theorem, the size it declares, its builder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

from polyseme.common.literature import PUBLICATIONS
from polyseme.compiler.report import LayerDecision
from polyseme.compiler.task import Task
from polyseme.errors import OptionError, PolysemeError
from polyseme.networks.network import Network

Plan = TypeVar("Plan")
_TEXTS = ("name", "problem", "law", "error")


class Inputs(StrEnum):
    """How features reach the first layer: a dimension each, or fewer dimensions than features."""

    BASIS = "basis"
    SUPERPOSED = "superposed"
    EITHER = "either"


@dataclass(frozen=True)
class Size:
    """Neurons that a construction declares, and the numbers that a network of so many stores."""

    neurons: int
    parameters: int


class Construction(ABC, Generic[Plan]):
    """A recipe under its own name.

    Attributes:
        name: What `--construction` and `polyseme.compile` call it.
        problem: The circuits it serves, in words.
        inputs: How features reach the first layer.
        law: Neurons as a formula, constant included.
        exponent: The slope of log neurons against log gates as problems of its kind grow, at fixed
            promise, error and influence, logarithms aside.
        error: When its networks err, in words.
        assumptions: Of its theorem, in words.
        sources: Keys of `polyseme.common.literature.PUBLICATIONS`.
        searched: Whether a smaller network than the declared one is worth looking for.
    """

    name: ClassVar[str]
    problem: ClassVar[str]
    inputs: ClassVar[Inputs]
    law: ClassVar[str]
    exponent: ClassVar[float]
    error: ClassVar[str]
    assumptions: ClassVar[tuple[str, ...]]
    sources: ClassVar[tuple[str, ...]]
    searched: ClassVar[bool] = True

    def __init__(self) -> None:
        """Check that the recipe says everything about itself."""
        for text in _TEXTS:
            if not isinstance(getattr(self, text, None), str):
                raise PolysemeError(f"{type(self).__name__}.{text} must be a text")
        unknown = [key for key in self.sources if key not in PUBLICATIONS]
        if unknown or not self.sources:
            raise PolysemeError(f"{self.name}: {unknown} are no sources in common/literature.py")
        if not isinstance(self.inputs, Inputs) or not 0 <= self.exponent <= 1:
            raise PolysemeError(f"{self.name}: its inputs or its exponent are not given")

    @abstractmethod
    def refusal(self, task: Task) -> str | None:
        """Return in one line why it does not serve a task; None where it does."""

    @abstractmethod
    def plan(self, task: Task) -> Plan:
        """Decide whatever does not depend on the size, once for all sizes, for a task it serves."""

    @abstractmethod
    def neurons(self, plan: Plan, error: float) -> int:
        """Return the neurons it declares to be enough for an error.

        Raises CapacityError where no number of neurons is.
        """

    @abstractmethod
    def parameters(self, plan: Plan, neurons: int) -> int:
        """Return how many numbers a network of so many neurons stores."""

    @abstractmethod
    def build(self, plan: Plan, neurons: int) -> Network:
        """Build the network of at most so many neurons.

        Raises TooFewNeuronsError where they are too few, and CapacityError where a number does not
        fit its type, which more neurons would not cure.
        """

    def decisions(self, plan: Plan, network: Network) -> tuple[LayerDecision, ...]:
        """Return what was decided about each layer of a deep network; () for one hidden layer."""
        return ()

    def candidate(self, task: Task) -> Candidate:
        """Plan a task. Raises OptionError, saying why, where it is refused."""
        reason = self.refusal(task)
        if reason is not None:
            raise OptionError(f"{task.circuit.name}: {self.name} does not serve it: {reason}")
        return Candidate(self, task, self.plan(task))


class TaskConstruction(Construction[Task]):
    """A construction of which nothing is decided before the size: its plan is the task."""

    def plan(self, task: Task) -> Task:
        """Return the task."""
        return task


@dataclass(frozen=True, eq=False)
class Candidate:
    """A construction with its plan for a task: planned once, built at any number of sizes."""

    construction: Construction[Any]
    task: Task
    plan: Any

    @cached_property
    def declared(self) -> Size:
        """What the construction declares for the error of the task."""
        neurons = self.construction.neurons(self.plan, self.task.error)
        return Size(neurons, self.construction.parameters(self.plan, neurons))

    def neurons(self, error: float) -> int:
        """Return the neurons it declares for another error."""
        return self.construction.neurons(self.plan, error)

    def build(self, neurons: int) -> Network:
        """Build a network of at most so many neurons; errors are those of `Construction.build`."""
        return self.construction.build(self.plan, neurons)

    def decisions(self, network: Network) -> tuple[LayerDecision, ...]:
        """Return what was decided about each layer of a deep network."""
        return self.construction.decisions(self.plan, network)
