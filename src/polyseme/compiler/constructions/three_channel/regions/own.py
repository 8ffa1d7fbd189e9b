"""Regions of one neuron per codeword.

Any region becomes one if its width is enough for that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.compiler.constructions.three_channel.regions.region import (
    Demand,
    Placement,
    Region,
    placed,
)
from polyseme.compiler.constructions.three_channel.regions.summed import SummedRegion


@dataclass(frozen=True, eq=False)
class Own(SummedRegion):
    """Terms whose codewords are single neurons."""

    knee = 0.5

    @property
    def weight(self) -> int:
        """Number of neurons that a term drives: one."""
        return 1

    @property
    def smallest_width(self) -> int:
        """Number of neurons: one per codeword."""
        return self.codewords

    def reference_width(self, demand: Demand) -> float:
        """Return one neuron per codeword, whatever the demand."""
        return float(self.codewords)

    def sizes(self, width: int) -> NDArray[np.int64]:
        """Return one neuron for every codeword."""
        return np.ones(self.codewords, np.int64)

    def place(
        self, width: int, begin: int, terms: Terms, active: int, generator: np.random.Generator
    ) -> Placement:
        """Give the codewords the neurons in order; nothing is drawn."""
        return placed(self, width, begin, terms, np.arange(self.codewords, dtype=np.int32)[:, None])


def own_where_wide(region: Region, width: int) -> Region:
    """Return the region, or one of one neuron per codeword if `width` is enough for that."""
    if width < region.codewords:
        return region
    return Own(
        region.terms,
        region.codeword,
        region.needed,
        region.reads,
        region.owner,
        region.owner_sign,
    )
