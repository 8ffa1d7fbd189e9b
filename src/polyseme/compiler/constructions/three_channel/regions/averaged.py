"""Regions whose outputs average a codeword of several neurons: code regions and pools.

**Width.** With R reads on N neurons over d dimensions for m features, one foreign feature moves a
reading with variance R/N (1/d + 1/m). The first part is the interference of input codes, and the
second comes from codewords that overlap. That variance times V (`region.py`) must fit into the gap
of 1.

**Failure.** A reading is the mean of w neurons. They all read the features of the word itself, so
that part of their noise is common to them, and no number of neurons averages it out. The noise from
features of other words is averaged. Each foreign feature also drives words, and each word that
shares one neuron with this one raises its reading by 1/w. So an output of many terms is noisy in
such a region, however wide the region is. Such outputs get territories.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from scipy.special import comb

from polyseme.common.distributions import normal_below
from polyseme.compiler.constructions.three_channel.regions.codewords import MIN_WEIGHT
from polyseme.compiler.constructions.three_channel.regions.noise import (
    SHARES,
    Floats,
    deviation,
    fewest_failures,
    noise_variance,
    rectified,
)
from polyseme.compiler.constructions.three_channel.regions.own import own_where_wide
from polyseme.compiler.constructions.three_channel.regions.region import Demand, Region


@dataclass(frozen=True, eq=False)
class AveragedRegion(Region):
    """A region in which every codeword is a set of neurons that other codewords use too."""

    # The bend is just below the sum of a term that lacks one input; the mean over the codeword
    # still separates the two.
    knee = 1.25

    @abstractmethod
    def word_weight(self, width: int) -> int:
        """Return the number of neurons per codeword on `width` neurons."""

    @property
    def smallest_width(self) -> int:
        """Number of neurons for codewords of the smallest weight, or one per codeword."""
        return min(self.codewords, round(1.05 * MIN_WEIGHT * math.sqrt(self.codewords)))

    def reference_width(self, demand: Demand) -> float:
        """Return the neurons at which the noise of foreign features fits into the gap."""
        return self.reads * (1 / demand.dimensions + 1 / demand.features) * self.gap(demand)

    def at_width(self, width: int) -> Region:
        """Return the region, or one neuron per codeword where the width is enough for that."""
        return own_where_wide(self, width)

    def expected_failures(self, width: int, terms: int, demand: Demand) -> tuple[float, float]:
        """Return expected misses and strays per satisfied input, at the best threshold."""
        return fewest_failures(self, *self._failures(width, demand), terms, demand)

    def _failures(self, width: int, demand: Demand) -> tuple[Floats, Floats]:
        """Return the chance of a miss per term and of a stray per word, at every threshold."""
        knee, weight = self.knee, self.word_weight(width)
        crowd, words = np.unique(self.crowd, return_counts=True)
        own = crowd * (self.reads / len(self.terms))
        load = own + (self.reads - own) * weight / width
        variance = noise_variance(load, demand)
        common = own / load
        averaged = common + (1 - common) / weight
        foreign, level = self.foreign_features(demand), SHARES * knee
        miss = normal_below((level - knee) / deviation(variance * averaged * foreign))
        rest, bent = rectified(knee - 1, deviation(variance * (foreign + 1)))
        idle = deviation(bent * averaged)
        stray = np.zeros(level.shape)
        for met, chance in enumerate(self._meetings(width, weight, demand)):
            stray = stray + chance * normal_below((rest + met / weight - level) / idle)
        return miss @ (crowd * words) / len(self.terms), stray @ words / self.codewords

    def _meetings(self, width: int, weight: int, demand: Demand) -> Floats:
        """Return the chances that words of foreign features meet a word in 0, 1, ... neurons.

        Two words share at most one neuron, as codewords do where they have room.
        """
        driven = self.reads / demand.features
        words = (self.foreign_features(demand) + 1) * max(1, math.ceil(driven))
        rate = min(driven / max(1, math.ceil(driven)) * weight**2 / width, 1.0)
        met = np.arange(min(words, weight) + 1)
        return np.asarray(comb(words, met) * rate**met * (1 - rate) ** (words - met))
