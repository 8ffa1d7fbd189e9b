"""Redraw codewords that overlap too much with the neurons of a single foreign feature.

A feature drives the codes of all its terms. If those codes cover several neurons of another term's
codeword, the feature alone raises the reading of that term, and the term may be read as on with
only one of its own inputs on. Random codes have a few such words. They are found by counting the
overlaps of every word with the neurons of every feature, and are replaced by words that overlap
less.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms

_ROUNDS = 6
# Largest number of steps for counting overlaps; larger regions keep their random words.
_MAX_WORK = 400_000_000


def spread_words(
    rows: NDArray[np.int32],
    allowed: list[NDArray[np.int64]],
    pool: NDArray[np.int64],
    terms: Terms,
    generator: np.random.Generator,
) -> NDArray[np.int32]:
    """Return improved words, int32 (terms, weight); `rows` are the neurons of each term's word.

    Term i may use the neurons `allowed[pool[i]]`. Words are replaced by others whose largest
    overlap with the neurons of a foreign feature is lower, where such words are found.
    """
    rows = rows.copy()
    weight = rows.shape[1]
    width = int(max(neurons.max() for neurons in allowed)) + 1
    if rows.size * (len(terms.literals) * weight / width) > _MAX_WORK:
        return rows
    limit = max(2, weight // 4)
    for _ in range(_ROUNDS):
        driven = _driven(rows, terms, width)
        score = _largest_foreign_overlap(rows, np.arange(len(rows)), driven, terms)
        worst = np.flatnonzero(score > limit)
        if not len(worst):
            break
        fresh = np.stack(
            [generator.permutation(allowed[pool[term]])[:weight] for term in worst]
        ).astype(np.int32)
        better = _largest_foreign_overlap(fresh, worst, driven, terms) < score[worst]
        rows[worst[better]] = fresh[better]
    return rows


def _driven(rows: NDArray[np.int32], terms: Terms, width: int) -> sp.csr_array:
    """Return ones at the neurons that each feature drives, int8 (neurons, features)."""
    neurons = rows[terms.term_of_literal]
    features = np.broadcast_to(terms.literals[:, None], neurons.shape)
    ones = np.ones(neurons.size, np.int8)
    shape = (width, terms.features)
    driven = sp.coo_array((ones, (neurons.ravel(), features.ravel())), shape=shape).tocsr()
    driven.sum_duplicates()
    driven.data[:] = 1
    return driven


def _largest_foreign_overlap(
    words: NDArray[np.int32], of: NDArray[np.int64], driven: sp.csr_array, terms: Terms
) -> NDArray[np.int64]:
    """Return the largest overlap of each word with a feature that its term does not read.

    `of` has the number of the term of each word.
    """
    offsets = np.arange(len(words) + 1) * words.shape[1]
    entries = (np.ones(words.size, np.int8), words.ravel(), offsets)
    overlap = sp.csr_array(entries, shape=(len(words), driven.shape[0])) @ driven
    picked = terms.select(of)
    own = sp.coo_array(
        (
            np.full(len(picked.literals), 100, np.int8),
            (picked.term_of_literal, picked.literals),
        ),
        shape=overlap.shape,
    )
    return np.asarray((overlap - own.tocsr()).max(axis=1).todense()).ravel().astype(np.int64)
