"""Pass 3: give every region a number of neurons.

The width of a region is its reference width times a factor common to all regions, kept between the
region's own limits. The factor is such that the widths add up to the neurons that there are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.compiler.constructions.three_channel.regions.region import Demand, Region
from polyseme.errors import TooFewNeuronsError


def smallest_total(regions: list[Region]) -> int:
    """Return the number of neurons below which the regions cannot be laid out."""
    return sum(region.smallest_width for region in regions)


def widths_for(regions: list[Region], neurons: int, demand: Demand) -> NDArray[np.int64]:
    """Return widths that add up to at most `neurons`, in proportion to the reference widths.

    Raises:
        TooFewNeuronsError: The smallest widths add up to more.
    """
    least = np.array([region.smallest_width for region in regions])
    if least.sum() > neurons:
        raise TooFewNeuronsError(
            f"{neurons} neurons are fewer than the {least.sum()} this circuit needs"
        )
    most = np.array([region.largest_width for region in regions])
    asked = np.array([region.reference_width(demand) for region in regions])
    low, high = 0.0, 1e6
    for _ in range(80):
        factor = (low + high) / 2
        total = np.clip(np.floor(factor * asked), least, most).sum()
        low, high = (factor, high) if total <= neurons else (low, factor)
    return np.clip(np.floor(low * asked), least, most).astype(np.int64)
