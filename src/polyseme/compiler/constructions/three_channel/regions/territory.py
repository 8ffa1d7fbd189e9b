"""Territories: an output fed by many terms has neurons that serve nothing else.

Each term drives a few of its output's neurons (one, if the term has one literal), and the readout
adds them all up. Averaging does not help a sum over a whole territory, so noise is kept below the
bend of the ReLU instead, by a lighter load per neuron.
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

# Outputs with more terms than this get a territory; fewer share one code. For terms of one literal
# this is the first choice, and `layouts.py` has the others.
TERRITORY_TERMS = 8
# A territory's neurons sit idle below the bend of the ReLU, so they bear more noise than averaged
# ones; this share of the noise model's neurons measured best on the airports table.
TERRITORY_SHARE = 0.7


@dataclass(frozen=True, eq=False)
class Territory(SummedRegion):
    """Outputs of many terms, each with neurons of its own; a codeword stands for an output."""

    # The many idle neurons of an output stay below a bend half-way to a satisfied sum.
    knee = 0.4375
    codeword_per_output = True

    @property
    def weight(self) -> int:
        """Number of neurons of its territory a term drives.

        One is best for terms of one literal. Longer ones are mistaken for a pair of halves of two
        others that meet on a neuron, which cannot happen on most of three.
        """
        return 1 if self.single else 3

    @property
    def smallest_width(self) -> int:
        """Neurons that give every output the code of one term."""
        return self.codewords * self.weight

    @property
    def largest_width(self) -> int:
        """Neurons that give every term a code of its own."""
        return len(self.terms) * self.weight

    def reference_width(self, demand: Demand) -> float:
        """Neurons at which no neuron reads more than noise below the bend allows."""
        load = demand.dimensions / (TERRITORY_SHARE * self.gap(demand))
        reads = self.crowd * self.weight * self.reads
        return float(np.ceil(reads / (len(self.terms) * load)).sum())

    @property
    def fewest_optional_terms(self) -> float:
        """Fewest terms of an output, where terms of one literal leave outputs the choice."""
        return int(self.crowd.min()) if self.single else np.inf

    def sizes(self, width: int) -> NDArray[np.int64]:
        """Cut `width` neurons among outputs so that the heaviest load is as light as can be."""
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
        """Share the neurons among outputs by their terms; an output's terms use its own evenly."""
        sizes = self.sizes(width)
        starts = begin + np.cumsum(sizes) - sizes
        term_neurons = np.empty((len(self.terms), self.weight), np.int32)
        for output, size in enumerate(sizes.tolist()):
            rows = balanced_rows(int(self.crowd[output]), size, self.weight, generator)
            term_neurons[self.codeword == output] = starts[output] + rows
        return Placement(self, begin, width, term_neurons, readers_of(self, terms, term_neurons))
