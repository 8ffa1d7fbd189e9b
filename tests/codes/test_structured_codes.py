"""Words of pools that are drawn again, and inputs that are one short."""

from __future__ import annotations

import numpy as np

from polyseme.circuits import problems, terms_of
from polyseme.compiler.constructions.three_channel.spreading import spread_words
from polyseme.verification.inputs import draw_inputs


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


def test_one_short_inputs_lack_exactly_one_input_of_a_gate():
    circuit = problems.k_and(50, 40, 4, seed=1)
    reads = terms_of(circuit).literals.reshape(-1, 4)
    rows = draw_inputs("one-short", terms_of(circuit), 6, 300, np.random.default_rng(0))
    for row in rows:
        on = set(row.tolist())
        assert len(on) == 6
        assert any(len(on & set(gate)) == 3 for gate in reads.tolist())
