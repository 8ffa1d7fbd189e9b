"""The normal noise of neurons, which the kinds of region share.

Every foreign feature that is on moves a neuron that reads r features with variance
r (1/(d - r) - 1/m), where d is the number of input dimensions and m that of features. This holds
for minimum-norm reads of a tight frame.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.common.distributions import normal_below, normal_density
from polyseme.compiler.constructions.three_channel.regions.region import Demand, Region

# Thresholds that are tried, as shares of a full reading; a column, to go with a row of outputs.
SHARES = np.arange(0.06, 1.0, 0.04)[:, None]
# Least standard deviation, so that it can be divided by.
_QUIET = 1e-3

Floats = NDArray[np.float64]


def noise_variance(load: Floats, demand: Demand) -> Floats:
    """Return the variance by which one foreign feature moves neurons of the given loads."""
    if demand.dimensions >= demand.features:
        return np.zeros_like(load)
    return load * (1 / np.maximum(demand.dimensions - load, 1) - 1 / demand.features)


def deviation(variance: Floats) -> Floats:
    """Return the standard deviation, never quite 0."""
    return np.sqrt(variance) + _QUIET


def rectified(mean: float, spread: Floats) -> tuple[Floats, Floats]:
    """Return the mean and variance of a ReLU of normal noise of standard deviation `spread`."""
    height = mean / spread
    below, density = normal_below(height), normal_density(height)
    passed = mean * below + spread * density
    square = (mean**2 + spread**2) * below + mean * spread * density
    return passed, np.maximum(square - passed**2, 0)


def fewest_failures(
    region: Region, miss: Floats, stray: Floats, terms: int, demand: Demand
) -> tuple[float, float]:
    """Return the expected misses and strays of a region at the threshold where they are fewest.

    At each of the thresholds `SHARES`, `miss` is the chance that a satisfied term is missed, and
    `stray` the chance that an output that lacks one input strays. `terms` is as in
    `Region.expected_failures`.
    """
    # Foreign features satisfy terms of one input as well, and those may also be missed.
    beside = 0.0
    if region.needed == 1:
        beside = region.foreign_features(demand) * terms / demand.features
    misses = miss * (len(region.terms) / terms * (1 + beside))
    strays = stray * min(region.rivals(demand), region.codewords)
    best = int(np.argmin(misses + strays))
    return float(misses[best]), float(strays[best])
