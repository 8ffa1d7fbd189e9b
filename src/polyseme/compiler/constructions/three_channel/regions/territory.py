"""Territories: each output of many terms has neurons that serve no other output.

Each term drives a few of its output's neurons (one, if the term has one literal), and the readout
adds up all neurons of the output. A sum over all of them does not average noise out. Instead, a
lighter load per neuron keeps noise below the bend of the ReLUs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.codes.balanced import balanced_rows
from polyseme.compiler.constructions.three_channel.regions.region import (
    Demand,
    Placement,
    readers_of,
)
from polyseme.compiler.constructions.three_channel.regions.summed import SummedRegion

# Outputs with more terms than this get a territory. For terms of one literal this is the limit of
# the first layout, and `layouts.py` has the limits of the others.
TERRITORY_TERMS = 8
# The neurons of a territory are mostly below their bend, so they bear more noise than averaged
# ones. This share of the noise model's neurons was the best one measured on the airports table.
TERRITORY_SHARE = 0.7


@dataclass(frozen=True, eq=False)
class Territory(SummedRegion):
    """Outputs of many terms, each with neurons of its own; each codeword represents an output."""

    # The bend is a little above half-way from one input short to satisfied, so the many idle
    # neurons of an output stay below it.
    knee = 0.4375
    codeword_per_output = True

    @property
    def weight(self) -> int:
        """Number of neurons of its territory that a term drives.

        One is best for terms of one literal. A longer term on one neuron would be read as on if
        other terms on that neuron had one input each on. That does not happen on most of three
        neurons at once.
        """
        return 1 if self.single else 3

    @property
    def smallest_width(self) -> int:
        """Number of neurons that give every output the code of one term."""
        return self.codewords * self.weight

    @property
    def largest_width(self) -> int:
        """Number of neurons that give every term a code of its own."""
        return len(self.terms) * self.weight

    def reference_width(self, demand: Demand) -> float:
        """Return the neurons at which every load is light enough for noise below the bend."""
        load = demand.dimensions / (TERRITORY_SHARE * self.gap(demand))
        reads = self.crowd * self.weight * self.reads
        return float(np.ceil(reads / (len(self.terms) * load)).sum())

    @property
    def fewest_optional_terms(self) -> float:
        """Fewest terms of an output, if terms have one literal, so that outputs may share codes."""
        return int(self.crowd.min()) if self.single else np.inf

    def sizes(self, width: int) -> NDArray[np.int64]:
        """Return a division of `width` neurons among outputs with the lightest heaviest load."""
        crowd, least = self.crowd, self.weight
        low, high = 0.0, float(crowd.max())
        for _ in range(60):
            load = (low + high) / 2
            fits = load > 0 and np.maximum(np.ceil(crowd / load), least).sum() <= width
            low, high = (low, load) if fits else (load, high)
        return np.maximum(np.ceil(crowd / high), least).astype(np.int64)

    def place(
        self, width: int, begin: int, terms: Terms, active: int, generator: np.random.Generator
    ) -> Placement:
        """Divide the neurons among outputs by their terms; draw balanced codes for the terms."""
        sizes = self.sizes(width)
        starts = begin + np.cumsum(sizes) - sizes
        term_neurons = np.empty((len(self.terms), self.weight), np.int32)
        for output, size in enumerate(sizes.tolist()):
            rows = balanced_rows(int(self.crowd[output]), size, self.weight, generator)
            term_neurons[self.codeword == output] = starts[output] + rows
        return Placement(self, begin, width, term_neurons, readers_of(self, terms, term_neurons))
