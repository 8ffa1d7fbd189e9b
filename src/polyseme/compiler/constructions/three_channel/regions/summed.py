"""Regions whose outputs add up neurons of their own: territories, and one neuron per codeword.

A reading is the sum of ReLUs that bend far above rest. An output strays if one of its ReLUs exceeds
its bend by more than the threshold. The mean of what noise makes all ReLUs of the output add also
counts. The load of a neuron falls as its output gets more neurons, and an output needs at least
one.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.common.distributions import normal_below
from polyseme.compiler.constructions.three_channel.regions.noise import (
    SHARES,
    Floats,
    deviation,
    fewest_failures,
    noise_variance,
    rectified,
)
from polyseme.compiler.constructions.three_channel.regions.region import Demand, Region


@dataclass(frozen=True, eq=False)
class SummedRegion(Region):
    """A region in which every output reads neurons that serve no other output of the region."""

    @property
    @abstractmethod
    def weight(self) -> int:
        """Number of neurons that a term drives."""

    @abstractmethod
    def sizes(self, width: int) -> NDArray[np.int64]:
        """Return the number of neurons of each codeword on `width` neurons, int64 (codewords,)."""

    def expected_failures(self, width: int, terms: int, demand: Demand) -> tuple[float, float]:
        """Return expected misses and strays per satisfied input, at the best threshold."""
        return fewest_failures(self, *self._failures(width, demand), terms, demand)

    def _failures(self, width: int, demand: Demand) -> tuple[Floats, Floats]:
        """Return the chance of a miss per term and of a stray per output, at every threshold."""
        # Outputs with equally many terms have equally many neurons, so one represents all of them.
        crowd, first, outputs = np.unique(self.crowd, return_index=True, return_counts=True)
        weight, knee = self.weight, self.knee
        sizes = self.sizes(width)[first].astype(np.float64)
        load = crowd * (weight * self.reads / len(self.terms)) / sizes
        variance = noise_variance(load, demand)
        foreign, level = self.foreign_features(demand), SHARES * knee
        satisfied, idle = deviation(variance * foreign), deviation(variance * (foreign + 1))
        others, steady = sizes - weight, np.sqrt(weight)
        reading = knee + others * rectified(knee - 1, satisfied)[0]
        miss = normal_below((level - reading) / satisfied * steady)
        beyond = np.maximum(level - others * rectified(knee - 1, idle)[0], 0) + 1 - knee
        stray = np.minimum(sizes / weight * normal_below(-beyond / idle * steady), 1)
        return miss @ (crowd * outputs) / len(self.terms), stray @ outputs / self.codewords
