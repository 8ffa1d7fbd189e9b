"""The share of satisfied inputs on which a layout fails, predicted by the noise model.

Nothing is built. Every kind of region gives its expected misses and strays, each a normal tail or a
bound (`regions/`), and this module adds them up. Thresholds are those at which a region fails
least, as calibration finds them. The model leaves out rounding, tails heavier than normal, and the
larger overlap of codes inside pools. On tables of facts the model was within a third of the
measured share where at least a tenth of the inputs fail, and too low where fewer do
(`tests/compiler/constructions/three_channel/test_layouts.py` checks this).
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from polyseme.compiler.constructions.three_channel.regions.region import Demand, Region


def modelled_failure(regions: list[Region], widths: NDArray[np.int64], demand: Demand) -> float:
    """Return the share of satisfied inputs that fail in regions of these widths.

    `demand.dimensions` counts only dimensions that features share, not those that heavy features
    have to themselves.
    """
    by_owner = defaultdict(list)
    for region, width in zip(regions, widths.tolist(), strict=True):
        by_owner[region.owner, region.owner_sign].append((region.at_width(width), width))
    expected, asked, always = [], [], 0.0
    for (_, sign), parts in by_owner.items():
        terms = sum(len(region.terms) for region, _ in parts)
        failures = [region.expected_failures(width, terms, demand) for region, width in parts]
        misses, strays = (sum(side) for side in zip(*failures, strict=True))
        # Unless an owner must be on, the region is open for every input, so it may always stray.
        if sign <= 0:
            strays, always = 0.0, always + strays
        expected.append(misses + strays)
        asked.append(terms)
    return float(np.average(-np.expm1(-(np.array(expected) + always)), weights=asked))
