"""What is decided about a circuit before any neuron is chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.terms import Terms, terms_of
from polyseme.compiler.constructions.three_channel.channels import (
    BASIS_TERMS_PER_FEATURE,
    Assignment,
    assign_channels,
    no_channels,
    too_heavy,
)
from polyseme.compiler.constructions.three_channel.layouts import best_layout, layouts_of
from polyseme.compiler.constructions.three_channel.regions.gather import gather_regions
from polyseme.compiler.constructions.three_channel.regions.region import Demand, Region
from polyseme.compiler.parts.input_code import shared_dimensions
from polyseme.errors import CompileError


class Stream(IntEnum):
    """What random numbers are for; each purpose has a stream of its own, so draws never mix."""

    INPUT_CODE = 0
    OUTPUT_CODES = 1
    CALIBRATION = 2
    ACTIVITY = 3
    SIGNS = 4
    PROBES = 10
    CONFIRMATIONS = 11


@dataclass(frozen=True, eq=False)
class Plan:
    """A circuit, its terms, and the regions they fall into; `alone` are the monosemantic ones.

    Which of the `layouts` is built depends on the size.
    """

    circuit: Circuit
    terms: Terms
    assignment: Assignment
    layouts: tuple[list[Region], ...]
    alone: list[Region]
    active: int
    error: float
    basis: bool
    seed: int

    @property
    def regions(self) -> list[Region]:
        """The regions of a network with neurons enough for every territory."""
        return self.layouts[0]

    def regions_for(self, neurons: int) -> list[Region]:
        """The regions of a network of so many neurons."""
        return best_layout(self.layouts, neurons, self.demand, self.noise)

    @property
    def monosemantic_neurons(self) -> int:
        """Neurons of the network that gives every term (or OR of features) its own."""
        return sum(region.codewords for region in self.alone)

    @property
    def trials(self) -> tuple[str, ...]:
        """The inputs a network is calibrated and confirmed on.

        Of gates of three and more inputs, a satisfied one and random features say nothing about
        those that lack a single input; of smaller gates, they do.
        """
        wide = int(self.terms.plain.max()) > 2
        return ("satisfied", "one-short") if wide else ("satisfied",)

    def demand(self, neurons: int) -> Demand:
        """What the noise model needs to know at a given number of neurons."""
        return Demand(self.active, self.error, self.dimensions(neurons), self.terms.features)

    def noise(self, neurons: int) -> Demand:
        """As `demand`, but with the input dimensions that heavy features leave to the others."""
        demand = self.demand(neurons)
        if self.basis:
            return demand
        apart = len(too_heavy(self.terms, self.assignment))
        return replace(demand, dimensions=shared_dimensions(demand.dimensions, apart))

    def dimensions(self, neurons: int) -> int:
        """Input dimensions: never more than neurons, and at most three for every four features."""
        features = self.terms.features
        return features if self.basis else max(1, min(neurons, 3 * features // 4))

    def stream(self, purpose: int) -> np.random.Generator:
        """The random stream for a purpose; the same for every size, so sizes compare fairly."""
        return np.random.default_rng([self.seed, purpose])


def make_plan(circuit: Circuit, active: int, error: float, encoder: str, seed: int) -> Plan:
    """Flatten the circuit, choose channels, gather regions, and choose the kind of encoder."""
    terms = terms_of(circuit)
    if not len(terms):
        raise CompileError(
            f"{circuit.name}: no output can ever be on, so there is nothing to build"
        )
    assignment = assign_channels(terms)
    basis = encoder == "basis"
    if encoder == "auto":
        basis = len(terms) > BASIS_TERMS_PER_FEATURE * terms.features
    return Plan(
        circuit=circuit,
        terms=terms,
        assignment=assignment,
        layouts=layouts_of(terms, assignment),
        alone=gather_regions(terms, no_channels(terms), territory_terms=None),
        active=active,
        error=error,
        basis=basis,
        seed=seed,
    )
