"""The normal noise of neurons, which the kinds of region share.

A neuron that reads r features is moved by every foreign feature that is on with variance
r (1/(d - r) - 1/m), where d is the number of input dimensions and m that of features: these are
minimum-norm reads of a tight frame.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.common.distributions import normal_below, normal_density
from polyseme.compiler.constructions.three_channel.regions.region import Demand, Region

# Thresholds tried, as shares of a full reading: a column, against a row of outputs.
SHARES = np.arange(0.06, 1.0, 0.04)[:, None]
# Features that carry no noise still have a deviation to divide by.
_QUIET = 1e-3

Floats = NDArray[np.float64]


def noise_variance(load: Floats, demand: Demand) -> Floats:
    """Variance by which one foreign feature moves neurons that read `load` features each."""
    if demand.dimensions >= demand.features:
        return np.zeros_like(load)
    return load * (1 / np.maximum(demand.dimensions - load, 1) - 1 / demand.features)


def deviation(variance: Floats) -> Floats:
    """Standard deviation, never quite 0."""
    return np.sqrt(variance) + _QUIET


def rectified(mean: float, spread: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of a ReLU of normal noise of standard deviation `spread`."""
    height = mean / spread
    below, density = normal_below(height), normal_density(height)
    passed = mean * below + spread * density
    square = (mean**2 + spread**2) * below + mean * spread * density
    return passed, np.maximum(square - passed**2, 0)


def fewest_failures(
    region: Region, miss: Floats, stray: Floats, terms: int, demand: Demand
) -> tuple[float, float]:
    """Expected misses and strays of a region at the threshold where they are fewest.

    `miss` is the chance that a satisfied term is missed at each of the thresholds `SHARES`, `stray`
    the chance that an output that lacks one input strays. `terms` is as in `expected_failures`.
    """
    # Foreign features satisfy terms of one input too, and those may be missed as well.
    beside = 0.0
    if region.needed == 1:
        beside = region.foreign_features(demand) * terms / demand.features
    misses = miss * (len(region.terms) / terms * (1 + beside))
    strays = stray * min(region.rivals(demand), region.codewords)
    best = int(np.argmin(misses + strays))
    return float(misses[best]), float(strays[best])
