"""Pass 2: gather terms into regions of neurons, and say how wide each should be.

Neurons are cut into regions that do not meet. Inside a region all neurons have the same job: the
same owner, the same number of inputs that must be on, codes of the same weight. The kinds:

- **code**: every codeword is a random set of `code_weight` neurons, read by averaging;
- **territory**: an output fed by many terms gets neurons that serve nothing else, each term drives
  a few of them (one, if it has one literal), and the readout adds them up. Averaging does not help
  a sum over a whole territory, so noise is kept below the bend of the ReLU instead, by a lighter
  load;
- **input**: universal AND, every feature a random set of neurons, a term the neurons its features
  share;
- **pools**: a code region in which the codes of all terms of one heavy feature are drawn from a set
  of neurons that is its pool, so that the feature drives no more than that;
- **own**: one neuron a codeword, where the region would not be narrower than that anyway.

How wide: let d be the input dimensions and s the promise. A feature that is on and foreign to a
neuron reading r features moves it by noise of variance r/d. In a code region with R reads on N
neurons a reading moves by R/N (1/d + 1/m) a foreign feature, the second part being codes that
overlap. A satisfied term sees s-k foreign features, one that misses one input s-k+1, and both must
keep to their side of the threshold; so (z1 sqrt(s-k) + z0 sqrt(s-k+1)) standard deviations must fit
into the gap of 1, with z1 and z0 the normal quantiles of the error allowed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.common.distributions import normal_quantile
from polyseme.compiler.constructions.three_channel.channels import Assignment, Channel

# Outputs with more terms than this get a territory; fewer share one code. For terms of one literal
# this is the first choice, and `layouts.py` has the others.
TERRITORY_TERMS = 8
# A territory's neurons sit idle below the bend of the ReLU, so they bear more noise than averaged
# ones; this share of the noise model's neurons measured best on the airports table.
TERRITORY_SHARE = 0.7


@dataclass(frozen=True, eq=False)
class Region:
    """A group of terms that share neurons, before any neuron is chosen.

    `terms` are term numbers, int64, ordered by output. `codeword` numbers the codeword each term
    drives, from 0 on; `pool` (terms,) the feature whose overlapping pool each is in. `needed` is
    how many plain literals besides the owner must be on; `reads` how many literals besides the
    owner the terms have in all.
    """

    kind: str
    terms: NDArray[np.int64]
    codeword: NDArray[np.int64]
    pool: NDArray[np.int32]
    needed: int
    reads: int
    owner: int
    owner_sign: int

    @property
    def codewords(self) -> int:
        """How many distinct codewords the region's terms drive."""
        return int(self.codeword.max()) + 1

    @property
    def single(self) -> bool:
        """Whether every term has one literal besides the owner."""
        return self.reads == len(self.terms)


@dataclass(frozen=True)
class Demand:
    """What the regions' widths follow from: the promise, the error allowed, the dimensions."""

    active: int
    error: float
    dimensions: int
    features: int


def gather_regions(
    terms: Terms, assignment: Assignment, territory_terms: int | None = TERRITORY_TERMS
) -> list[Region]:
    """Group terms by channel, owner and needed inputs, and split off territories.

    Outputs with more than `territory_terms` terms of one literal get one, or none if that is None.
    Longer terms that feed one output cannot share a code, so for them the limit is fixed.
    """
    owned = assignment.owner >= 0
    needed = terms.plain - (owned & (assignment.owner_sign > 0))
    # Terms of one literal may share codes, so they do not mix with longer ones.
    single = terms.widths - owned == 1
    pooled = assignment.pool >= 0
    columns = [
        column.astype(np.int64)
        for column in (
            assignment.channel, assignment.owner, assignment.owner_sign, needed, pooled, single
        )
    ]  # fmt: skip
    _, first, group = np.unique(_packed(columns), return_index=True, return_inverse=True)
    regions: list[Region] = []
    for number, one in enumerate(first.tolist()):
        channel, owner, sign, need, in_pools, alike = (int(column[one]) for column in columns)
        chosen = np.flatnonzero(group == number)
        kind = "input" if channel == Channel.INPUT else "pools" if in_pools else "code"
        pieces = [(kind, chosen)]
        if territory_terms is not None and kind == "code":
            pieces = _split(terms, chosen, territory_terms if alike else TERRITORY_TERMS)
        for kind, part in pieces:
            pool = assignment.pool[part]
            regions.append(_region(kind, terms, part, pool, need, owner, sign))
    return regions


