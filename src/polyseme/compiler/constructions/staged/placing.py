"""The choice of the units that hold each column of a stage in superposition.

The units are divided in two parts. The *shared* units hold gates that need one plain literal (an
OR, a carried wire, an AND_NOT). The other units hold gates that need several, in one region per
number of literals needed. Among the shared units a column *inherits* the code of one of its inputs
where no other column has taken that code. Each unit of an inherited column reads it from the unit
of the same number in the layer below, without the interference of any other wire. So inherited
reads make no noise, and only the other reads do. Such a layer acts as a residual stream whose codes
persist, although it is a plain layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.codes.affine import affine_or_balanced_code
from polyseme.compiler.constructions.staged.carrier import Carrier
from polyseme.compiler.schedule.stages import Stage
from polyseme.errors import TooFewNeuronsError

_REPAIRS = 200


@dataclass(frozen=True, eq=False)
class Placed:
    """The carrier of a stage, and the column below from which each column inherits its code.

    `parent` int32 (columns,) is that column below, or -1. `level` int64 (units,) is the number of
    plain literals that the gates of a unit need.
    """

    carrier: Carrier
    parent: NDArray[np.int32]
    level: NDArray[np.int64]

    @property
    def inherits(self) -> bool:
        """Return whether any code is handed on."""
        return bool((self.parent >= 0).any())


def place_stage(
    stage: Stage,
    below: Carrier,
    units: int,
    shared: int,
    weight: int,
    generator: np.random.Generator,
) -> Placed:
    """Give every column of a stage `weight` of the `units` units, of which `shared` are shared.

    Raises:
        TooFewNeuronsError: A region has fewer units than a codeword takes.
    """
    needed = stage.needed
    parent = np.full(len(stage), -1, np.int32)
    if below.shared == shared and below.weight == weight:
        parent = _inheritance(stage, below, needed == 1)
        if not _pays(below, parent):
            parent[:] = -1
    positions = np.empty((len(stage), weight), np.int32)
    heirs = parent >= 0
    positions[heirs] = below.positions[parent[heirs]]
    level = np.ones(units, np.int64)
    for number, begin, width in _regions(stage, units, shared, weight):
        fresh = np.flatnonzero((needed == number) & ~heirs)
        load = np.zeros(width, np.int64)
        if number == 1:
            load = np.bincount(positions[heirs].ravel(), minlength=width)
        positions[fresh] = begin + _words(len(fresh), width, weight, load, generator)
        level[begin : begin + width] = number
    return Placed(
        Carrier(units, positions, np.zeros(len(stage), bool), shared, False), parent, level
    )


def _regions(stage: Stage, units: int, shared: int, weight: int) -> list[tuple[int, int, int]]:
    """Return (literals needed, first unit, number of units) of every region.

    The units that are not shared are divided in proportion to the reads of each region.
    """
    needed, reads = stage.needed, stage.widths
    several = np.unique(needed[needed > 1]).tolist()
    regions = [(1, 0, shared)] if (needed == 1).any() else []
    total = max(int(reads[needed > 1].sum()), 1)
    begin, rest = shared, units - shared - weight * len(several)
    for number in several:
        width = weight + rest * int(reads[needed == number].sum()) // total
        regions.append((number, begin, width))
        begin += width
    if rest < 0 or any(width < weight for _, _, width in regions):
        raise TooFewNeuronsError(f"{units} units are too few for codewords of {weight}")
    return regions


def _inheritance(stage: Stage, below: Carrier, single: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Match columns that need one plain literal with the columns below that they read.

    In each round every column that has no parent yet asks for its next plain literal that is not
    taken. If several ask for the same one, the first of them gets it.
    """
    column = stage.column_of_literal
    able = single[column] & (stage.signs > 0) & below.handed_on[stage.literals]
    asking, asked = column[able], stage.literals[able]
    parent = np.full(len(stage), -1, np.int32)
    taken = np.zeros(stage.inputs, bool)
    while len(asking):
        first = np.concatenate(([True], asking[1:] != asking[:-1]))
        candidates, wanted = asking[first], asked[first]
        _, winner = np.unique(wanted, return_index=True)
        parent[candidates[winner]] = wanted[winner]
        taken[wanted[winner]] = True
        left = (parent[asking] < 0) & ~taken[asked]
        asking, asked = asking[left], asked[left]
    return parent


def _pays(below: Carrier, parent: NDArray[np.int32]) -> bool:
    """Return whether handing codes on leaves fewer reads that make noise.

    Codes that no column inherits must be cancelled, and each of those cancelled reads makes noise.
    """
    inherited = int((parent >= 0).sum())
    cancelled = int(below.handed_on.sum()) - inherited
    return cancelled < inherited


def _words(
    count: int,
    units: int,
    weight: int,
    load: NDArray[np.int64],
    generator: np.random.Generator,
) -> NDArray[np.int32]:
    """Draw codewords that even out the load of the units, int32 (count, weight).

    If there is no load yet, any two codewords share at most one unit, where so many fit.
    """
    if not count:
        return np.empty((0, weight), np.int32)
    if not load.any():
        return affine_or_balanced_code(count, units, weight, generator).positions
    return _evening(count, weight, load, generator)


def _evening(
    count: int, weight: int, load: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.int32]:
    """Draw codewords on units below a common highest load; repair rows with a repeated unit."""
    wanted = count * weight
    order = np.argsort(load + generator.random(len(load)), kind="stable")
    # No unit can be in more rows than there are.
    room = np.clip(_ceiling(load, count, wanted) - load, 0, count)
    places = generator.permutation(np.repeat(order, room[order])[:wanted])
    return _mended(places.reshape(count, weight), generator).astype(np.int32)


def _ceiling(load: NDArray[np.int64], count: int, wanted: int) -> int:
    """Return the lowest common load at which `wanted` more places fit, at most `count` per unit."""
    low, high = int(load.min()), int(load.max()) + wanted + 1
    while low < high:
        middle = (low + high) // 2
        fits = int(np.clip(middle - load, 0, count).sum()) >= wanted
        low, high = (low, middle) if fits else (middle + 1, high)
    return low


def _mended(rows: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    """Swap places between rows until no row holds a unit twice.

    Raises:
        TooFewNeuronsError: Some row still does after many rounds, because units are very few.
    """
    for _ in range(_REPAIRS):
        in_order = np.sort(rows, axis=1)
        broken = np.flatnonzero((in_order[:, 1:] == in_order[:, :-1]).any(axis=1))
        if not len(broken):
            return rows
        for row, other in zip(broken, generator.integers(len(rows), size=len(broken)), strict=True):
            here, there = generator.integers(rows.shape[1], size=2)
            rows[row, here], rows[other, there] = rows[other, there], rows[row, here]
    raise TooFewNeuronsError(f"{len(rows)} codewords of {rows.shape[1]} units do not fit")
