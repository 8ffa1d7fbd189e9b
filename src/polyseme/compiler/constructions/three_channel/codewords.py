"""Which neurons of its region each codeword takes.

Two codewords that share neurons are mistaken for one another sooner, so where there is room any two
share at most one (`polyseme.codes.affine`); where there is not, they are balanced random ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.codes.affine import affine_code, affine_places
from polyseme.codes.balanced import balanced_rows
from polyseme.compiler.constructions.three_channel.regions import Region, code_weight
from polyseme.compiler.constructions.three_channel.spreading import spread_words

# Codewords of less weight are too easily mistaken for one another.
MIN_WEIGHT = 6
# A pool has room for its words to share at most one neuron, and a little more.
POOL_ROOM = 1.25


def code_rows(
    region: Region, width: int, terms: Terms, generator: np.random.Generator
) -> NDArray[np.int32]:
    """The codewords of a code region, int32 (codewords, weight)."""
    weight = word_weight(region, width)
    if region.kind == "pools":
        return _pooled_rows(region, width, weight, terms, generator)
    return _words(region.codewords, width, weight, generator)


def word_weight(region: Region, width: int) -> int:
    """How many neurons a codeword takes; fewer where only such fit without sharing two."""
    weight = code_weight(region.needed, width)
    if region.kind == "pools":
        return weight
    lighter = range(weight, MIN_WEIGHT - 1, -1)
    used = [affine_places(region.codewords, width, w) * w for w in lighter]
    # Of the two or three heaviest weights that fit, the one that leaves fewest neurons idle.
    fitting = [(neurons, w) for neurons, w in zip(used, lighter, strict=True) if neurons][:3]
    return max(fitting)[1] if fitting else weight


def _pooled_rows(
    region: Region, width: int, weight: int, terms: Terms, generator: np.random.Generator
) -> NDArray[np.int32]:
    """Codes drawn inside a pool for each owner; pools are pieces of random permutations."""
    _, pool, crowd = np.unique(region.pool, return_inverse=True, return_counts=True)
    sizes = np.maximum(POOL_ROOM * weight * np.sqrt(crowd), width * crowd / len(pool))
    sizes = np.minimum(np.ceil(sizes).astype(np.int64), width)
    rows = np.empty((len(pool), weight), np.int32)
    pools = [np.empty(0, np.int64)] * len(crowd)
    stream = generator.permutation(width)
    # Heaviest first: those cut from one permutation do not meet, and they are on most often.
    for number in np.argsort(-crowd, kind="stable"):
        if len(stream) < sizes[number]:
            stream = generator.permutation(width)
        pools[number], stream = stream[: sizes[number]], stream[sizes[number] :]
        words = _words(int(crowd[number]), int(sizes[number]), weight, generator)
        rows[pool == number] = pools[number][words]
    return spread_words(rows, pools, pool, terms.select(region.terms), generator)


def _words(
    count: int, width: int, weight: int, generator: np.random.Generator
) -> NDArray[np.int32]:
    """Words that share at most one neuron where that many fit, balanced random ones otherwise."""
    if affine_places(count, width, weight):
        return affine_code(count, width, weight, generator).positions
    return balanced_rows(count, width, weight, generator)
