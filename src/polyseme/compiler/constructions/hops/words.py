"""The numbers between two layers that hold each object and each opener."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.common.ragged import row_offsets
from polyseme.compiler.constructions.hops.relations import FROM_FEATURES, Relations
from polyseme.networks.layer_key import LayerKey

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Words:
    """Words of objects, one or, where an object has parts, several per object.

    `of` int64 (words,) is the object, subject or relation; `positions` int64 and `signs` int8
    (words, weight) are the numbers that hold each word, 0 at rest and 1 or -1 when it is on.
    `shared` says that words share numbers, so that units that read some of them hear others.
    """

    of: Integers
    positions: Integers
    signs: NDArray[np.int8]
    shared: bool

    @property
    def weight(self) -> int:
        """Numbers per word."""
        return int(self.positions.shape[1])

    def vectors(self, width: int) -> sp.csr_array:
        """Return the words as rows, float64 (words, width)."""
        ends = np.arange(len(self.of) + 1) * self.weight
        entries = (self.signs.ravel().astype(np.float64), self.positions.ravel(), ends)
        # A copy, for its columns are sorted and the positions must stay as they are.
        matrix = sp.csr_array(entries, shape=(len(self.of), width), copy=True)
        matrix.sort_indices()
        return matrix

    def moved(self, places: Integers) -> Words:
        """Return the words in other places: number p is now number places[p]."""
        return replace(self, positions=places[self.positions])


@dataclass(frozen=True, eq=False)
class Held:
    """The objects and openers that the numbers between two layers hold.

    `objects` are the words of every relation so far, or of the subjects (`FROM_FEATURES`);
    `openers` the numbers, int64, that hold the opener of each relation that is still to come;
    `width` counts the numbers.
    """

    width: int
    objects: dict[int, Words]
    openers: dict[int, Integers]


def own_words(count: int, first: int, weight: int, of: Integers) -> Words:
    """Return words that share no numbers, from number `first` on."""
    positions = first + np.arange(count * weight, dtype=np.int64).reshape(count, weight)
    return Words(of, positions, np.ones((count, weight), np.int8), False)


def key_of(
    relations: Relations, held: Held, compression: sp.csr_array | None = None, resolution: int = 0
) -> LayerKey:
    """Return the key of a layer: words of objects, each a column, and then openers.

    Subjects that pass the layer in the code of the encoder, whose signs differ, are left out.
    """
    number_of = [number for number in held.objects if number != FROM_FEATURES]
    wires = [relations.relations[n].objects[held.objects[n].of] for n in number_of]
    wires.append(np.array([relations.relations[n].opener for n in held.openers], np.int64))
    rows = [held.objects[number].positions for number in number_of]
    rows += [positions[None] for positions in held.openers.values()]
    counts = np.concatenate([np.full(len(row), row.shape[1]) for row in rows])
    return LayerKey(
        width=held.width,
        wires=np.concatenate(wires).astype(np.int32),
        offsets=row_offsets(counts),
        units=np.concatenate([row.ravel() for row in rows]).astype(np.int32),
        inverted=np.zeros(len(counts), bool),
        compression=compression,
        resolution=resolution,
    )
