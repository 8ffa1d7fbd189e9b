"""Drawing the inputs of random gates: distinct sets of features, with a chosen influence profile.

A family of gates is an int32 array (gates, inputs), ascending within a row, no row twice.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from polyseme.circuits.drawing.balancing import balance
from polyseme.errors import SourceError

INFLUENCES = ("regular", "uniform", "zipf")

# A function that draws a number of features, with repeats.
_Draw = Callable[[int], NDArray[np.int32]]

# A zipf family that needs more rows drawn than this many times its size is called too dense.
_MAX_OVERDRAW = 20
# At least so many inputs are drawn at once, so that small families take few rounds.
_MIN_DRAW = 4096
# So many inputs are drawn, beyond those of the overdraw, before a gate is called too wide.
_PATIENCE = 10**7


def draw_gates(
    features: int, gates: int, inputs: int, influence: str, generator: Generator
) -> NDArray[np.int32]:
    """Draw `gates` distinct sets of `inputs` features.

    "regular": every feature is read by floor or ceil of inputs x gates / features gates; "uniform":
    all families are equally likely; "zipf": inputs are drawn one after another, feature i with
    probability proportional to 1 / (i + 1), and repeats are drawn again. There must be at least as
    many sets as gates, gates <= (features choose inputs). Raises SourceError if a zipf family is
    too dense to draw.
    """
    if influence == "zipf":
        return _draw_zipf(features, gates, inputs, generator)
    if 2 * inputs > features:
        # Wide rows are slow to draw, so the features that each gate leaves out are drawn.
        left_out = draw_gates(features, gates, features - inputs, influence, generator)
        reads = np.ones((gates, features), bool)
        reads[np.arange(gates)[:, None], left_out] = False
        return np.nonzero(reads)[1].astype(np.int32).reshape(gates, inputs)
    if count_sets(features, inputs, 2 * gates) < 2 * gates:
        # The sets that are no gate are drawn. Every feature is in equally many of all sets, so
        # taking away a balanced family leaves a balanced family.
        everything = all_sets(features, inputs)
        absent = _draw_sparse(features, len(everything) - gates, inputs, influence, generator)
        return generator.permutation(_without(everything, absent))
    return _draw_sparse(features, gates, inputs, influence, generator)


def count_sets(features: int, inputs: int, limit: int) -> int:
    """Return the number of sets of `inputs` features, or `limit` if there are more.

    Counting stops at the limit, because the full number may have millions of digits.
    """
    sets = 1
    for chosen in range(min(inputs, features - inputs)):
        sets = sets * (features - chosen) // (chosen + 1)
        if sets >= limit:
            return limit
    return min(sets, limit)


def all_sets(features: int, inputs: int) -> NDArray[np.int32]:
    """Return all sets of `inputs` features in lexicographic order, int32 (sets, inputs)."""
    if inputs == 2:
        first, second = np.triu_indices(features, 1)
        return np.stack((first, second), axis=1).astype(np.int32)
    sets = list(combinations(range(features), inputs))
    return np.array(sets, np.int32).reshape(len(sets), inputs)


def _draw_sparse(
    features: int, gates: int, inputs: int, influence: str, generator: Generator
) -> NDArray[np.int32]:
    """Draw at most half of all sets, each of at most half the features."""
    hashes = _hashes(features, generator)

    def uniformly(count: int) -> NDArray[np.int32]:
        return generator.integers(features, size=count, dtype=np.int32)

    rows = _draw_family(gates, inputs, uniformly, hashes)
    return balance(rows, hashes, generator) if influence == "regular" else rows


def _draw_zipf(features: int, gates: int, inputs: int, generator: Generator) -> NDArray[np.int32]:
    cumulative = np.cumsum(1 / np.arange(1, features + 1))

    def by_rank(count: int) -> NDArray[np.int32]:
        place = np.searchsorted(cumulative, generator.random(count) * cumulative[-1], side="right")
        drawn: NDArray[np.int32] = np.minimum(place, features - 1).astype(np.int32)
        return drawn

    return _draw_family(gates, inputs, by_rank, _hashes(features, generator))


def _draw_family(
    gates: int, inputs: int, draw: _Draw, hashes: NDArray[np.uint64]
) -> NDArray[np.int32]:
    """Draw rows one after another, without those already drawn, until there are `gates`."""
    rows = np.empty((0, inputs), np.int32)
    least = 1 + _MIN_DRAW // max(inputs, 1)
    drawn, batch = 0, gates
    while len(rows) < gates:
        if drawn > _MAX_OVERDRAW * (gates + least):
            raise SourceError(
                f"{gates} distinct gates of {inputs} inputs over {len(hashes)} features are too "
                f"many to draw: only {len(rows)} were met in {drawn} draws; ask for fewer gates"
            )
        batch = max(batch, least)
        before = len(rows)
        rows = _distinct(np.concatenate((rows, _draw_rows(batch, inputs, draw))), hashes)
        drawn += batch
        wanted = (gates - len(rows)) * batch / max(len(rows) - before, 1)
        batch = int(min(1.2 * wanted, 2 * gates))
    return rows[:gates]


def _draw_rows(count: int, inputs: int, draw: _Draw) -> NDArray[np.int32]:
    """Draw rows of distinct features, ascending; repeats within a row are drawn again."""
    rows = np.sort(draw(count * inputs).reshape(count, inputs), axis=1)
    bad = np.arange(count)
    patience = _MAX_OVERDRAW * count * inputs + _PATIENCE
    while patience > 0:
        patience -= len(bad) * inputs
        repeats = np.zeros((len(bad), inputs), bool)
        repeats[:, 1:] = rows[bad, 1:] == rows[bad, :-1]
        still = repeats.any(axis=1)
        bad, repeats = bad[still], repeats[still]
        if not len(bad):
            return rows
        again = rows[bad]
        again[repeats] = draw(int(repeats.sum()))
        rows[bad] = np.sort(again, axis=1)
    raise SourceError(
        f"gates of {inputs} distinct inputs are too wide to draw with this influence: inputs still "
        "repeat after many draws; ask for fewer inputs"
    )


def _hashes(features: int, generator: Generator) -> NDArray[np.uint64]:
    """Draw a random number per feature; the sum modulo 2^64 over a set identifies the set.

    Two different sets agree with probability 2^-64, and then one of them is only drawn again.
    """
    return generator.integers(2**64, size=features, dtype=np.uint64)


def _distinct(rows: NDArray[np.int32], hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Return the rows, in order, without repeats of earlier rows."""
    first = np.unique(hashes[rows].sum(axis=1), return_index=True)[1]
    return rows if len(first) == len(rows) else rows[np.sort(first)]


def _without(everything: NDArray[np.int32], absent: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the rows of `everything` that are not in its part `absent`; compared exactly."""
    rows = np.concatenate((everything, absent))
    if rows.shape[1]:
        rows = rows[np.lexsort(rows.T)]
    same = (rows[1:] == rows[:-1]).all(axis=1)
    twice = np.append(same, False) | np.append(False, same)
    remaining: NDArray[np.int32] = rows[~twice]
    return remaining
