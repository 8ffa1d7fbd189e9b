"""Pass 2: the units of every relation, given the most that a layer may have.

The objects of a relation get *codewords* of a few units each, any two with one in common at most,
or units of their *own*, whichever takes fewer. A unit can read only so many members where these are
in superposition below, so an object of many members has several units of its own, its *parts*,
among which they are dealt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.affine import affine_places, fewest_places
from polyseme.compiler.constructions.hops.relations import FROM_FEATURES, Relations

# Members per unit over the dimensions that hold them. At twice as many, margins cannot be kept.
LOAD = 1 / 20
# An object is in a code if it has at most such a share of the members that a unit may have.
_SMALL = 0.5
# Sizes of layers tried, as shares of the widest allowed.
_GROWTHS = (1.0, 0.85, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2)
# The steps at which units read members in superposition, a multiple of the numbers that hold one,
# so that members that share none are read without rounding; what is left of them above the bend, a
# power of two; and the share of a member up to which units stay silent.
RESOLUTION, STEPS = 352, 128
MARGIN = 1 - STEPS / RESOLUTION
# Members without their opener stay so far below the bend, in members.
_SHUT = 0.15
_LARGEST_BYTE = 127
_LEAST_WEIGHT, _WEIGHT_TIMES_EPSILON = 4, 0.75


@dataclass(frozen=True, eq=False)
class Block:
    """The units of one relation.

    `places` are the values per place of the code, 0 for units of their own; `parts` int64
    (objects,) the own units of each object; `reads` int64 (objects,) its members below, which are
    parts themselves.
    """

    weight: int
    places: int
    parts: NDArray[np.int64]
    reads: NDArray[np.int64]

    @property
    def coded(self) -> bool:
        """True if objects share units."""
        return self.places > 0

    @property
    def units(self) -> int:
        """Number of units."""
        return self.weight * self.places if self.coded else int(self.parts.sum())


@dataclass(frozen=True, eq=False)
class Layout:
    """The block of every relation, and the dimensions in which subjects come.

    If those are as many as subjects, each subject has its own, and the network is exact.
    """

    relations: Relations
    dimensions: int
    blocks: tuple[Block, ...]

    @property
    def exact(self) -> bool:
        """True if subjects do not come in superposition."""
        return self.dimensions == len(self.relations.subjects)

    def openers(self, number: int) -> int:
        """Return the units that hold the opener of a relation: as many as let weights be bytes.

        Members that units of their own hold below are read exactly, in a few steps.
        """
        relation = self.relations.relations[number]
        if relation.before == FROM_FEATURES:
            exact = self.exact
        else:
            exact = not self.blocks[relation.before].coded
        if exact:
            return 1
        return -(-opening_of(relation.hop, RESOLUTION, STEPS) // _LARGEST_BYTE)

    @property
    def opening_neurons(self) -> int:
        """ReLUs of the first layer, whose units are clipped."""
        return 2 * sum(map(self.openers, range(len(self.blocks))))

    @property
    def widest(self) -> int:
        """ReLUs of the widest layer."""
        return max(self.opening_neurons, *map(self.neurons, range(self.relations.hops)))

    @property
    def total(self) -> int:
        """ReLUs of all layers."""
        return self.opening_neurons + sum(map(self.neurons, range(self.relations.hops)))

    def neurons(self, hop: int) -> int:
        """Return the ReLUs of the layer of a hop."""
        return sum(self.blocks[number].units for number in self.relations.of_hop(hop))


def weight_of(epsilon: float | None) -> int:
    """Return the units per codeword: two words share one, which reads so much of a whole word."""
    return max(_LEAST_WEIGHT, math.ceil(_WEIGHT_TIMES_EPSILON / (epsilon or 1)))


def layout_of(relations: Relations, neurons: int, weight: int) -> Layout | None:
    """Return the layout of fewest ReLUs in layers of at most so many; None if there is none."""
    found = (_grown_to(relations, neurons, round(neurons * to), weight) for to in _GROWTHS)
    fitting = [layout for layout in found if layout is not None]
    return min(fitting, key=lambda layout: layout.total, default=None)


def _grown_to(relations: Relations, neurons: int, most: int, weight: int) -> Layout | None:
    """Return the layout in which codes that are read grow until their layer has `most` ReLUs."""
    dimensions = min(neurons, 3 * len(relations.subjects) // 4)
    referred = {relation.before for relation in relations.relations}
    blocks: dict[int, Block] = {}
    layout = Layout(relations, dimensions, ())
    for hop in range(relations.hops):
        numbers = relations.of_hop(hop)
        for number in numbers:
            blocks[number] = _fewest(relations, number, blocks, dimensions, weight)
        layout = Layout(relations, dimensions, tuple(blocks.values()))
        if layout.neurons(hop) > neurons:
            return None
        room = max(most - layout.neurons(hop), 0)
        # The more units objects are in, the more members a unit of the next layer can read.
        grown = [number for number in numbers if number in referred and blocks[number].coded]
        for number in grown:
            block = blocks[number]
            wanted = block.places + room // (weight * len(grown))
            # Words do not fit on every larger number of places.
            fitting = affine_places(len(block.parts), weight * wanted, weight)
            places = max(fitting, block.places)
            blocks[number] = Block(weight, places, block.parts, block.reads)
    layout = Layout(relations, dimensions, tuple(blocks.values()))
    return layout if layout.opening_neurons <= neurons else None


def exact_layout(relations: Relations) -> Layout:
    """Return the layout of the exact network: one ReLU per object."""
    blocks = []
    for relation in relations.relations:
        ones = np.ones(len(relation.objects), np.int64)
        blocks.append(Block(1, 0, ones, np.bincount(relation.object)))
    return Layout(relations, len(relations.subjects), tuple(blocks))


def opening_of(hop: int, resolution: int, alone: int) -> int:
    """Return the steps at which units read their opener, `alone` being those left when they are on.

    Without it one member is on at most or, in the first hop, two subjects.
    """
    return math.ceil(((hop == 0) + _SHUT) * resolution + alone)


def _fewest(
    relations: Relations, number: int, blocks: dict[int, Block], dimensions: int, weight: int
) -> Block:
    """Return the block of fewest units."""
    relation = relations.relations[number]
    # Members with units of their own below are read exactly, however many.
    load = math.inf
    times = np.ones(len(relation.member), np.int64)
    if relation.before == FROM_FEATURES:
        load = max(1.0, LOAD * dimensions)
    else:
        below = blocks[relation.before]
        if below.coded:
            load = max(1.0, LOAD * below.units)
        else:
            times = below.parts[relation.member]
    objects = len(relation.objects)
    reads = np.bincount(relation.object, times, objects).astype(np.int64)
    parts = np.maximum(np.ceil(reads / load), 1).astype(np.int64)
    fewest = max(1, math.ceil(int(reads.sum()) / load))
    places = fewest_places(objects, weight, fewest)
    small = int(reads.max()) <= _SMALL * load
    coded = small and weight * places < int(parts.sum())
    return Block(weight, places if coded else 0, parts, reads)
