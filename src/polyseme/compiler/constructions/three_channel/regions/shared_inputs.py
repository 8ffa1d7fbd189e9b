"""Shared inputs, the input channel: universal AND of heavy features.

Every feature drives a random set of neurons, a share p of all. The code of a term is the neurons
that its features share: n p^k of n neurons for k features. At most f = s - k + 1 foreign features
are on. A term that lacks one input is read as on if they hit its neurons as many times as it has
neurons. By Chernoff's bound the chance is exp(-n p^k f KL(1/f || p)), so p is the density with the
largest p^k f KL(1/f || p).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.compiler.constructions.three_channel.regions.own import own_where_wide
from polyseme.compiler.constructions.three_channel.regions.region import (
    Demand,
    Placement,
    Reads,
    Region,
    readers_of,
)
from polyseme.errors import TooFewNeuronsError

# On fewer neurons than this, the sets of two features may share none.
MIN_INPUT_WIDTH = 128


@dataclass(frozen=True, eq=False)
class SharedInputs(Region):
    """Terms whose codes are the neurons that all their features drive."""

    knee = 1.0

    @property
    def smallest_width(self) -> int:
        """Number of neurons at which the sets of two features meet, or one per codeword."""
        return min(self.codewords, MIN_INPUT_WIDTH)

    def reference_width(self, demand: Demand) -> float:
        """Return the neurons at which Chernoff's bound is half of the error."""
        half_on, exponent = self._law(demand)
        return float(np.log(half_on / (demand.error / 2)) / exponent)

    def at_width(self, width: int) -> Region:
        """Return the region, or one neuron per codeword where the width is enough for that."""
        return own_where_wide(self, width)

    def expected_failures(self, width: int, terms: int, demand: Demand) -> tuple[float, float]:
        """Return no misses, and the strays of Chernoff's bound."""
        half_on, exponent = self._law(demand)
        return 0.0, half_on * float(np.exp(-exponent * width))

    def _law(self, demand: Demand) -> tuple[float, float]:
        """Return h and a such that h exp(-a width) terms are wrongly read as on."""
        density = input_density(self.needed, demand.active)
        exponent = _exponent(np.array([density]), self.needed, demand.active)[0]
        return float(demand.active * np.sqrt(2.0 * self.codewords)), float(exponent)

    def place(
        self, width: int, begin: int, terms: Terms, active: int, generator: np.random.Generator
    ) -> Placement:
        """Draw a random set of neurons per feature; a term's code is what its features share.

        Raises:
            TooFewNeuronsError: The features of some term share no neuron.
        """
        picked = terms.select(self.terms)
        features, local = np.unique(picked.literals, return_inverse=True)
        weight = max(1, round(width * input_density(self.needed, active)))
        # Independent sets, not balanced rows: rows cut from one permutation would never meet.
        rows = generator.permuted(np.tile(np.arange(width), (len(features), 1)), axis=1)[:, :weight]
        member = np.zeros((len(features), width), bool)
        member[np.arange(len(features))[:, None], rows] = True
        shared = np.logical_and.reduceat(member[local], picked.offsets[:-1], axis=0)
        if not shared.any(axis=1).all():
            raise TooFewNeuronsError(
                f"{width} neurons are too few: the features of some term share no neuron"
            )
        term_neurons = _in_rows(shared, begin)
        driven = np.stack((np.repeat(features, weight).astype(np.int64), begin + rows.ravel()))
        readers = readers_of(self, terms, term_neurons)
        return SharedInputsPlacement(self, begin, width, term_neurons, readers, driven)


@dataclass(frozen=True, eq=False)
class SharedInputsPlacement(Placement):
    """`feature_neurons` are pairs (feature, neuron that it drives), int64 (2, pairs)."""

    feature_neurons: NDArray[np.int64]

    def wanted_reads(self, terms: Terms) -> list[Reads]:
        """Return the reads of all neurons that features drive, whether a term uses them or not."""
        feature, neuron = self.feature_neurons
        return [(neuron, feature, np.ones(len(neuron), np.int64))]


def input_density(needed: int, active: int) -> float:
    """Return the density of a feature's neurons at which fewest neurons are enough."""
    density = np.linspace(0.02, 0.9, 441)
    return float(density[np.argmax(_exponent(density, needed, active))])


def _exponent(density: NDArray[np.float64], needed: int, active: int) -> NDArray[np.float64]:
    """Return p^k f KL(1/f || p) of the module's docstring; -1 where the bound does not hold."""
    foreign = max(active - needed + 1, 1)
    share = 1 / foreign
    divergence = share * np.log(share / density)
    if foreign > 1:
        divergence += (1 - share) * np.log((1 - share) / (1 - density))
    return np.where(density < share, density**needed * foreign * divergence, -1.0)


def _in_rows(shared: NDArray[np.bool_], begin: int) -> NDArray[np.int32]:
    """Return the neurons marked in each row, counted from `begin`; -1 pads, int32 (terms, most)."""
    counts = shared.sum(axis=1)
    term_neurons = np.full((len(shared), int(counts.max())), -1, np.int32)
    row, column = np.nonzero(shared)
    place = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    term_neurons[row, place] = begin + column
    return term_neurons
