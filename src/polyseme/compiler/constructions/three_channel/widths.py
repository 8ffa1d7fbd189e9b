"""Pass 3: give every region a number of neurons.

A region's width is its reference width times a factor common to all, found so that the widths add
up to the neurons there are; a region that would be wider than one neuron a codeword gets just that.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from polyseme.compiler.constructions.three_channel.codewords import MIN_WEIGHT
from polyseme.compiler.constructions.three_channel.regions import (
    Demand,
    Region,
    reference_width,
    territory_weight,
)
from polyseme.errors import TooFewNeuronsError

# Below this the sets of two features of an input region may not meet at all.
MIN_INPUT_WIDTH = 128


def smallest_width(region: Region) -> int:
    """Neurons below which a region cannot be laid out."""
    if region.kind == "territory":
        return region.codewords * territory_weight(region)
    if region.kind == "input":
        return min(region.codewords, MIN_INPUT_WIDTH)
    return min(region.codewords, round(1.05 * MIN_WEIGHT * math.sqrt(region.codewords)))


def widths_for(regions: list[Region], neurons: int, demand: Demand) -> NDArray[np.int64]:
    """Widths that add up to at most `neurons`, in proportion to what each region asks for.

    Raises TooFewNeuronsError when there are fewer neurons than the smallest layout needs.
    """
    least = np.array([smallest_width(region) for region in regions])
    if least.sum() > neurons:
        raise TooFewNeuronsError(
            f"{neurons} neurons are fewer than the {least.sum()} this circuit needs"
        )
    most = np.array([widest(region) for region in regions])
    asked = np.array([reference_width(region, demand) for region in regions])
    low, high = 0.0, 1e6
    for _ in range(80):
        factor = (low + high) / 2
        total = np.clip(np.floor(factor * asked), least, most).sum()
        low, high = (factor, high) if total <= neurons else (low, factor)
    return np.clip(np.floor(low * asked), least, most).astype(np.int64)


def widest(region: Region) -> int:
    """Neurons beyond which a region gains nothing: one for each thing it tells apart."""
    if region.kind == "territory":
        return len(region.terms) * territory_weight(region)
    return region.codewords
