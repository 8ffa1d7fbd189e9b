"""Floors of networks that are linear within the promise: noise that no weights get under.

The hidden layer is linear, each output reads each of its own k features at exactly 1, and its
threshold decides. Any other feature that is on, a foreign one, adds noise to the reading. On
average over outputs and foreign features its variance is at least v:

- with codes drawn without knowledge of the gates, for outputs on n neurons and for features in d
  dimensions: with c = k m' / (n d), squares of reads have a mean of c / (1 - c) at least, since
  there are n d weights to choose and own reads take up k m' of them (`tight_frames.py`). Own reads
  make k / m of that mean, so v = (c / (1 - c) - k / m) / (1 - k / m);
- with any encoder, weights and readout, even learnt: the matrix of all reads M (outputs x features)
  has rank n at most. It is 1 at the k m' own places, so k m' = <M, T> for the matrix T that is 1
  there and 0 elsewhere, and <M, T>^2 <= |M|^2 n s^2, where s is T's largest singular value and
  s^2 <= k f for a largest influence of f. So the squares of foreign reads sum up to at least
  (k m')^2 / (n k f) - k m'. For k = f = 1 the mean of these squares is Welch's bound,
  (m - n) / (n (m - 1)).

The variance is proven (for drawn codes: in the limit of many neurons). The step to an error is not:
noise is taken for Gaussian, and equally large for all outputs. The share of satisfied inputs that
fail at a threshold of k - t is then

    Q(t / sqrt((s-k) v)) + c_1 Q((k-1-t) / sqrt((s-1) v)) + (m' - c_1) Q((k-t) / sqrt(s v)),

with c_1 = s k m' / m - k outputs that have one input on, for k > 1; and an output that lacks one
input fails with chance Q((1 - t) / sqrt((s-k+1) v)). For k = 1, s outputs are on and m' - s are
off. The floor is the least n at which some t puts both under the error.
"""

from __future__ import annotations

import math

import numpy as np

from polyseme.common.distributions import normal_above
from polyseme.limits.ands import Ands
from polyseme.limits.capacity import largest

_MARGINS = np.linspace(0.02, 0.98, 97)
# Deviations below this are no noise.
_QUIET = 1e-9


def drawn_code_variance(ands: Ands, neurons: int) -> float:
    """Return the least variance of a foreign feature's read, with codes drawn from a seed.

    Features have as many dimensions as there are neurons, and at most one each. The variance is
    infinite where own reads take up all weights.
    """
    taken = ands.literals / (neurons * min(neurons, ands.features))
    if taken >= 1:
        return math.inf
    own = ands.inputs / ands.features
    return max(0.0, taken / (1 - taken) - own) / (1 - own) if own < 1 else 0.0


def rank_variance(ands: Ands, neurons: int) -> float:
    """Return the least mean square of a foreign feature's read, by the rank of all reads."""
    foreign = ands.outputs * (ands.features - ands.inputs)
    norm = ands.literals * ands.outputs / (neurons * ands.heaviest)
    return max(0.0, norm - ands.literals) / foreign if foreign else 0.0


def share_failing(ands: Ands, active: int, variance: float) -> float:
    """Return the share of inputs that fail at the best threshold, if noise is Gaussian."""
    if not math.isfinite(variance):
        return 1.0

    def beyond(margins: np.ndarray, foreign: int) -> np.ndarray:
        return normal_above(margins / (math.sqrt(max(foreign, 0) * variance) + _QUIET))

    inputs, touched = ands.inputs, active * ands.influence
    if inputs == 1:
        on, off = min(touched, ands.outputs), max(ands.outputs - touched, 0.0)
        failing = on * beyond(_MARGINS, active - 1) + off * beyond(1 - _MARGINS, active)
    else:
        rivals = min(max(touched - inputs, 0.0), ands.outputs)
        failing = beyond(_MARGINS, active - inputs)
        failing = failing + rivals * beyond(inputs - 1 - _MARGINS, active - 1)
        failing = failing + (ands.outputs - rivals) * beyond(inputs - _MARGINS, active)
        failing = np.maximum(failing, beyond(1 - _MARGINS, active - inputs + 1))
    return min(1.0, float(failing.min()))


def linear_floor(ands: Ands, active: int, error: float, *, readout_is_drawn: bool) -> int:
    """Fewest neurons with which a linear layer fails for no more than a share `error` of inputs.

    `readout_is_drawn` says that encoder and readout are codes from a seed; otherwise they are the
    best there are.
    """
    variance = drawn_code_variance if readout_is_drawn else rank_variance
    return 1 + largest(lambda neurons: share_failing(ands, active, variance(ands, neurons)) > error)
