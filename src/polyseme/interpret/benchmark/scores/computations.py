"""Scores of claimed computations: what is computed from what, and how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.interpret.benchmark.claims import OPERATORS, Edges
from polyseme.interpret.benchmark.scores import chance
from polyseme.interpret.benchmark.scores.matching import best_of_class
from polyseme.interpret.benchmark.scores.scored import Scored, scored
from polyseme.interpret.benchmark.scores.tried import Tried
from polyseme.interpret.benchmark.truth import Truth

# Kinds of things that are computed.
COMPUTED = ("gates", "outputs")
# An edge of at least this confidence is meant to be there.
MEANT = 0.5


@dataclass(frozen=True, eq=False)
class Pairs:
    """Claimed edges between two sites in terms of the truth, and the true ones.

    Things that no input tells apart are one, the first of them.

    Attributes:
        site: The site of what is computed.
        true: Pairs (output, input), int64 (edges, 2), in rising order.
        claimed: The same of claims, -1 for readings matched with nothing; most confident first.
        confidence: float64 (claimed,).
        found: Which claimed pair is a true one, bool (claimed,).
        readings: Readings at the site and at the one below: their product could be claimed.
        reachable: The share of the true pairs that random claims of so many readings can reach.
    """

    site: str
    true: NDArray[np.int64]
    claimed: NDArray[np.int64]
    confidence: NDArray[np.float64]
    found: NDArray[np.bool_]
    readings: tuple[int, int]
    reachable: float


def inputs_from(truth: Truth, site: str, below: str) -> sp.csr_array | None:
    """Return what the things of a site depend on at a site below, Boolean (things, things below).

    Between sites that are not next to each other it goes through all between. None where neither
    site is below the other.
    """
    if site not in truth.sites or not truth.sites[site].below:
        return None
    found, at = truth.sites[site].inputs, truth.sites[site].below
    while at != below:
        if not truth.sites[at].below:
            return None
        found, at = sp.csr_array(found @ truth.sites[at].inputs), truth.sites[at].below
    return found


def pairs_of(tried: Tried, kind: str) -> list[Pairs]:
    """Return the edges into things of a kind: as claimed, and as true.

    Of a site that nothing is claimed of, the edges from the site below are all missed. Empty where
    nothing is claimed of the kind.
    """
    claimed = {(edges.site, edges.below): edges for edges in tried.claims.edges}
    spoken = [
        [
            _translated(tried, edges, inputs)
            for (at, below), edges in claimed.items()
            if at == site and (inputs := inputs_from(tried.truth, site, below)) is not None
        ]
        for site in tried.sites(kind)
    ]
    if not any(spoken):
        return []
    missed = [
        some or [_silent(tried, site)] for site, some in zip(tried.sites(kind), spoken, strict=True)
    ]
    return [pairs for some in missed for pairs in some if len(pairs.true)]


def _silent(tried: Tried, site: str) -> Pairs:
    held = tried.truth.sites[site]
    true = _true_pairs(tried, site, held.below, held.inputs)
    nothing = np.zeros((0, 2), np.int64)
    return Pairs(site, true, nothing, np.zeros(0), np.zeros(0, bool), (0, 0), 0.0)


def _true_pairs(tried: Tried, site: str, below: str, inputs: sp.csr_array) -> NDArray[np.int64]:
    output, read = inputs.nonzero()
    kept = tried.trial.scored[site][output]
    same, same_below = tried.truth.sites[site].same, tried.truth.sites[below].same
    pairs = np.column_stack((same[output[kept]], same_below[read[kept]])).astype(np.int64)
    return np.unique(pairs, axis=0).reshape(-1, 2)


def _translated(tried: Tried, edges: Edges, inputs: sp.csr_array) -> Pairs:
    true = _true_pairs(tried, edges.site, edges.below, inputs)
    output = tried.class_of(edges.site)[edges.output]
    read = tried.class_of(edges.below)[edges.input]
    # Nothing is said of things that are not scored, except that they are no inputs of others.
    counted = (output < 0) | _has_inputs(tried, edges.site, true)[output]
    order = np.argsort(-edges.confidence[counted], kind="stable")
    pairs = np.column_stack((output, read))[counted][order]
    confidence = edges.confidence[counted][order].astype(np.float64)
    pairs, confidence = _once(pairs, confidence)
    width = len(tried.truth.sites[edges.below])
    found = np.isin(pairs @ [width, 1], true @ [width, 1]) & (pairs >= 0).all(axis=1)
    readings = len(tried.cosines[edges.site]), len(tried.cosines[edges.below])
    shares = [
        min(1.0, count / len(tried.truth.sites[site]))
        for count, site in zip(readings, (edges.site, edges.below), strict=True)
    ]
    return Pairs(edges.site, true, pairs, confidence, found, readings, shares[0] * shares[1])


def _has_inputs(tried: Tried, site: str, true: NDArray[np.int64]) -> NDArray[np.bool_]:
    found = np.zeros(len(tried.truth.sites[site]), bool)
    found[true[:, 0]] = True
    return found


def _once(
    pairs: NDArray[np.int64], confidence: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return pairs of matched things once, at their best; others as often as they are claimed."""
    matched = np.asarray((pairs >= 0).all(axis=1))
    _, first = np.unique(pairs, axis=0, return_index=True)
    kept = np.union1d(first[matched[first]], np.flatnonzero(~matched)).astype(np.int64)
    return pairs[kept], confidence[kept]


