"""How often a layout fails, by the noise model, without building anything.

A *satisfied* input, one gate's inputs and random features beside them, fails when the gate's output
reads under its threshold (a miss) or any other reads over its own (a stray). Both are normal tails.
A neuron that reads r features is moved by every foreign one that is on with variance
r (1/(d - r) - 1/m): minimum-norm reads of a tight frame, d dimensions, m features.

- **Averaged** (code regions). A reading is the mean of w neurons. They all read the word's own
  features, so that much of their noise is common to them and no number of neurons averages it; what
  they read of other words is averaged. Each foreign feature also drives words, and each that
  meets this one (in one neuron) lifts its reading by 1/w. So a crowded output is noisy
  in a code region however wide that is: this is what territories are for.
- **Summed** (territories, neurons of their own). A reading is the sum of ReLUs that bend far above
  rest. It strays when one of them passes the bend by more than the threshold, and besides leaks the
  mean of what all pass. The load of a neuron falls as a territory grows, but an output needs one
  neuron at least, and that is what a small network has not got.

Thresholds are those at which a region fails least, as calibration finds them. Left out: rounding,
that tails are heavier than normal, and that codes inside pools are closer to one another. On tables
of facts it was measured right within a third where a tenth fails and more, and too hopeful where
less does (`tests/test_layouts.py` holds it to that).
"""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray
from scipy.special import comb

from polyseme.common.distributions import normal_below, normal_density
from polyseme.compiler.constructions.three_channel.codewords import word_weight
from polyseme.compiler.constructions.three_channel.placement import territory_sizes
from polyseme.compiler.constructions.three_channel.regions import (
    Demand,
    Region,
    foreign_features,
    input_law,
    rivals,
    territory_weight,
)
from polyseme.compiler.constructions.three_channel.thresholds import KNEES

# Thresholds tried, as shares of a full reading: a column, against a row of outputs.
_SHARES = np.arange(0.06, 1.0, 0.04)[:, None]
# Features that carry no noise still have a deviation to divide by.
_QUIET = 1e-3

Floats = NDArray[np.float64]


def modelled_failure(regions: list[Region], widths: NDArray[np.int64], demand: Demand) -> float:
    """The share of satisfied inputs that fail in regions of these widths.

    `demand.dimensions` are those that features share, without any that heavy ones have apart.
    """
    pools = defaultdict(list)
    for region, width in zip(regions, widths.tolist(), strict=True):
        pools[region.owner, region.owner_sign].append((region, width))
    expected, asked, always = [], [], 0.0
    for (_, sign), parts in pools.items():
        terms = sum(len(region.terms) for region, _ in parts)
        fewest = [_least(region, width, terms, demand) for region, width in parts]
        misses, strays = (sum(side) for side in zip(*fewest, strict=True))
        # What no owner opens is open whatever is asked.
        if sign <= 0:
            strays, always = 0.0, always + strays
        expected.append(misses + strays)
        asked.append(terms)
    return float(np.average(-np.expm1(-(np.array(expected) + always)), weights=asked))


def _least(region: Region, width: int, terms: int, demand: Demand) -> tuple[float, float]:
    """Expected misses and strays of a region among `terms` of one owner, where they are fewest."""
    if region.kind == "input" and width < region.codewords:
        half_on, exponent = input_law(region, demand)
        return 0.0, half_on * float(np.exp(-exponent * width))
    summed = region.kind == "territory" or width >= region.codewords
    miss, stray = (_summed if summed else _averaged)(region, width, demand)
    # Foreign features satisfy terms of one input too, and theirs may be missed as well.
    beside = foreign_features(region, demand) * terms / demand.features if region.needed == 1 else 0
    miss *= len(region.terms) / terms * (1 + beside)
    stray *= min(rivals(region, demand), region.codewords)
    best = int(np.argmin(miss + stray))
    return float(miss[best]), float(stray[best])


def _summed(region: Region, width: int, demand: Demand) -> tuple[Floats, Floats]:
    """Misses of a term and strays of an output that adds up its own neurons, at every threshold."""
    # Outputs with as many terms have as many neurons, so one of them stands for all.
    crowd, first, outputs = np.unique(
        np.bincount(region.codeword), return_index=True, return_counts=True
    )
    weight, knee, sizes = 1, KNEES["own"], np.ones(len(crowd))
    if region.kind == "territory":
        weight, knee = territory_weight(region), KNEES["territory"]
        sizes = territory_sizes(region, width)[first].astype(np.float64)
    variance = _noise(crowd * (weight * region.reads / len(region.terms)) / sizes, demand)
    foreign, level = foreign_features(region, demand), _SHARES * knee
    satisfied, idle = _deviation(variance * foreign), _deviation(variance * (foreign + 1))
    others, steady = sizes - weight, np.sqrt(weight)
    reading = knee + others * _rectified(knee - 1, satisfied)[0]
    miss = normal_below((level - reading) / satisfied * steady)
    beyond = np.maximum(level - others * _rectified(knee - 1, idle)[0], 0) + 1 - knee
    stray = np.minimum(sizes / weight * normal_below(-beyond / idle * steady), 1)
    return miss @ (crowd * outputs) / len(region.terms), stray @ outputs / region.codewords


def _averaged(region: Region, width: int, demand: Demand) -> tuple[Floats, Floats]:
    """Misses of a term and strays of a word read by averaging, at every threshold."""
    knee, weight = KNEES[region.kind], word_weight(region, width)
    crowd, words = np.unique(np.bincount(region.codeword), return_counts=True)
    own = crowd * (region.reads / len(region.terms))
    load = own + (region.reads - own) * weight / width
    variance = _noise(load, demand)
    common = own / load
    averaged = common + (1 - common) / weight
    foreign, level = foreign_features(region, demand), _SHARES * knee
    miss = normal_below((level - knee) / _deviation(variance * averaged * foreign))
    rest, bent = _rectified(knee - 1, _deviation(variance * (foreign + 1)))
    idle = _deviation(bent * averaged)
    stray = np.zeros(level.shape)
    for met, chance in enumerate(_meetings(region, width, weight, demand)):
        stray = stray + chance * normal_below((rest + met / weight - level) / idle)
    return miss @ (crowd * words) / len(region.terms), stray @ words / region.codewords


def _meetings(region: Region, width: int, weight: int, demand: Demand) -> Floats:
    """How likely the words that foreign features drive meet a word in 0, 1, ... neurons.

    Two words share one neuron at most, as codewords do wherever they have room.
    """
    driven = region.reads / demand.features
    words = (foreign_features(region, demand) + 1) * max(1, math.ceil(driven))
    rate = min(driven / max(1, math.ceil(driven)) * weight**2 / width, 1.0)
    met = np.arange(min(words, weight) + 1)
    return np.asarray(comb(words, met) * rate**met * (1 - rate) ** (words - met))


def _noise(load: Floats, demand: Demand) -> Floats:
    """Variance by which one foreign feature moves neurons that read `load` features each."""
    if demand.dimensions >= demand.features:
        return np.zeros_like(load)
    return load * (1 / np.maximum(demand.dimensions - load, 1) - 1 / demand.features)


def _deviation(variance: Floats) -> Floats:
    return np.sqrt(variance) + _QUIET


def _rectified(mean: float, deviation: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of a ReLU of normal noise."""
    height = mean / deviation
    below, density = normal_below(height), normal_density(height)
    passed = mean * below + deviation * density
    square = (mean**2 + deviation**2) * below + mean * deviation * density
    return passed, np.maximum(square - passed**2, 0)
