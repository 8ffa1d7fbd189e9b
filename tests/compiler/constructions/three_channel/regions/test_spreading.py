"""Redrawing codewords that one foreign feature half switches on."""

from __future__ import annotations

import numpy as np

from polyseme.circuits import problems
from polyseme.circuits.terms import terms_of
from polyseme.compiler.constructions.three_channel.regions.spreading import spread_words


def test_spread_words_overlap_less_and_stay_in_their_pools():
    terms = terms_of(problems.pairwise_and(60, 300, seed=2))
    generator = np.random.default_rng(3)
    pools = [np.arange(0, 120), np.arange(80, 200)]
    pool = np.arange(300) % 2
    before = np.stack([generator.permutation(pools[p])[:10] for p in pool]).astype(np.int32)
    after = spread_words(before, pools, pool, terms, generator)
    assert all(set(row) <= set(pools[p]) for row, p in zip(after.tolist(), pool, strict=True))
    assert all(len(set(row)) == 10 for row in after.tolist())
    assert foreign_overlaps(after, terms).sum() < foreign_overlaps(before, terms).sum()


def foreign_overlaps(rows, terms):
    """For each word, the most neurons a feature it does not read drives: one set at a time."""
    reads = terms.literals.reshape(-1, 2)
    driven = [set(rows[(reads == f).any(axis=1)].ravel()) for f in range(terms.features)]
    return np.array(
        [
            max(len(set(row) & driven[f]) for f in range(terms.features) if f not in own)
            for row, own in zip(rows, reads.tolist(), strict=True)
        ]
    )
