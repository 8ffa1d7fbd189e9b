"""Densities and tails of the normal and binomial distributions, for sizes and intervals.

scipy.stats has them too, but importing it would take half of the time that the command line takes
to start. These functions use scipy.special, as scipy.stats does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Reals = NDArray[np.float64]


def normal_density(deviations: ArrayLike) -> Reals:
    """Return the density of a standard normal number."""
    return np.asarray(np.exp(-np.square(deviations) / 2) / np.sqrt(2 * np.pi), np.float64)


def normal_below(deviations: ArrayLike) -> Reals:
    """Return the chance that a standard normal number is smaller."""
    return np.asarray(special.ndtr(deviations), np.float64)


def normal_above(deviations: ArrayLike) -> Reals:
    """Return the chance that a standard normal number is larger."""
    return np.asarray(special.ndtr(np.negative(deviations)), np.float64)


def normal_quantile(chance: ArrayLike) -> Reals:
    """Return the value that a standard normal number exceeds with a chance.

    It is the inverse of `normal_above`.
    """
    return np.asarray(-special.ndtri(chance), np.float64)


def binomial(hits: ArrayLike, trials: ArrayLike, chance: ArrayLike) -> Reals:
    """Return the chance of exactly `hits` in independent trials, each with the same chance."""
    misses = np.subtract(trials, hits)
    ways = special.gammaln(np.add(trials, 1)) - special.gammaln(np.add(hits, 1))
    ways -= special.gammaln(np.add(misses, 1))
    sides = special.xlogy(hits, chance) + special.xlog1py(misses, np.negative(chance))
    return np.asarray(np.exp(ways + sides), np.float64)


def binomial_at_least(hits: ArrayLike, trials: ArrayLike, chance: ArrayLike) -> Reals:
    """Return the chance of at least `hits`; it is 0 for more hits than trials."""
    least, most = np.asarray(hits, np.float64), np.asarray(trials, np.float64)
    inside = special.betainc(np.maximum(least, 1), most - least + 1, chance)
    return np.asarray(np.where(least <= 0, 1.0, np.where(least > most, 0.0, inside)), np.float64)
