"""What every kind of region is: a group of terms that have neurons of their own.

Neurons are cut into regions that do not meet. Inside a region all neurons have the same job: the
same owner, the same number of inputs that must be on, codes of the same weight. Each kind is one
file of this folder, and holds all that is said about the kind: the width it asks for, its limits,
how its terms are placed, where its ReLUs bend, how often it fails by the noise model.

A *satisfied* input is one term's inputs and random features beside them. It fails when the term's
output reads below its threshold (a miss) or another output reads above its own (a stray). With s
features on, a satisfied term that needs k of them sees s - k foreign ones, and a term that lacks
one input sees s - k + 1. Both must keep to their side of a threshold inside a gap of 1, so

    V = (z1 sqrt(s - k) + z0 sqrt(s - k + 1))^2

times the variance that one foreign feature makes must be at most 1, where z1 and z0 are the normal
quantiles of the error allowed. `Region.gap` is this V.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.common.distributions import normal_quantile

# Neurons, the features they read, and signs: parallel int64 arrays.
Reads = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True)
class Demand:
    """What widths and failures follow from: the promise, the error allowed, the dimensions."""

    active: int
    error: float
    dimensions: int
    features: int


@dataclass(frozen=True, eq=False)
class Region(ABC):
    """A group of terms that share neurons, before any neuron is chosen.

    `terms` are term numbers, int64, ordered by output. `codeword` int64 (terms,) numbers the
    codeword each term drives, from 0 on. `needed` is how many plain literals besides the owner must
    be on; `reads` how many literals besides the owner the terms have in all. `owner` is the feature
    that opens the region's neurons by being on (`owner_sign` +1) or off (-1); -1 and 0 if none.
    """

    terms: NDArray[np.int64]
    codeword: NDArray[np.int64]
    needed: int
    reads: int
    owner: int
    owner_sign: int

    # How far below a satisfied neuron's sum its ReLU bends, in features.
    knee: ClassVar[float]
    # The seed and the sizes alone give the codes of all terms: they tell nothing of the gates.
    seeded: ClassVar[bool] = False
    # All terms of an output drive one codeword, however many literals they have.
    codeword_per_output: ClassVar[bool] = False
    # Classes of terms whose thresholds are calibrated apart.
    calibration_classes: ClassVar[int] = 1

    @property
    @abstractmethod
    def smallest_width(self) -> int:
        """Neurons below which the region cannot be laid out."""

    @property
    def largest_width(self) -> int:
        """Neurons beyond which the region gains nothing: one for each thing it tells apart."""
        return self.codewords

    @abstractmethod
    def reference_width(self, demand: Demand) -> float:
        """Neurons the noise model asks for (a real number; the caller scales and rounds it)."""

    def at_width(self, width: int) -> Region:
        """Return the region as it is laid out on `width` neurons."""
        return self

    @abstractmethod
    def place(
        self, width: int, begin: int, terms: Terms, active: int, generator: np.random.Generator
    ) -> Placement:
        """Draw the codes of the region's terms on the neurons from `begin` on."""

    @abstractmethod
    def expected_failures(self, width: int, terms: int, demand: Demand) -> tuple[float, float]:
        """Expected misses and strays per satisfied input, at the threshold that fails least.

        The input satisfies one of the `terms` terms of the region's owner, all equally likely.
        """

    def calibration_class(self) -> NDArray[np.int64]:
        """Calibration class of every term, from 0 to `calibration_classes` - 1, int64 (terms,)."""
        return np.zeros(len(self.terms), np.int64)

    @property
    def fewest_optional_terms(self) -> float:
        """Fewest terms of an output that could share a code instead; infinity if none could."""
        return np.inf

    @cached_property
    def codewords(self) -> int:
        """Number of distinct codewords the region's terms drive."""
        return int(self.codeword.max()) + 1

    @cached_property
    def crowd(self) -> NDArray[np.int64]:
        """Number of terms that drive each codeword, int64 (codewords,)."""
        return np.bincount(self.codeword)

    @property
    def single(self) -> bool:
        """Whether every term has one literal besides the owner."""
        return self.reads == len(self.terms)

    def foreign_features(self, demand: Demand) -> int:
        """Number of active features that a satisfied term does not read.

        A term that lacks one input does not read one more.
        """
        return max(demand.active - self.needed - (self.owner_sign > 0), 0)

    def rivals(self, demand: Demand) -> int:
        """Number of codewords that lack only one input while a term is satisfied."""
        return self.codewords if self.needed == 1 else 4 * demand.active

    def gap(self, demand: Demand) -> float:
        """V of the module's docstring: how often one foreign feature's variance fits the gap."""
        foreign = self.foreign_features(demand)
        tail, rivals = demand.error / 8, self.rivals(demand)
        miss, stray = normal_quantile(tail), normal_quantile(tail / rivals)
        return float((miss * np.sqrt(foreign) + stray * np.sqrt(foreign + 1)) ** 2)

    def owner_weight(self, active: int) -> int:
        """Weight of the owner at its neurons: enough to keep them shut whatever else is on."""
        return max(self.needed + 1, active)


@dataclass(frozen=True, eq=False)
class Placement:
    """A region's neurons and the codes of its terms within the whole layer.

    Neurons `begin` to `begin + width`. Term `region.terms[i]` drives `term_neurons[i]`, int32
    (terms, weight), -1 pads codes of unequal weight. `readers` lists what the outputs read: pairs
    (output, neuron), int64 (2, pairs).
    """

    region: Region
    begin: int
    width: int
    term_neurons: NDArray[np.int32]
    readers: NDArray[np.int64]

    def reads(self, terms: Terms) -> list[Reads]:
        """Return what every neuron should read of every feature but the owner, in pieces."""
        picked = terms.select(self.region.terms)
        rest = picked.literals != self.region.owner
        term, literal = picked.term_of_literal[rest], picked.literals[rest].astype(np.int64)
        sign = picked.signs[rest].astype(np.int64)
        return [(neuron[term].astype(np.int64), literal, sign) for neuron in self.term_neurons.T]


def placed(
    region: Region, width: int, begin: int, terms: Terms, rows: NDArray[np.int32]
) -> Placement:
    """Place the region on neurons from `begin` on; every codeword takes a row, of `rows`."""
    term_neurons = (begin + rows[region.codeword]).astype(np.int32)
    return Placement(region, begin, width, term_neurons, readers_of(region, terms, term_neurons))


def readers_of(region: Region, terms: Terms, term_neurons: NDArray[np.int32]) -> NDArray[np.int64]:
    """Distinct pairs (output, neuron) with the neuron in a code of one of the output's terms."""
    row, column = np.nonzero(term_neurons >= 0)
    pairs = np.stack((terms.output[region.terms][row].astype(np.int64), term_neurons[row, column]))
    return np.unique(pairs, axis=1)
