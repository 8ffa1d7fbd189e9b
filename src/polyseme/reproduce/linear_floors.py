"""Recompute the cross-talk of linear readouts of random unit codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyseme.codes.gaussian import gaussian_code
from polyseme.codes.inner_products import welch_mean_square
from polyseme.codes.readout import mean_square_cross_talk, pseudo_inverse_readout, tied_readout
from polyseme.common.progress import Note
from polyseme.common.random_streams import Stream, stream
from polyseme.reproduce.row import Row, equal, explained

ABOUT = """\
Cross-talk of linear readouts of random unit codes, against the least there can be.

Borobia, Seguí-Mas and Tormo-Carbó 2026: with F features in d dimensions, the mean squared
cross-talk of any linear readout of unit gain is at least (F-d)/(d(F-1)). We compute its ratio to
that floor for two readouts of random unit codes. Of the tied one it is (F-1)/(F-d) on average, as
two random unit vectors have mean squared inner product 1/d; for large F that is (F/d)/(F/d - 1). Of
the rescaled pseudo-inverse it is mean(1/p_i - 1) / (F/d - 1), p_i being the leverage of feature i;
leverages differ so little that this stays within a few percent of 1."""

DIMENSIONS = (16, 32, 64, 128)
LOADS = (2, 4, 8, 16)
# The ratios printed for the tied readout at 64 dimensions, by load.
PUBLISHED_TIED = {2: 1.972, 4: 1.329, 8: 1.141, 16: 1.066}
DRAWS = 40


@dataclass(frozen=True)
class Ratios:
    """Mean ratios of both readouts to the floor, and the standard deviations of one draw."""

    tied: float
    tied_deviation: float
    inverse: float
    inverse_deviation: float


def ratios(dimensions: int, load: int, draws: int, generator: np.random.Generator) -> Ratios:
    """Draw codes of `load` features per dimension and compare both readouts with the floor."""
    features = load * dimensions
    floor = welch_mean_square(features, dimensions)
    seen = np.empty((draws, 2))
    for draw in range(draws):
        code = gaussian_code(features, dimensions, generator)
        seen[draw] = (
            mean_square_cross_talk(code, tied_readout(code)) / floor,
            mean_square_cross_talk(code, pseudo_inverse_readout(code)) / floor,
        )
    mean, deviation = seen.mean(axis=0), seen.std(axis=0, ddof=1)
    return Ratios(float(mean[0]), float(deviation[0]), float(mean[1]), float(deviation[1]))


def rows(seed: int, note: Note) -> list[Row]:
    """Compare the tied readout with its law and the printed values, and the pseudo-inverse."""
    found = []
    for dimensions in DIMENSIONS:
        for load in LOADS:
            note(f"linear floors: {load * dimensions} features in {dimensions} dimensions")
            generator = stream(seed, Stream.REPRODUCED_LINEAR_FLOORS, dimensions, load)
            found += _rows_at(dimensions, load, ratios(dimensions, load, DRAWS, generator))
    return found


def _rows_at(dimensions: int, load: int, seen: Ratios) -> list[Row]:
    features = load * dimensions
    where = f"{features} features in {dimensions} dimensions"
    tied = equal(
        "borobia2026linear",
        f"tied readout over the floor, (F-1)/(F-d), {where}",
        (features - 1) / (features - dimensions),
        seen.tied,
        tolerance=5 * seen.tied_deviation / DRAWS**0.5,
        samples=DRAWS,
        note="the closed form (F/d)/(F/d - 1) with its finite-size term; 5 standard errors",
    )
    if dimensions != 64:
        return [tied]
    printed = equal(
        "borobia2026linear",
        f"tied readout over the floor as printed, {where}",
        PUBLISHED_TIED[load],
        seen.tied,
        tolerance=3 * seen.tied_deviation + 0.0005,
        samples=DRAWS,
        note="3 standard deviations of one draw, as it is not said how many were averaged",
    )
    inverse = equal(
        "borobia2026linear",
        f"pseudo-inverse readout over the floor, (F/d)/(F/d - 1) as retold, {where}",
        load / (load - 1),
        seen.inverse,
        tolerance=5 * seen.inverse_deviation / DRAWS**0.5 + 1 / features,
        samples=DRAWS,
        note="rescaled to unit gain; 5 standard errors and the finite-size term",
    )
    why = (
        "the factor belongs to the tied readout, which has it here "
        f"({seen.tied:.4f}); the pseudo-inverse rescaled to unit gain nearly meets the floor"
    )
    return [tied, printed, explained(inverse, why, evidence=tied.agrees and printed.agrees)]
