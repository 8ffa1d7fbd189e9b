"""Dimensions of a stored vector from which a threshold gate reads the AND of any of its features.

Li et al. 2026, *The Ball and the Box*: m features have Gaussian codes in d dimensions, k of them
are on, and their codes are added up. A gate adds up its features' reads (inner products with the
codes) and compares the sum with a threshold. Supports are random and independent of the codes. The
read of a feature that is on is H + S (Z_i - mean Z), and the read of a feature that is off is
S W_j, where H is chi^2_d / d, S^2 = k H / d, and Z, W are independent standard normals. The largest
of k normals is near l1, the largest of m - k near l0; so all gates are right with probability near
1 once

- at a tuned threshold, r (1 - S l1) > (r - 1) (1 + S l1) + S l0 for r inputs, or
  d > k ((2r - 1) l1 + l0)^2;
- at the midpoint 3/2 for two inputs, 1 + S (l1 + l0) < 3/2, or d > 4 k (l1 + l0)^2.

l1 = sqrt(2 ln k) and l0 = sqrt(2 ln(m - k)) in the limit; at finite sizes they are the normal
quantiles with upper tails 1/k and 1/(m - k). At these widths H is still random and the extremes
scatter about their quantiles, so that a fair share of draws fails: the widths are scales, not
guarantees.
"""

from __future__ import annotations

import math

import numpy as np

from polyseme.common.distributions import normal_quantile
from polyseme.errors import OptionError

# Number of normals drawn at once for the features that are off.
_DRAWN = 2**22


def extremes(features: int, active: int, *, finite: bool = True) -> tuple[float, float]:
    """Return l1 and l0: where the largest of `active` normals lies, and the largest of the others.

    Raises OptionError unless at least two features are on and at least two are off.
    """
    off = features - active
    if active < 2 or off < 2:
        raise OptionError(f"{active} of {features} features on: needs two on and two off at least")
    if finite:
        return float(normal_quantile(1 / active)), float(normal_quantile(1 / off))
    return math.sqrt(2 * math.log(active)), math.sqrt(2 * math.log(off))


def tuned_width(features: int, active: int, *, inputs: int = 2, finite: bool = True) -> float:
    """Number of dimensions at which every AND of `inputs` features is read by the best threshold.

    The number is k ((2r - 1) l1 + l0)^2. Raises OptionError as `extremes` does, or for an AND of
    more features than are on.
    """
    if not 1 <= inputs <= active:
        raise OptionError(f"an AND of {inputs} features when {active} are on is never satisfied")
    on, off = extremes(features, active, finite=finite)
    return active * ((2 * inputs - 1) * on + off) ** 2


def midpoint_width(features: int, active: int, *, finite: bool = True) -> float:
    """Number of dimensions at which every pairwise AND is read by the threshold 3/2.

    The number is 4 k (l1 + l0)^2; the threshold is halfway between the two sums without noise.
    Raises OptionError as `extremes` does.
    """
    on, off = extremes(features, active, finite=finite)
    return 4 * active * (on + off) ** 2


def adversarial_width(features: int, active: int) -> float:
    """Return the order k^2 ln m of the width when an adversary chooses the supports; constant 1.

    Raises OptionError as `extremes` does.
    """
    extremes(features, active)
    return active**2 * math.log(features)


def tuned_threshold(dimensions: int, features: int, active: int, *, inputs: int = 2) -> float:
    """Return the threshold halfway between a satisfied gate's least sum and another's largest.

    Raises OptionError as `tuned_width` does, or without dimensions.
    """
    if dimensions < 1:
        raise OptionError(f"{dimensions} dimensions hold nothing")
    tuned_width(features, active, inputs=inputs)
    on, off = extremes(features, active)
    noise = math.sqrt(active / dimensions)
    return inputs - 0.5 + noise * (off - on) / 2


def share_right(
    dimensions: int,
    features: int,
    active: int,
    threshold: float,
    draws: int,
    generator: np.random.Generator,
) -> float:
    """Share of draws in which all pairwise ANDs are right, with reads drawn from their exact law.

    Raises OptionError as `extremes` does, or without dimensions or draws.
    """
    extremes(features, active)
    if dimensions < 1 or draws < 1:
        raise OptionError(f"{dimensions} dimensions and {draws} draws: needs one of each at least")
    right = 0
    step = max(1, _DRAWN // features)
    for start in range(0, draws, step):
        count = min(step, draws - start)
        gain = generator.chisquare(dimensions, (count, 1)) / dimensions
        noise = np.sqrt(active * gain / dimensions)
        normals = generator.standard_normal((count, features))
        on = normals[:, :active] - normals[:, :active].mean(axis=1, keepdims=True)
        on = np.sort(gain + noise * on, axis=1)
        off = np.sort(noise * np.partition(normals[:, active:], -2, axis=1)[:, -2:], axis=1)
        satisfied = on[:, 0] + on[:, 1]
        largest = off[:, 1] + np.maximum(on[:, -1], off[:, 0])
        right += int(((satisfied > threshold) & (largest < threshold)).sum())
    return right / draws
