"""The share of satisfied inputs that a layout fails, by the noise model: nothing is built.

Every kind of region says how many misses and strays it expects, each a normal tail or a bound
(`regions/`); here they are added up. Thresholds are those at which a region fails least, as
calibration finds them. Left out: rounding, that tails are heavier than normal, and that codes
inside pools are closer to one another. Measured on tables of facts, the model was right within a
third where a tenth of the inputs or more fail, and too hopeful where fewer do
(`tests/compiler/constructions/three_channel/test_layouts.py` holds it to that).
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from polyseme.compiler.constructions.three_channel.regions.region import Demand, Region


def modelled_failure(regions: list[Region], widths: NDArray[np.int64], demand: Demand) -> float:
    """Share of satisfied inputs that fail in regions of these widths.

    `demand.dimensions` are those that features share, without any that heavy ones have apart.
    """
    by_owner = defaultdict(list)
    for region, width in zip(regions, widths.tolist(), strict=True):
        by_owner[region.owner, region.owner_sign].append((region.at_width(width), width))
    expected, asked, always = [], [], 0.0
    for (_, sign), parts in by_owner.items():
        terms = sum(len(region.terms) for region, _ in parts)
        failures = [region.expected_failures(width, terms, demand) for region, width in parts]
        misses, strays = (sum(side) for side in zip(*failures, strict=True))
        # Regions without an owner that must be on are open for every input, so they always stray.
        if sign <= 0:
            strays, always = 0.0, always + strays
        expected.append(misses + strays)
        asked.append(terms)
    return float(np.average(-np.expm1(-(np.array(expected) + always)), weights=asked))
