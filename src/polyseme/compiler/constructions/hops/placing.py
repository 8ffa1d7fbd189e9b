"""Pass 3: the units of every word of a relation, and the words below that each unit reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.affine import affine_runs
from polyseme.common.ragged import places_in_rows, row_numbers, row_offsets
from polyseme.compiler.constructions.hops.layout import Block
from polyseme.compiler.constructions.hops.relations import Relation
from polyseme.compiler.constructions.hops.words import Words, own_words


@dataclass(frozen=True, eq=False)
class Placed:
    """The words of a relation, and which words below its units, from `first` on, read.

    Unit `first` + u reads the words `read[offsets[u]:offsets[u + 1]]`, distinct; both int64.
    """

    first: int
    words: Words
    offsets: NDArray[np.int64]
    read: NDArray[np.int64]

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.offsets) - 1

    @property
    def own(self) -> list[NDArray[np.int64]]:
        """The words that each unit reads."""
        return np.split(self.read, self.offsets[1:-1])


def place(
    relation: Relation, block: Block, below: Words, first: int, generator: np.random.Generator
) -> Placed:
    """Place the words of a relation on units from `first` on; `below` are those of its members."""
    object_, word = _read(relation, below)
    counts = np.bincount(object_, minlength=len(relation.objects))
    if block.coded:
        words, unit, read = _coded(block, counts, object_, word, generator)
    else:
        words, unit, read = _dealt(block, counts, object_, word, generator)
    shape = block.units, len(below.of)
    pattern = sp.coo_array((np.ones(len(unit), np.int8), (unit, read)), shape=shape).tocsr()
    pattern.sum_duplicates()
    return Placed(
        first,
        words.moved(first + np.arange(block.units)),
        pattern.indptr.astype(np.int64),
        pattern.indices.astype(np.int64),
    )


def _read(relation: Relation, below: Words) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of an object and a word of one of its members, by object."""
    order = np.argsort(below.of, kind="stable")
    counts = np.bincount(below.of, minlength=int(relation.member.max()) + 1)
    begin = row_offsets(counts)[relation.member]
    times = counts[relation.member]
    word = order[np.repeat(begin, times) + places_in_rows(times)]
    object_ = np.repeat(relation.object, times)
    by_object = np.lexsort((word, object_))
    return object_[by_object], word[by_object]


def _coded(
    block: Block,
    counts: NDArray[np.int64],
    object_: NDArray[np.int64],
    word: NDArray[np.int64],
    generator: np.random.Generator,
) -> tuple[Words, NDArray[np.int64], NDArray[np.int64]]:
    """Return codewords, in order of size so that units bear like loads, and pairs unit and word."""
    objects, weight = len(counts), block.weight
    positions = np.empty((objects, weight), np.int64)
    order = np.argsort(-counts, kind="stable")
    positions[order] = affine_runs(objects, block.places, weight, generator)
    words = Words(np.arange(objects), positions, np.ones((objects, weight), np.int8), True)
    return words, positions[object_].ravel(), np.repeat(word, weight)


def _dealt(
    block: Block,
    counts: NDArray[np.int64],
    object_: NDArray[np.int64],
    word: NDArray[np.int64],
    generator: np.random.Generator,
) -> tuple[Words, NDArray[np.int64], NDArray[np.int64]]:
    """Return one unit per part, members dealt among those of an object, and pairs unit and word."""
    words = own_words(int(block.parts.sum()), 0, 1, row_numbers(block.parts))
    shuffled = word[np.lexsort((generator.permutation(len(word)), object_))]
    part = places_in_rows(counts) % block.parts[object_]
    return words, row_offsets(block.parts)[object_] + part, shuffled