def edge_scores(tried: Tried) -> dict[str, Scored]:
    """Return "edges-KIND": the average precision of claimed edges, by confidence.

    True edges that are not claimed, or of things without a reading, are missed. Edges of equal
    confidence stand or fall together.
    """
    found = {}
    for kind in COMPUTED:
        pairs = pairs_of(tried, kind)
        if pairs:
            weights = np.array([len(some.true) for some in pairs], float)
            precisions = [_precisions(some) for some in pairs]
            raw = np.average([each.mean() for each in precisions], weights=weights)
            expected = np.average([_by_chance(some) for some in pairs], weights=weights)
            parts = _per_thing(
                tried,
                kind,
                [
                    (some.site, some.true[:, 0], each)
                    for some, each in zip(pairs, precisions, strict=True)
                ],
            )
            found[f"edges-{kind}"] = scored(float(raw), float(expected), parts)
    return found


def _precisions(pairs: Pairs) -> NDArray[np.float64]:
    """Return for every true pair the precision at the confidence it is claimed with, or 0."""
    _, last = np.unique(-pairs.confidence, return_inverse=True)
    counts = np.bincount(last, minlength=1)
    right = np.bincount(last, weights=pairs.found, minlength=1)
    precision = np.cumsum(right) / np.maximum(np.cumsum(counts), 1)
    # True pairs are sorted, so each is found by its place.
    width = 1 + max(int(pairs.true.max()), int(pairs.claimed.max(initial=0)))
    place = np.searchsorted(pairs.true @ [width, 1], pairs.claimed[pairs.found] @ [width, 1])
    found = np.zeros(len(pairs.true))
    found[place] = precision[last[pairs.found]]
    return found


def _by_chance(pairs: Pairs) -> float:
    reached = max(1, round(len(pairs.true) * pairs.reachable)) if len(pairs.claimed) else 0
    candidates = max(pairs.readings[0] * pairs.readings[1], reached)
    expected = chance.random_ranking(candidates, reached, len(pairs.claimed))
    return expected * reached / len(pairs.true)


def _per_thing(
    tried: Tried, kind: str, parts: list[tuple[str, NDArray[np.int64], NDArray[np.float64]]]
) -> NDArray[np.float64]:
    """Return the mean of values of things over all sites of a kind, NaN for things without any."""
    every = []
    for site in tried.sites(kind):
        total, count = np.zeros((2, len(tried.truth.sites[site])))
        for at, things, values in parts:
            if at == site:
                np.add.at(total, things, values)
                np.add.at(count, things, 1)
        mean = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
        every.append(mean[tried.truth.sites[site].same])
    return np.concatenate(every)


def exact_scores(tried: Tried) -> dict[str, Scored]:
    """Return "exact-KIND": the share of things of which just the right inputs are claimed.

    Inputs of a thing are those claimed with a confidence of a half or more. A random set of the
    right number of inputs is right once in the number of such sets.
    """
    found = {}
    for kind in COMPUTED:
        pairs = pairs_of(tried, kind)
        if pairs:
            parts = [_exact(tried, some) for some in pairs]
            raw = np.concatenate([right for _, right, _ in parts]).mean()
            expected = np.concatenate([luck for *_, luck in parts]).mean()
            sites = [
                (some.site, things, right)
                for some, (things, right, _) in zip(pairs, parts, strict=True)
            ]
            each = _per_thing(tried, kind, sites)
            found[f"exact-{kind}"] = scored(float(raw), float(expected), each)
    return found


def _exact(
    tried: Tried, pairs: Pairs
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return things, whether the inputs of each are exact, and what luck would give."""
    things, number = np.unique(pairs.true[:, 0], return_counts=True)
    length = len(tried.truth.sites[pairs.site])
    meant = (pairs.claimed[:, 0] >= 0) & (pairs.confidence >= MEANT)
    output = pairs.claimed[meant, 0]
    right = np.bincount(output, weights=pairs.found[meant], minlength=length)[things]
    sizes = np.bincount(output, minlength=length)[things]
    exact = (right == number) & (sizes == number)
    sets = np.array([max(2, comb(pairs.readings[1], size)) for size in number.tolist()], float)
    luck = np.where(sizes == number, 1 / sets, 0.0)
    return things, exact.astype(float), luck


def operator_scores(tried: Tried) -> dict[str, Scored]:
    """Return "operators-KIND": the share of things whose reading is said to be what it is.

    Operators drawn at random, all alike, are right once in their number.
    """
    names = np.array(OPERATORS)
    claimed = tried.claims.operators or {}
    found = {}
    for kind in COMPUTED:
        if not any(site in claimed for site in tried.sites(kind)):
            continue
        parts = []
        for site, true, counted in _operators(tried, kind):
            said = np.array(["", *claimed.get(site, ())])
            right = np.zeros(len(true))
            if site in claimed:
                right = (said[tried.reading_of[site] + 1] == true).astype(float)
            right = best_of_class(right, tried.truth.sites[site].same)
            parts.append(np.where(counted, right, np.nan))
        each = np.concatenate(parts)
        if not np.isnan(each).all():
            expected = 1 / (len(names) - 1)
            found[f"operators-{kind}"] = scored(float(np.nanmean(each)), expected, each)
    return found


def _operators(
    tried: Tried, kind: str
) -> Iterator[tuple[str, NDArray[np.str_], NDArray[np.bool_]]]:
    for site in tried.sites(kind):
        true = np.array(tried.truth.sites[site].operators)
        yield site, true, tried.trial.scored[site] & (true != "")