def _packed(columns: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """One number a row, in the order of the rows."""
    packed = np.zeros_like(columns[0])
    for column in columns:
        digit = column - column.min()
        packed = packed * (digit.max() + 1) + digit
    return packed


Pieces = list[tuple[str, NDArray[np.int64]]]


def _split(terms: Terms, chosen: NDArray[np.int64], most: int) -> Pieces:
    """Separate terms of crowded outputs (territory) from the rest (code)."""
    crowd = np.bincount(terms.output[chosen], minlength=terms.outputs)
    crowded = crowd[terms.output[chosen]] > most
    pieces = (("code", chosen[~crowded]), ("territory", chosen[crowded]))
    return [(kind, part) for kind, part in pieces if len(part)]


def _region(
    kind: str,
    terms: Terms,
    chosen: NDArray[np.int64],
    pool: NDArray[np.int32],
    needed: int,
    owner: int,
    sign: int,
) -> Region:
    reads = terms.widths[chosen] - (owner >= 0)
    single = kind == "territory" or bool(np.all(reads == 1))
    codeword = np.arange(len(chosen))
    if single:
        # Terms of one literal that feed the same output may share its code: their OR is their sum.
        codeword = np.unique(terms.output[chosen], return_inverse=True)[1]
    return Region(kind, chosen, codeword, pool, needed, int(reads.sum()), owner, sign)


def reference_width(region: Region, demand: Demand) -> float:
    """Neurons the noise model asks for (a real number; the caller scales and rounds it)."""
    if region.kind == "input":
        return _input_width(region, demand)
    spread = _spread(region, demand)
    if region.kind == "territory":
        load = demand.dimensions / (TERRITORY_SHARE * spread)
        reads = np.bincount(region.codeword) * territory_weight(region) * region.reads
        return float(np.ceil(reads / (len(region.terms) * load)).sum())
    return region.reads * (1 / demand.dimensions + 1 / demand.features) * spread


def _spread(region: Region, demand: Demand) -> float:
    """Square of the standard deviations (of one foreign feature's noise) that must fit the gap."""
    foreign = foreign_features(region, demand)
    tail = demand.error / 8
    miss, stray = normal_quantile(tail), normal_quantile(tail / rivals(region, demand))
    return float((miss * np.sqrt(foreign) + stray * np.sqrt(foreign + 1)) ** 2)


def foreign_features(region: Region, demand: Demand) -> int:
    """How many active features a satisfied term does not read; one that lacks an input: 1 more."""
    return max(demand.active - region.needed - (region.owner_sign > 0), 0)


def rivals(region: Region, demand: Demand) -> int:
    """How many codewords miss one input only while a term is satisfied."""
    return region.codewords if region.needed == 1 else 4 * demand.active


def code_weight(needed: int, width: int) -> int:
    """How many neurons carry a codeword in a code region of a given width.

    More average better, until codewords overlap too much; terms of several inputs overlap sooner,
    because each of their features drives the codes of all its terms. Measured optima at error 1e-3:
    8 to 10 for pairwise AND in 1,500 neurons, 16 for a permutation in 1,700.
    """
    largest, crowding = (16, 6) if needed == 1 else (12, 15)
    return int(np.clip(np.sqrt(width / crowding), 6, largest))


def territory_weight(region: Region) -> int:
    """How many neurons of its territory a term drives.

    One is best for terms of one literal. Longer ones are mistaken for a pair of halves of two
    others that meet on a neuron, which cannot happen on most of three.
    """
    return 1 if region.single else 3


def input_density(needed: int, active: int) -> float:
    """The density of a feature's neurons that makes universal AND narrowest.

    A term that lacks one input is read as on when its foreign features (at most s-k+1) hit as often
    as its neurons are many. With n p^k neurons a term the chance is exp(-n p^k f KL(1/f || p)) by
    Chernoff's bound, f = s-k+1, so p maximises p^k f KL(1/f || p).
    """
    density = np.linspace(0.02, 0.9, 441)
    return float(density[np.argmax(_input_exponent(density, needed, active))])


def _input_exponent(density: NDArray[np.float64], needed: int, active: int) -> NDArray[np.float64]:
    foreign = max(active - needed + 1, 1)
    share = 1 / foreign
    divergence = share * np.log(share / density)
    if foreign > 1:
        divergence += (1 - share) * np.log((1 - share) / (1 - density))
    return np.where(density < share, density**needed * foreign * divergence, -1.0)


def _input_width(region: Region, demand: Demand) -> float:
    half_on, exponent = input_law(region, demand)
    return float(np.log(half_on / (demand.error / 2)) / exponent)


def input_law(region: Region, demand: Demand) -> tuple[float, float]:
    """How an input region fails: h and a, where h exp(-a width) terms are read as on wrongly."""
    density = input_density(region.needed, demand.active)
    exponent = _input_exponent(np.array([density]), region.needed, demand.active)[0]
    return float(demand.active * np.sqrt(2.0 * region.codewords)), float(exponent)
