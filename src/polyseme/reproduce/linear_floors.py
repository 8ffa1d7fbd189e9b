"""Recompute the cross-talk of the tied readout of random unit codes."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from polyseme.codes.gaussian import gaussian_code
from polyseme.codes.inner_products import welch_mean_square
from polyseme.codes.readout import mean_square_cross_talk, tied_readout
from polyseme.common.progress import Note
from polyseme.common.random_streams import Stream, stream
from polyseme.reproduce.row import Row, equal

ABOUT = """\
Cross-talk of the tied readout of random unit codes, against the least there can be.

Borobia, Seguí-Mas and Tormo-Carbó 2026 (arXiv:2605.01192, superseded by the manuscript in their
repository hecboar/linear-readout-threshold-recovery): with F features in d dimensions, the mean
squared cross-talk of any linear readout of unit gain is at least (F-d)/(d(F-1)). Their campaign E1
draws random unit codes and prints the ratio of the calibrated tied readout to that floor, averaged
over 15 codes. We draw 40. The expected ratio is (F-1)/(F-d), as two random unit vectors have mean
squared inner product 1/d; for large F that is (F/d)/(F/d - 1)."""

LOCATOR = "campaign E1, table of attainment ratios (paper/tables/tab_e1_floor.tex)"
# The ratios printed, by dimensions and load, the number of features per dimension.
PUBLISHED = {
    16: {2: 1.899, 4: 1.298, 8: 1.130, 16: 1.063},
    32: {2: 1.966, 4: 1.327, 8: 1.141, 16: 1.065},
    64: {2: 1.972, 4: 1.329, 8: 1.141, 16: 1.066},
    128: {2: 1.999, 4: 1.332, 8: 1.141, 16: 1.066},
}
PUBLISHED_DRAWS = 15
DRAWS = 40


@dataclass(frozen=True)
class Ratio:
    """Mean ratio of the tied readout to the floor, and the standard deviation of one draw."""

    mean: float
    deviation: float


def tied_ratio(dimensions: int, load: int, draws: int, generator: np.random.Generator) -> Ratio:
    """Draw codes of `load` features per dimension and compare the tied readout with the floor."""
    features = load * dimensions
    floor = welch_mean_square(features, dimensions)
    seen = np.empty(draws)
    for draw in range(draws):
        code = gaussian_code(features, dimensions, generator)
        seen[draw] = mean_square_cross_talk(code, tied_readout(code)) / floor
    return Ratio(float(seen.mean()), float(seen.std(ddof=1)))


def rows(seed: int, note: Note) -> list[Row]:
    """Compare the tied readout with the printed ratios."""
    found = []
    for dimensions, by_load in PUBLISHED.items():
        for load, published in by_load.items():
            where = f"{load * dimensions} features in {dimensions} dimensions"
            note(f"linear floors: {where}")
            generator = stream(seed, Stream.REPRODUCED_LINEAR_FLOORS, dimensions, load)
            ratio = tied_ratio(dimensions, load, DRAWS, generator)
            error = ratio.deviation * sqrt(1 / PUBLISHED_DRAWS + 1 / DRAWS)
            found.append(
                equal(
                    "borobia2026linear",
                    f"calibrated tied readout over the floor, {where}",
                    published,
                    ratio.mean,
                    locator=LOCATOR,
                    tolerance=4 * error + 0.0005,
                    samples=DRAWS,
                    note=f"4 standard errors of {DRAWS} codes against their {PUBLISHED_DRAWS}, and "
                    "rounding",
                )
            )
    return found
