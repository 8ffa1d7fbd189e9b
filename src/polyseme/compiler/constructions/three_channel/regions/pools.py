"""Pools: code regions in which each heavy feature drives only one set of neurons, its pool.

The codewords of all terms of one heavy feature are drawn from its pool. Pools overlap at random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.compiler.constructions.three_channel.regions.averaged import AveragedRegion
from polyseme.compiler.constructions.three_channel.regions.codewords import code_weight, draw_words
from polyseme.compiler.constructions.three_channel.regions.region import Placement, placed
from polyseme.compiler.constructions.three_channel.regions.spreading import spread_words

# Size of a pool, relative to one in which any two of its words can share at most one neuron.
POOL_ROOM = 1.25
# Pools of fewer terms, of a number in between, and of more terms are calibrated apart.
_POOL_CLASSES = (64, 256)


@dataclass(frozen=True, eq=False)
class Pools(AveragedRegion):
    """Terms in overlapping pools; `pool` int32 (terms,) is the owner of each term's pool."""

    pool: NDArray[np.int32]

    calibration_classes = len(_POOL_CLASSES) + 1

    def word_weight(self, width: int) -> int:
        """Return the number of neurons per codeword on `width` neurons."""
        return code_weight(self.needed, width)

    def calibration_class(self) -> NDArray[np.int64]:
        """Return the class of every term by the size of its pool, int64 (terms,).

        Terms of large pools have many rivals that lack one input, so their thresholds differ.
        """
        _, pool, crowd = np.unique(self.pool, return_inverse=True, return_counts=True)
        return np.digitize(crowd[pool], _POOL_CLASSES)

    def place(
        self, width: int, begin: int, terms: Terms, active: int, generator: np.random.Generator
    ) -> Placement:
        """Draw every term's codeword inside the pool of its heavy feature."""
        rows = self._words(width, terms, generator)
        return placed(self, width, begin, terms, rows)

    def _words(self, width: int, terms: Terms, generator: np.random.Generator) -> NDArray[np.int32]:
        """Draw pools as pieces of random permutations, and draw codewords inside them."""
        weight = self.word_weight(width)
        _, pool, crowd = np.unique(self.pool, return_inverse=True, return_counts=True)
        sizes = np.maximum(POOL_ROOM * weight * np.sqrt(crowd), width * crowd / len(pool))
        sizes = np.minimum(np.ceil(sizes).astype(np.int64), width)
        rows = np.empty((len(pool), weight), np.int32)
        pools = [np.empty(0, np.int64)] * len(crowd)
        stream = generator.permutation(width)
        # Largest pools first: their owners are on most often, and pieces of one permutation share
        # no neurons.
        for number in np.argsort(-crowd, kind="stable"):
            if len(stream) < sizes[number]:
                stream = generator.permutation(width)
            pools[number], stream = stream[: sizes[number]], stream[sizes[number] :]
            words = draw_words(int(crowd[number]), int(sizes[number]), weight, generator)
            rows[pool == number] = pools[number][words]
        return spread_words(rows, pools, pool, terms.select(self.terms), generator)
