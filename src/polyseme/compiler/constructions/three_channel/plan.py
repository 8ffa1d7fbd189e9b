"""The three-channel plan of a task: all that is decided before the number of neurons is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.terms import Terms
from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.three_channel.channels import (
    BASIS_TERMS_PER_FEATURE,
    Assignment,
    assign_channels,
    too_heavy,
)
from polyseme.compiler.constructions.three_channel.layouts import Layout, best_layout, layouts_of
from polyseme.compiler.constructions.three_channel.regions.gather import gather_regions
from polyseme.compiler.constructions.three_channel.regions.region import Demand, Region
from polyseme.compiler.parts.input_code import shared_dimensions
from polyseme.compiler.task import Task


@dataclass(frozen=True, eq=False)
class Plan:
    """A task, the channel of every term, and the layouts into which terms may be gathered.

    `basis` says that each feature has an input dimension of its own. With `territories` there are
    several layouts, of which one is chosen by the size. Without, there is one layout, in which no
    output has a territory.
    """

    task: Task
    assignment: Assignment
    basis: bool
    territories: bool = True

    @property
    def circuit(self) -> Circuit:
        """The circuit of the task."""
        return self.task.circuit

    @property
    def terms(self) -> Terms:
        """The terms of the circuit."""
        return self.task.terms

    @property
    def active(self) -> int:
        """The promise of the task."""
        return self.task.active

    @property
    def seed(self) -> int:
        """The seed of the task."""
        return self.task.seed

    @property
    def trials(self) -> tuple[str, ...]:
        """The kinds of inputs that a network is calibrated on."""
        return self.task.trials

    @cached_property
    def layouts(self) -> tuple[Layout, ...]:
        """The layouts to choose from, the one with most territories first."""
        if self.territories:
            return layouts_of(self.terms, self.assignment)
        return (gather_regions(self.terms, self.assignment, territory_terms=None),)

    @property
    def regions(self) -> list[Region]:
        """The regions of the layout with most territories."""
        return self.layouts[0]

    def regions_for(self, neurons: int) -> list[Region]:
        """Return the regions of a network of so many neurons."""
        return best_layout(self.layouts, neurons, self.demand, self.noise)

    def demand(self, neurons: int) -> Demand:
        """Return the demand from which widths follow at a given number of neurons."""
        task = self.task
        return Demand(task.active, task.error, self.dimensions(neurons), self.terms.features)

    def noise(self, neurons: int) -> Demand:
        """Return the demand with only the input dimensions that heavy features leave to others."""
        demand = self.demand(neurons)
        if self.basis:
            return demand
        apart = len(too_heavy(self.terms, self.assignment))
        return replace(demand, dimensions=shared_dimensions(demand.dimensions, apart))

    def dimensions(self, neurons: int) -> int:
        """Return the number of input dimensions.

        It is one per feature if inputs are basis-aligned. Otherwise it is at most the number of
        neurons, and at most three per four features.
        """
        features = self.terms.features
        return features if self.basis else max(1, min(neurons, 3 * features // 4))

    def stream(self, purpose: Stream) -> np.random.Generator:
        """Return the random stream of a purpose."""
        return self.task.stream(purpose)

    def for_error(self, error: float) -> Plan:
        """Return the plan for another error; layouts do not depend on it."""
        if error == self.task.error:
            return self
        other = replace(self, task=replace(self.task, error=error))
        # Layouts depend on the circuit only, so they are kept.
        vars(other)["layouts"] = self.layouts
        return other


def make_plan(task: Task) -> Plan:
    """Return the plan of a task of one hidden layer, with its channels and kind of encoder."""
    return Plan(task, assign_channels(task.terms), wants_basis(task))


def wants_basis(task: Task) -> bool:
    """Return whether inputs are basis-aligned: if asked for, or if terms are very many."""
    if task.encoder == "auto":
        return len(task.terms) > BASIS_TERMS_PER_FEATURE * task.terms.features
    return task.encoder == "basis"
