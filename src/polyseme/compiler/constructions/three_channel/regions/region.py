"""The interface of all kinds of region: a group of terms that have neurons of their own.

Every neuron is in exactly one region. Inside a region all neurons have the same job: the same
owner, the same number of inputs that must be on, codes of the same weight. Each file of this folder
holds all about one kind of region: its width and limits, the placing of its terms, the bend of its
ReLUs, and its failures by the noise model.

A *satisfied* input has the inputs of one term on, and random features beside them. It fails if the
term's output reads below its threshold (a miss) or if another output reads above its own threshold
(a stray). With s features on, a satisfied term that needs k of them has s - k foreign features on,
and a term that lacks one input has s - k + 1. Both must keep to their side of a threshold in a gap
of 1, so

    V = (z1 sqrt(s - k) + z0 sqrt(s - k + 1))^2

times the variance of one foreign feature's noise must be at most 1, where z1 and z0 are the normal
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
    """The promise, the error, the dimensions and the features, which set widths and failures."""

    active: int
    error: float
    dimensions: int
    features: int


@dataclass(frozen=True, eq=False)
class Region(ABC):
    """A group of terms that share neurons, before any neuron is chosen.

    `terms` are term numbers, int64, ordered by output. `codeword` int64 (terms,) is the number of
    the codeword that each term drives, from 0 on. `needed` is the number of plain literals besides
    the owner that must be on. `reads` is the number of literals besides the owner in all terms.
    `owner` is the feature that opens the region's neurons by being on (`owner_sign` +1) or off
    (-1). Regions without an owner have -1 and sign 0.
    """

    terms: NDArray[np.int64]
    codeword: NDArray[np.int64]
    needed: int
    reads: int
    owner: int
    owner_sign: int

    # Distance of a ReLU's bend below a satisfied neuron's sum, in features.
    knee: ClassVar[float]
    # Whether the codes follow from the seed and the sizes alone, and so do not depend on the gates.
    seeded: ClassVar[bool] = False
    # Whether all terms of an output drive one codeword, however many literals they have.
    codeword_per_output: ClassVar[bool] = False
    # Number of classes of terms whose thresholds are calibrated apart.
    calibration_classes: ClassVar[int] = 1

    @property
    @abstractmethod
    def smallest_width(self) -> int:
        """Number of neurons below which the region cannot be laid out."""

    @property
    def largest_width(self) -> int:
        """Number of neurons beyond which the region gains nothing: one per codeword."""
        return self.codewords

    @abstractmethod
    def reference_width(self, demand: Demand) -> float:
        """Return the neurons that the noise model asks for; callers scale and round the number."""

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
        """Return expected misses and strays per satisfied input, at the best threshold.

        The input satisfies one of the `terms` terms of the region's owner, all equally likely.
        """

    def calibration_class(self) -> NDArray[np.int64]:
        """Return the class of every term, from 0 to `calibration_classes` - 1, int64 (terms,)."""
        return np.zeros(len(self.terms), np.int64)

    @property
    def fewest_optional_terms(self) -> float:
        """Fewest terms of an output that could share a code instead; infinity if none could."""
        return np.inf

    @cached_property
    def codewords(self) -> int:
        """Number of distinct codewords that the region's terms drive."""
        return int(self.codeword.max()) + 1

    @cached_property
    def crowd(self) -> NDArray[np.int64]:
        """Number of terms that drive each codeword, int64 (codewords,)."""
        return np.bincount(self.codeword)

    @property
    def single(self) -> bool:
        """True if every term has one literal besides the owner."""
        return self.reads == len(self.terms)

    def foreign_features(self, demand: Demand) -> int:
        """Return the number of active features that a satisfied term does not read.

        For a term that lacks one input it is one more.
        """
        return max(demand.active - self.needed - (self.owner_sign > 0), 0)

    def rivals(self, demand: Demand) -> int:
        """Return the number of codewords that lack one input while another term is satisfied."""
        return self.codewords if self.needed == 1 else 4 * demand.active

    def gap(self, demand: Demand) -> float:
        """Return V, the number of times that a foreign feature's variance must fit into the gap."""
        foreign = self.foreign_features(demand)
        tail, rivals = demand.error / 8, self.rivals(demand)
        miss, stray = normal_quantile(tail), normal_quantile(tail / rivals)
        return float((miss * np.sqrt(foreign) + stray * np.sqrt(foreign + 1)) ** 2)

    def owner_weight(self, active: int) -> int:
        """Return the weight of the owner, which keeps its neurons off whatever else is on."""
        return max(self.needed + 1, active)


@dataclass(frozen=True, eq=False)
class Placement:
    """The neurons of a region and the codes of its terms, as numbers in the whole layer.

    The region has neurons `begin` to `begin + width`. Term `region.terms[i]` drives the neurons
    `term_neurons[i]`, int32 (terms, weight); -1 pads codes of unequal weight. `readers` lists what
    the outputs read: pairs (output, neuron), int64 (2, pairs).
    """

    region: Region
    begin: int
    width: int
    term_neurons: NDArray[np.int32]
    readers: NDArray[np.int64]

    def wanted_reads(self, terms: Terms) -> list[Reads]:
        """Return the reads that neurons should have of all features but the owner, in pieces."""
        picked = terms.select(self.region.terms)
        rest = picked.literals != self.region.owner
        term, literal = picked.term_of_literal[rest], picked.literals[rest].astype(np.int64)
        sign = picked.signs[rest].astype(np.int64)
        return [(neuron[term].astype(np.int64), literal, sign) for neuron in self.term_neurons.T]


def placed(
    region: Region, width: int, begin: int, terms: Terms, rows: NDArray[np.int32]
) -> Placement:
    """Place the region on neurons from `begin` on; row c of `rows` has those of codeword c."""
    term_neurons = (begin + rows[region.codeword]).astype(np.int32)
    return Placement(region, begin, width, term_neurons, readers_of(region, terms, term_neurons))


def readers_of(region: Region, terms: Terms, term_neurons: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return distinct pairs (output, neuron), the neuron in the code of a term of the output."""
    row, column = np.nonzero(term_neurons >= 0)
    pairs = np.stack((terms.output[region.terms][row].astype(np.int64), term_neurons[row, column]))
    return np.unique(pairs, axis=1)
