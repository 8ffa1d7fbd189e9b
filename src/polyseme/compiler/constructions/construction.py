"""The interface of a construction: what it serves, the size it declares, and how it builds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

from polyseme.common.literature import PUBLICATIONS
from polyseme.common.memory import available_memory
from polyseme.compiler.report import LayerDecision
from polyseme.compiler.task import Task
from polyseme.errors import CapacityError, OptionError, PolysemeError
from polyseme.networks.network import Network

Plan = TypeVar("Plan")
_TEXTS = ("name", "problem", "law", "error")


class Inputs(StrEnum):
    """The kind of input: one dimension per feature, or fewer dimensions than features."""

    BASIS = "basis"
    SUPERPOSED = "superposed"
    EITHER = "either"


@dataclass(frozen=True)
class Size:
    """The neurons that a construction declares, and the parameters of a network of that size."""

    neurons: int
    parameters: int


class Construction(ABC, Generic[Plan]):
    """A recipe that turns some kind of circuit into a network.

    Attributes:
        name: The name by which `--construction` and `polyseme.compile` select it.
        problem: The circuits that it serves, in words.
        inputs: The kind of input that its networks have.
        law: The number of neurons as a formula, with its constant.
        exponent: The slope of log neurons against log gates as problems of its kind grow, at fixed
            promise, error and influence, apart from logarithms.
        error: The conditions under which its networks err, in words.
        assumptions: The assumptions of its theorem, in words.
        sources: Keys of `polyseme.common.literature.PUBLICATIONS`.
        searched: Whether the compiler searches for a smaller network than the declared one.
        computes: Whether hidden layers of large enough networks compute the gates, so that a
            reading error can be asked for. If not, the thresholds of the readout finish the work.
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
    computes: ClassVar[bool] = False

    def __init__(self) -> None:
        """Check that every attribute is given."""
        for text in _TEXTS:
            if not isinstance(getattr(self, text, None), str):
                raise PolysemeError(f"{type(self).__name__}.{text} must be a string")
        unknown = [key for key in self.sources if key not in PUBLICATIONS]
        if unknown or not self.sources:
            raise PolysemeError(f"{self.name}: {unknown} are no sources in common/literature.py")
        if not isinstance(self.inputs, Inputs) or not 0 <= self.exponent <= 1:
            raise PolysemeError(f"{self.name}: its inputs or its exponent are not given")

    @abstractmethod
    def refusal(self, task: Task) -> str | None:
        """Return in one line why the construction does not serve a task; None where it does."""

    @abstractmethod
    def plan(self, task: Task) -> Plan:
        """Return all that is decided before the size, for a task that the construction serves."""

    @abstractmethod
    def neurons(self, plan: Plan, error: float) -> int:
        """Return the number of neurons that the construction declares to be enough for an error.

        Raises:
            CapacityError: No number of neurons is enough.
        """

    @abstractmethod
    def parameters(self, plan: Plan, neurons: int) -> int:
        """Return the number of parameters of a network of so many neurons."""

    @abstractmethod
    def build(self, plan: Plan, neurons: int) -> Network:
        """Build a network of at most so many neurons.

        Raises:
            TooFewNeuronsError: The neurons are too few.
            CapacityError: A number does not fit its type, which more neurons would not cure.
        """

    def memory(self, plan: Plan, neurons: int) -> int:
        """Return about how many bytes building takes; 0 where it is little more than the network.

        It is asked before building, which is refused if so much is not there.
        """
        return 0

    def decisions(self, plan: Plan, network: Network) -> tuple[LayerDecision, ...]:
        """Return the decision about each layer of a deep network; () for one hidden layer."""
        return ()

    def candidate(self, task: Task) -> Candidate:
        """Return the construction with its plan for a task.

        Raises:
            OptionError: The construction refuses the task; the message says why.
        """
        reason = self.refusal(task)
        if reason is not None:
            raise OptionError(
                f"{task.circuit.name}: {self.name} does not serve this task: {reason}"
            )
        return Candidate(self, task, self.plan(task))


class TaskConstruction(Construction[Task]):
    """A construction that decides nothing before the size is known: its plan is the task."""

    def plan(self, task: Task) -> Task:
        """Return the task."""
        return task


@dataclass(frozen=True, eq=False)
class Candidate:
    """A construction with its plan for a task, from which networks of any size are built."""

    construction: Construction[Any]
    task: Task
    plan: Any

    @cached_property
    def declared(self) -> Size:
        """The size that the construction declares for the error of the task."""
        neurons = self.construction.neurons(self.plan, self.task.error)
        return Size(neurons, self.construction.parameters(self.plan, neurons))

    def neurons(self, error: float) -> int:
        """Return the neurons that the construction declares for another error."""
        return self.construction.neurons(self.plan, error)

    def build(self, neurons: int) -> Network:
        """Build a network of at most so many neurons, with the errors of `Construction.build`.

        Raises CapacityError, before anything is done, where memory would not do.
        """
        self._check_memory(neurons)
        return self.construction.build(self.plan, neurons)

    def decisions(self, network: Network) -> tuple[LayerDecision, ...]:
        """Return the decision about each layer of a deep network."""
        return self.construction.decisions(self.plan, network)

    def _check_memory(self, neurons: int) -> None:
        needed = self.construction.memory(self.plan, neurons)
        left = available_memory() if needed else None
        if left is not None and needed > left:
            raise CapacityError(
                f"{self.construction.name} takes about {needed / 1e9:.1f} GB of memory to build "
                f"{neurons:,} neurons, and {left / 1e9:.1f} GB are left"
            )
