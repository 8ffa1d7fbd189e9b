"""Bounds on the chance that the mean of many noisy ReLUs is on the wrong side of a threshold.

A gate is read as the mean of N neurons h = ReLU(X), where X is one of a few levels plus Gaussian
noise. For any tilt t > 0, Chernoff's bound says P(mean >= threshold) <= (e^(-t threshold)
E e^(t h))^N, and the same with t < 0 bounds the chance of falling below. A rectified Gaussian of
mean u and deviation v has

    E e^(t h) = Phi(-u/v) + e^(t u + t^2 v^2 / 2) Phi(u/v + t v).

Noise that all neurons of a gate share does not average out, so the bound is averaged over that
noise. If a gate owns each of n neurons with chance q, instead of N neurons, then E = 1 - q +
q (...), to the nth power. The noise is a sum of many small signed parts, which is only
approximately Gaussian. All else is exact, so without noise the bound is a theorem.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from polyseme.common.distributions import binomial, normal_below, normal_density

_TILTS = np.geomspace(0.1, 80.0, 32)
# Shared noise, in deviations; larger noise has chance 2e-9.
_SHARED = np.linspace(-6.0, 6.0, 25)
_SHARED_CHANCES = normal_density(_SHARED) / normal_density(_SHARED).sum()
_NO_NOISE = 1e-9


@dataclass(frozen=True, eq=False)
class Sums:
    """The sum of a neuron of a gate before its ReLU: `levels` with `chances`, plus noise.

    `noise` is the deviation of the noise that each neuron has of its own, and `shared` that of the
    noise that all neurons of the gate have in common.
    """

    levels: NDArray[np.float64]
    chances: NDArray[np.float64]
    noise: float = 0.0
    shared: float = 0.0

    def mean(self) -> float:
        """Return the expected value of the ReLU."""
        spread = max(float(np.hypot(self.noise, self.shared)), _NO_NOISE)
        ratio = self.levels / spread
        rectified = self.levels * normal_below(ratio) + spread * normal_density(ratio)
        return float(rectified @ self.chances)


def sums_of(
    level: float, others: int, chance: float, noise: float = 0.0, shared: float = 0.0
) -> Sums:
    """Return sums of a level, plus 1 for each of `others` features that hits, with a chance."""
    hits = np.arange(others + 1)
    chances = np.asarray(binomial(hits, others, chance), np.float64)
    return Sums(level + hits.astype(np.float64), chances, noise, shared)


def chance_over(sums: Sums, threshold: float, neurons: int, share: float = 1.0) -> float:
    """Return a bound on the chance that the mean over the neurons reaches the threshold."""
    return _bound(sums, threshold, neurons, share, _TILTS)


def chance_under(sums: Sums, threshold: float, neurons: int, share: float = 1.0) -> float:
    """Return a bound on the chance that the mean over the neurons does not exceed the threshold."""
    return _bound(sums, threshold, neurons, share, -_TILTS)


def _bound(
    sums: Sums, threshold: float, neurons: int, share: float, tilts: NDArray[np.float64]
) -> float:
    """Return the average, over the shared noise, of the best Chernoff bound with these tilts."""
    shifts = _SHARED * sums.shared if sums.shared else np.zeros(1)
    chances = _SHARED_CHANCES if sums.shared else np.ones(1)
    noise = max(sums.noise, _NO_NOISE)
    level = sums.levels[:, None, None] + shifts[None, :, None]
    tilt = tilts[None, None, :]
    bent = log_ndtr(-level / noise)
    straight = tilt * level + (tilt * noise) ** 2 / 2 + log_ndtr(level / noise + tilt * noise)
    weight = np.log(np.maximum(sums.chances, 1e-300))[:, None, None]
    growth = np.logaddexp.reduce(np.logaddexp(bent, straight) + weight) - tilts * threshold
    if share < 1:
        growth = np.logaddexp(np.log1p(-share), np.log(share) + growth)
    best = neurons * growth.min(axis=1)
    return float(np.exp(np.minimum(best, 0.0)) @ chances)
