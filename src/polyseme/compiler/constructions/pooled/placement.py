"""Pass 3: the units of every codeword and of every AND."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.affine import affine_runs
from polyseme.common.ragged import places_in_rows, row_offsets
from polyseme.compiler.constructions.pooled.layout import Layout


@dataclass(frozen=True, eq=False)
class Placement:
    """The pool of each unit, int64 (units,), and rows of units, rising, of words and of terms.

    Rows are as in `common/ragged.py`: a word is read from `word_units`, and a term drives
    `term_units`; both are int32, and their offsets int64.
    """

    layout: Layout
    pool: NDArray[np.int64]
    word_offsets: NDArray[np.int64]
    word_units: NDArray[np.int32]
    term_offsets: NDArray[np.int64]
    term_units: NDArray[np.int32]


def place(layout: Layout, generator: np.random.Generator) -> Placement:
    """Draw the codes, and deal members among the units of words that have their own.

    The units of words that have their own come first, then those of codes, pool by pool.
    """
    pools, is_coded = layout.pools, layout.own == 0
    word_offsets = row_offsets(np.where(is_coded, pools.weight[pools.pool], layout.own))
    word_units = np.empty(int(word_offsets[-1]), np.int32)
    begins = row_offsets(layout.own)
    own = np.flatnonzero(~is_coded)
    counts = layout.own[own]
    places = np.repeat(word_offsets[own], counts) + places_in_rows(counts)
    word_units[places] = np.arange(begins[-1])
    widths = layout.places * pools.weight
    ends = begins[-1] + np.cumsum(widths)
    for pool in np.flatnonzero(widths):
        words = np.flatnonzero(is_coded & (pools.pool == pool))
        # In order of size, so that units of one code bear about equal loads.
        words = words[np.argsort(-pools.size[words], kind="stable")]
        weight = int(pools.weight[pool])
        rows = affine_runs(len(words), int(layout.places[pool]), weight, generator)
        units = ends[pool] - widths[pool] + rows
        word_units[word_offsets[words][:, None] + np.arange(weight)] = units
    return Placement(
        layout,
        np.concatenate(
            (np.repeat(pools.pool, layout.own), np.repeat(np.arange(len(widths)), widths))
        ),
        word_offsets,
        word_units,
        *_units_of_terms(layout, word_offsets, word_units, generator),
    )


def _units_of_terms(
    layout: Layout,
    word_offsets: NDArray[np.int64],
    word_units: NDArray[np.int32],
    generator: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return rows of the units that terms drive: all units of a codeword, or one that it owns."""
    word, own = layout.pools.word, layout.own[layout.pools.word]
    begin, count = word_offsets[word], np.diff(word_offsets)[word]
    # The place of each term among those of its word, in random order.
    order = np.lexsort((generator.permutation(len(word)), word))
    place = np.empty(len(word), np.int64)
    place[order] = places_in_rows(np.bincount(word))
    begin = np.where(own > 0, begin + place % np.maximum(own, 1), begin)
    count = np.where(own > 0, 1, count)
    return row_offsets(count), word_units[np.repeat(begin, count) + places_in_rows(count)]
