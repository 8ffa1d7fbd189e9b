"""Recompute the chance that every pairwise AND is right at once, by width."""

from __future__ import annotations

from math import sqrt

import numpy as np

from polyseme.common.distributions import normal_quantile
from polyseme.common.progress import Note
from polyseme.common.random_streams import Stream, stream
from polyseme.reproduce.row import Row, equal

ABOUT = """\
The width at which every pairwise AND is right at once, from the exact law of the reads.

Li et al. 2026, *The Ball and the Box*: m features with Gaussian codes in d dimensions, k of them on
at random. An active feature reads H + sigma (Z_i - mean Z) and an inactive one sigma W_j, with
H ~ chi^2_d / d, sigma = sqrt(k H / d), and Z, W independent standard normals (theorem 3.1). A pair
is taken as on where the sum of its two reads exceeds a bias. All m^2/2 pairs are right when the two
smallest active reads together exceed it, and neither the largest active with the largest inactive
nor the two largest inactive reads do. So k normals and the two largest of m - k more decide a draw.

With l1 and l0 the normal quantiles of upper tail 1/k and 1/(m-k), the room between true and false
pairs closes at width k (3 l1 + l0)^2: at c times it, true pairs read about 2 - 2 l1 s or more and
false ones about 1 + (l1 + l0) s or less, s = sqrt(k/d). The centre between is their half-slack bias
(theorem 6.1 (a))."""

LOCATOR = "table L.1 (campaign E1, half-slack bias)"

ACTIVE = 1024
FEATURES = 1024**4
# Chance that no pair is wrong, by width as a multiple of k (3 l1 + l0)^2.
PUBLISHED = {
    0.6: 0.0,
    1.0: 0.1548,
    1.2: 0.8252,
    1.35: 0.9727,
    1.5: 0.9976,
    1.75: 0.9995,
    2.0: 1.0,
}
DRAWS = 20_000
PUBLISHED_DRAWS = 4096
_BATCH = 2000


def quantiles(active: int, features: int) -> tuple[float, float]:
    """Return l1 and l0: the normal quantiles of upper tail 1/active and 1/(features - active)."""
    return float(normal_quantile(1 / active)), float(normal_quantile(1 / (features - active)))


def chance_all_right(
    active: int, features: int, factor: float, draws: int, generator: np.random.Generator
) -> float:
    """Share of draws with every pairwise AND right, at `factor` k (3 l1 + l0)^2, bias tuned."""
    active_tail, inactive_tail = quantiles(active, features)
    width = round(factor * active * (3 * active_tail + inactive_tail) ** 2)
    spread = sqrt(active / width)
    bias = (3 + (inactive_tail - active_tail) * spread) / 2
    right = 0
    for begin in range(0, draws, _BATCH):
        batch = min(_BATCH, draws - begin)
        true, false = _extremes(active, features, width, batch, generator)
        right += int(((true > bias) & (false < bias)).sum())
    return right / draws


def _extremes(
    active: int, features: int, width: int, draws: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the smallest sum of reads of a true pair and the largest of a false one, (draws,)."""
    strength = generator.chisquare(width, draws) / width
    sigma = np.sqrt(active * strength / width)
    reads = generator.standard_normal((draws, active))
    reads -= reads.mean(axis=1, keepdims=True)
    reads.partition((0, 1, active - 1), axis=1)
    # The distance of the largest of n uniform numbers from 1 is the share E/(E + rest) of the first
    # of n + 1 exponential spacings. The distance of the second largest adds the next spacing.
    spacings = np.cumsum(generator.standard_exponential((draws, 2)), axis=1)
    rest = generator.standard_gamma(features - active - 1, (draws, 1))
    others = normal_quantile(spacings / (spacings[:, 1:] + rest))
    true = 2 * strength + sigma * (reads[:, 0] + reads[:, 1])
    mixed = strength + sigma * (reads[:, -1] + others[:, 0])
    return true, np.maximum(mixed, sigma * others.sum(axis=1))


def rows(seed: int, note: Note) -> list[Row]:
    """Compare the chance that no pair is wrong at seven widths."""
    found = []
    for factor, published in PUBLISHED.items():
        note(f"ball and box: {factor:g} times k (3 l1 + l0)^2")
        generator = stream(seed, Stream.REPRODUCED_BALL_AND_BOX, int(10 * factor))
        ours = chance_all_right(ACTIVE, FEATURES, factor, DRAWS, generator)
        typical = max(ours * (1 - ours), 1 / PUBLISHED_DRAWS)
        found.append(
            equal(
                "li2026ball",
                f"all pairwise ANDs right, 1,024 of 2^40 active, {factor:g} k (3 l1 + l0)^2",
                published,
                ours,
                locator=LOCATOR,
                tolerance=3 * sqrt(typical * (1 / PUBLISHED_DRAWS + 1 / DRAWS)),
                samples=DRAWS,
                note=f"bias at the centre between true and false pairs; 3 standard errors of ours "
                f"and of their {PUBLISHED_DRAWS:,} draws",
            )
        )
    return found
