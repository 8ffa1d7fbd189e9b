"""Pass 4: place every region, and every term in its region."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.terms import Terms
from polyseme.compiler.constructions.three_channel.regions.region import Placement, Region


def place_regions(
    regions: list[Region],
    widths: NDArray[np.int64],
    terms: Terms,
    active: int,
    generator: np.random.Generator,
) -> list[Placement]:
    """Draw the codes of every region from the generator, on neurons one region after another."""
    placements, begin = [], 0
    for region, width in zip(regions, widths.tolist(), strict=True):
        laid_out = region.at_width(width)
        placements.append(laid_out.place(width, begin, terms, active, generator))
        begin += width
    return placements
