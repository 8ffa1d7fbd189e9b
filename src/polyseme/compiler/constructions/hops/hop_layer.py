"""Passes 4 and 5: the weights of the layer of one hop, and where its units bend.

A unit reads the opener of its relation at `opening` and its own members at 1 each, and bends
`MARGIN` above the opener. So without its opener it rests even with two members on. With it, it is
on for its own members, of which the layer below has one on, and silent for all others, which it
reads below the margin (`margins.py`).
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.compiler.constructions.hops.layout import (
    MARGIN,
    RESOLUTION,
    STEPS,
    Layout,
    opening_of,
)
from polyseme.compiler.constructions.hops.margins import margin_weights, rounded
from polyseme.compiler.constructions.hops.placing import Placed, place
from polyseme.compiler.constructions.hops.relations import FROM_FEATURES
from polyseme.compiler.constructions.hops.words import Held, Words
from polyseme.compiler.constructions.least_noise.build import in_steps
from polyseme.networks.layer import Layer, Weights

# Above this share of weights that are not 0 they are stored in full.
_DENSE = 0.25


class HopLayer:
    """The layer of one hop, over the numbers that the layer below writes."""

    def __init__(
        self, layout: Layout, hop: int, below: Held, generator: np.random.Generator
    ) -> None:
        """Place the words of the relations of the hop."""
        self._relations, self._below, self._hop = layout.relations, below, hop
        self._placed: dict[int, Placed] = {}
        self._units = 0
        for number in layout.relations.of_hop(hop):
            relation, block = layout.relations.relations[number], layout.blocks[number]
            members = self._members(number)
            self._placed[number] = place(relation, block, members, self._units, generator)
            self._units += block.units

    def build(self) -> tuple[Layer, Held]:
        """Return the layer, and what it holds."""
        noisy = any(self._members(number).shared for number in self._placed)
        alone = STEPS if noisy else 1
        resolution = RESOLUTION if noisy else 1
        blocks = {number: self._reads(number, resolution) for number in self._placed}
        weights, bias = self._assembled(blocks, alone, resolution)
        held, carried = self._held()
        layer = Layer(weights, bias, 1 / alone, carried=carried.astype(np.int32))
        return layer, held

    def _members(self, number: int) -> Words:
        return self._below.objects[self._relations.relations[number].before]

    def _reads(self, number: int, resolution: int) -> sp.csr_array:
        """Return whole weights of a relation's units on its members, (units, width below)."""
        members, placed = self._members(number), self._placed[number]
        vectors = members.vectors(self._below.width)
        if not members.shared:
            ones = np.full(len(placed.read), float(resolution))
            shape = placed.units, len(members.of)
            return sp.csr_array((ones, placed.read, placed.offsets), shape=shape) @ vectors
        first, last = int(members.positions.min()), int(members.positions.max()) + 1
        own, columns = placed.own, vectors[:, first:last].tocsr()
        found = rounded(columns, own, margin_weights(columns, own, MARGIN), resolution)
        padded = np.zeros((placed.units, self._below.width))
        padded[:, first:last] = found
        return sp.csr_array(padded)

    def _assembled(
        self, blocks: dict[int, sp.csr_array], alone: int, resolution: int
    ) -> tuple[Weights, NDArray[np.int32]]:
        """Return weights and biases in whole steps: `alone` are left of a unit that is on."""
        rows, bias = [], []
        for number, block in blocks.items():
            openers = self._below.openers[number]
            opening = opening_of(self._hop, resolution, alone)
            step = -(-opening // len(openers))
            row = np.zeros((1, self._below.width))
            row[0, openers] = step
            rows.append(block + sp.csr_array(np.ones((block.shape[0], 1))) @ sp.csr_array(row))
            on = resolution + step * len(openers)
            bias.append(np.full(block.shape[0], alone - on, np.int32))
        weights = sp.vstack(rows).tocsr()
        weights.eliminate_zeros()
        weights.sort_indices()
        return _stored(weights), np.concatenate(bias)

    def _held(self) -> tuple[Held, NDArray[np.int64]]:
        """Return what the layer holds, and the numbers below that a residual stream keeps."""
        kept = {n: words for n, words in self._below.objects.items() if n != FROM_FEATURES}
        later = {n: self._below.openers[n] for n in self._relations.beyond(self._hop)}
        passing = [words.positions.ravel() for words in kept.values()]
        passing += [np.zeros(0, np.int64), *later.values()]
        carried = np.unique(np.concatenate(passing))
        places = np.full(self._below.width, -1, np.int64)
        places[carried] = self._units + np.arange(len(carried))
        objects = {number: placed.words for number, placed in self._placed.items()}
        objects |= {number: words.moved(places) for number, words in kept.items()}
        openers = {number: places[positions] for number, positions in later.items()}
        return Held(self._units + len(carried), objects, openers), carried


def _stored(weights: sp.csr_array) -> Weights:
    """Return whole weights in the narrowest type that holds them, in full unless few are not 0."""
    if weights.nnz > _DENSE * weights.shape[0] * weights.shape[1]:
        return in_steps(weights.toarray(), 1)
    entries = (in_steps(weights.data, 1), weights.indices, weights.indptr)
    return sp.csr_array(entries, shape=weights.shape)
