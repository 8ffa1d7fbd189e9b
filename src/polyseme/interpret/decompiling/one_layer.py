"""The terms of a network of one hidden layer, from its weights, biases, encoder and readout.

For each output, all sets of features that switch it are found, the smallest first
(`switching_sets.py`). They are exact: what is found is what the network does. Two rules tell gates
from noise:

- Of the sets of one size, those are terms that lie half as far above the edge as the best of them,
  or whose weakest feature is read nearly as strongly as its weakest. Where a network is too small
  for its gates, features that share units with a gate also switch its output, but less far, and
  they are read less. Those sets are counted as *strays*.
- A larger set must lie half as far above the edge as the smaller ones do. Where there are many
  features, it is looked for only among those that no smaller set has, and all of its features must
  be read more than chance would.

A feature *vetoes* a term if the output, which the term switches, falls back with it as far as half
way to rest, and if the reads that make it fall are more than noise among many features could be.
Then it is a negated literal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from polyseme.common.parallel import in_order
from polyseme.common.progress import phase
from polyseme.interpret.decompiling.literals import FoundTerm, FoundTerms, beyond_terms
from polyseme.interpret.decompiling.switching_sets import OutputSum, noise_of_reads
from polyseme.networks.network import Network
from polyseme.proving.branch_and_bound.deciding import edges
from polyseme.proving.branch_and_bound.pairs import PairSearch, pair_search_for
from polyseme.proving.branch_and_bound.relus import Relus

_FAR = 0.5
# Reads on purpose are alike, plain or negated. In and2 of 1,000 gates at 288 ReLUs, where strays
# begin, theirs are below .75 of those.
_READ = 0.75
# Of so few features all sets of every size are tried.
_FEW = 100
# Outputs in one piece of work, and sums held at once when vetoes are looked for.
_OUTPUTS = 32
_SUMS = 20_000_000


@dataclass(frozen=True, eq=False)
class OneLayer:
    """The result of the search: the terms, and the number of sets that were taken for strays."""

    found: FoundTerms
    strays: int


def one_layer_terms(network: Network, active: int) -> OneLayer:
    """Return the terms of every output of a network of one hidden layer.

    Args:
        network: A network of ReLUs or clipped units.
        active: The largest number of features in a term, plain and negated ones together.

    Raises:
        OptionError: The network has several layers, units that square, or carried numbers.
        CapacityError: A sum may be too large for float32, or an output has too many sets.
    """
    with phase("what units read"):
        relus = Relus.of(network, active)
        noise = noise_of_reads(relus)
    edge = edges(relus)
    features = relus.reads.shape[1]
    run = pair_search_for(len(relus.unit) * features)
    outputs = len(edge)
    # Standard deviations that normal noise reaches once among all pairs of all outputs.
    chance = float(norm.isf(1 / (features**2 * outputs)))
    terms: list[tuple[FoundTerm, ...]] = []
    rests = np.zeros(outputs, bool)
    strays = 0

    def piece(begin: int) -> list[tuple[OutputSum, tuple[FoundTerm, ...], int]]:
        found = []
        for output in range(begin, min(begin + _OUTPUTS, outputs)):
            total = OutputSum.of(relus, output, int(edge[output]), noise)
            found.append((total, *_terms(total, run, chance, active)))
        return found

    with phase("outputs") as step:
        for found in in_order(piece, range(0, outputs, _OUTPUTS)):
            for total, of_output, other in found:
                rests[len(terms)] = total.rests_at_one
                terms.append(of_output)
                strays += other
            step(len(terms), outputs)
    return OneLayer(FoundTerms(tuple(terms), rests), strays)


def _terms(
    total: OutputSum, run: PairSearch, chance: float, active: int
) -> tuple[tuple[FoundTerm, ...], int]:
    """Return the terms of one output, and the number of strays."""
    features = total.read.reads.shape[1]
    candidates, many = np.arange(features), features > _FEW
    terms: list[FoundTerm] = []
    margin, strays = 1, 0
    for size in range(1, min(active, features) + 1):
        found = beyond_terms(total.switching(run, candidates, size, margin), terms)
        if not len(found):
            continue
        margins = total.margins(found)
        strength, in_noise = total.strengths(found)
        kept = (margins >= _FAR * margins.max()) | (strength >= _READ * strength[margins.argmax()])
        if many and terms:
            kept &= in_noise > chance
        strays += int((~kept).sum())
        terms += _with_vetoes(total, found[kept], margins[kept], chance, active)
        if kept.any():
            margin = max(margin, int(np.median(margins[kept])) // 2)
        if many:
            candidates = np.setdiff1d(candidates, found)
    return tuple(sorted(terms)), strays


def _with_vetoes(
    total: OutputSum,
    sets: NDArray[np.int64],
    heights: NDArray[np.int64],
    chance: float,
    active: int,
) -> list[FoundTerm]:
    """Return sets of plain features as terms, with the features that must be off."""
    if sets.shape[1] == active or not len(sets):
        return [FoundTerm(tuple(map(int, row))) for row in sets]
    features = total.read.reads.shape[1]
    rest = int(total.margins(np.empty((1, 0), np.int64))[0])
    fallen = (rest + 1) // 2
    # A sum falls by no more than its ReLUs do, and a ReLU by no more than its own sum.
    able = np.flatnonzero(total.falls() >= int(heights.min()) - fallen)
    terms: list[FoundTerm] = []
    step = max(1, _SUMS // (len(total.read.weight) * max(1, len(able))))
    for begin in range(0, len(sets), step):
        some = sets[begin : begin + step]
        vetoes = total.margins(some, able) <= fallen
        for row, veto in zip(some, vetoes, strict=True):
            negated = np.setdiff1d(able[veto], row)
            if features > _FEW and len(negated):
                negated = total.are_negated(row, negated, chance, _READ)
            terms.append(FoundTerm(tuple(map(int, row)), tuple(map(int, negated))))
    return terms
