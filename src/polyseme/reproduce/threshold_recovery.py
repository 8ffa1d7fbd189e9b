"""Recompute the number of active features that a threshold recovers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincc

from polyseme.codes.gaussian import gaussian_code
from polyseme.codes.readout import recover, tied_readout
from polyseme.common.distributions import binomial_at_least
from polyseme.common.progress import Note
from polyseme.common.random_streams import Stream, stream
from polyseme.reproduce.row import Row, equal

ABOUT = """\
How many active features a threshold recovers among F = d^2 in d dimensions.

Borobia, Seguí-Mas and Tormo-Carbó 2026: order d / log d. Their decoder reads each feature along its
own random unit code and compares with one half; a set is recovered when every active feature reads
more and every other one less. Their campaign E6 draws a code and a set anew 200, 200, 100 and 50
times, by width, and prints the largest set that was recovered at least 95 % of the time. They claim
no law from these four numbers, and neither do we.

The F codes need not be drawn. Given the active ones, with sum x, an inactive code is uniform on the
sphere, so its read exceeds t with chance P(u > t / |x|), u one coordinate of a uniform unit vector:
u^2 is Beta(1/2, (d-1)/2). All F - s inactive ones stay below with that chance's power, so each draw
of the s active codes gives the exact chance of recovery under it, and we average those."""

THRESHOLD = 0.5
ASKED = 0.95
LOCATOR = "campaign E6, table of recovery thresholds s95 (paper/tables/tab_e6_scaling.tex)"
PUBLISHED = {128: 1, 256: 2, 512: 5, 1024: 8}
PUBLISHED_DRAWS = {128: 200, 256: 200, 512: 100, 1024: 50}
DRAWS = 4000
# An answer is within sampling error unless that many draws would give another this often.
CONFIDENCE = 0.975


@dataclass(frozen=True)
class Recovered:
    """Chance that the threshold recovers a set, its standard error, and chance by largest reads."""

    chance: float
    error: float
    by_largest: float


def recovery_chance(
    dimensions: int, active: int, draws: int, generator: np.random.Generator
) -> Recovered:
    """Return the chances that `active` of d^2 features are recovered, averaged over code draws."""
    codes = generator.standard_normal((draws, active, dimensions))
    codes /= np.linalg.norm(codes, axis=2, keepdims=True)
    held = codes.sum(axis=1)
    least = np.einsum("sad,sd->sa", codes, held).min(axis=1)
    length = np.linalg.norm(held, axis=1)
    strangers = dimensions**2 - active
    seen = (least > THRESHOLD) * _all_below(THRESHOLD / length, dimensions, strangers)
    largest = _all_below(np.maximum(least, 0) / length, dimensions, strangers)
    return Recovered(float(seen.mean()), float(seen.std() / draws**0.5), float(largest.mean()))


def _all_below(cosine: NDArray[np.float64], dimensions: int, strangers: int) -> NDArray[np.float64]:
    """Chance that none of `strangers` uniform unit vectors has a cosine above the given ones."""
    above = 0.5 * betaincc(0.5, (dimensions - 1) / 2, np.minimum(cosine, 1) ** 2)
    chance: NDArray[np.float64] = np.exp(strangers * np.log1p(-above))
    return chance


def simulated_recovery(
    dimensions: int, active: int, codes: int, sets: int, generator: np.random.Generator
) -> list[float]:
    """Return the recovered share of `sets` sets for each of several whole codes of d^2 features."""
    features = dimensions**2
    shares = []
    for _ in range(codes):
        code = gaussian_code(features, dimensions, generator)
        drawn = np.array([generator.choice(features, active, replace=False) for _ in range(sets)])
        shares.append(recover(code, tied_readout(code), drawn, THRESHOLD).exact / sets)
    return shares


def rows(seed: int, note: Note) -> list[Row]:
    """Compare the largest sets recovered, and the law of the reads with whole codes."""
    found = []
    for dimensions, published in PUBLISHED.items():
        note(f"threshold recovery: {dimensions**2:,} features in {dimensions} dimensions")
        generator = stream(seed, Stream.REPRODUCED_THRESHOLD_RECOVERY, dimensions)
        seen = [
            recovery_chance(dimensions, active, DRAWS, generator)
            for active in range(1, published + 3)
        ]
        found.append(_largest_row(dimensions, published, seen))
    note("threshold recovery: whole codes at 128 dimensions")
    return [*found, _law_row(stream(seed, Stream.REPRODUCED_THRESHOLD_LAW))]


def _largest_row(dimensions: int, published: int, seen: list[Recovered]) -> Row:
    chances = [one.chance for one in seen]
    largest = max((size for size, chance in enumerate(chances, 1) if chance >= ASKED), default=0)
    theirs = PUBLISHED_DRAWS[dimensions]
    possible = possible_answers(chances, theirs)
    shares = ", ".join(
        f"{chances[active - 1]:.4f} at {active}" for active in (published, published + 1)
    )
    row = equal(
        "borobia2026linear",
        f"largest sets recovered in 95 % of draws, {dimensions**2:,} features in {dimensions} "
        "dimensions",
        published,
        largest,
        locator=LOCATOR,
        tolerance=max((abs(one - largest) for one in possible), default=0),
        samples=DRAWS,
        note=f"recovered by the law of the reads: {shares} (by the s largest reads: "
        f"{seen[published].by_largest:.4f} at {published + 1}); the tolerance is how far the "
        f"answer of {theirs} draws, as many as theirs, strays (97.5 % a side)",
    )
    return replace(row, agrees=published in possible)


def possible_answers(chances: list[float], draws: int) -> list[int]:
    """Return the sizes that so many draws may find largest, given chances per size."""
    enough = binomial_at_least(ceil(ASKED * draws), draws, chances)
    found = np.append(True, enough > 1 - CONFIDENCE)
    next_lost = np.append(enough < CONFIDENCE, False)
    return [int(size) for size in np.flatnonzero(found & next_lost)]


def _law_row(generator: np.random.Generator) -> Row:
    law = recovery_chance(128, 2, DRAWS, generator)
    shares = simulated_recovery(128, 2, 16, 100, generator)
    spread = float(np.std(shares, ddof=1) / len(shares) ** 0.5)
    return equal(
        "polyseme",
        "law of the reads against whole codes: 2 of 16,384 features in 128 dimensions",
        law.chance,
        float(np.mean(shares)),
        locator="this section: the chance of recovery given the active codes",
        tolerance=4 * (law.error**2 + spread**2) ** 0.5,
        samples=1600,
        note="16 codes, 100 sets each; 4 standard errors",
    )
