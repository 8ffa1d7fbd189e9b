"""The number of sets of pairs in which every feature has a given influence, however uneven.

Let every pair {i, j} be a gate by itself with probability p = x / (1 + x), x = exp(t_i + t_j), and
choose the numbers t so that every feature is expected to be in as many gates as it should. Every
set of pairs with the right influences is then equally likely, and its probability is exp(-H), H
being the entropy of all these choices; no other choice has a larger entropy (Barvinok and Hartigan
2013). So the sets number exp(H) times the probability that all influences come out right. That is
taken for the product, over all features, of the probability that the influence of one does, times
sqrt 2, since the sum of all influences is even. The influence of one feature is taken for a
binomial variable of the right mean and variance.

Accuracy: this is an estimate. On every sequence of influences of 6 to 8 features with up to 10
gates it is off by less than 1.3 bits (a test counts them all), and where McKay's theorem holds it
lies 0.36 bits below it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

# With more different influences the equations take too long to solve.
MOST_CLASSES = 2000
_MOST_STEPS = 200
_LONGEST_STEP = 5.0
# Influences that force some pairs to be gates have no solution with finite t. This much ridge keeps
# t finite; it costs far less than a bit.
_RIDGE = 1e-9
_SETTLED = 1e-9

_Reals = NDArray[np.float64]


def pair_set_bits(influence: NDArray[np.int64], features: NDArray[np.int64]) -> float:
    """Return about log2 of the number of sets of pairs with these influences.

    `features` says how many features have each influence; all influences differ, and none is 0.
    """
    wanted, alike = influence.astype(np.float64), features.astype(np.float64)
    others = np.outer(np.ones(len(alike)), alike) - np.eye(len(alike))
    entropy, chances = _most_entropy(wanted, alike, others)
    mean = (others * chances).sum(axis=1)
    share = np.clip((others * chances**2).sum(axis=1) / mean, 1e-12, 1 - 1e-12)
    trials = np.maximum(mean / share, wanted)
    hit = gammaln(trials + 1) - gammaln(wanted + 1) - gammaln(trials - wanted + 1)
    hit += wanted * np.log(share) + (trials - wanted) * np.log1p(-share)
    return float((entropy + alike @ hit) / math.log(2) + 0.5)


def _most_entropy(wanted: _Reals, alike: _Reals, others: _Reals) -> tuple[float, _Reals]:
    """Return H in nats and the probability of a pair, by the influences of its two features.

    H is the least value over t of sum log(1 + exp(t_i + t_j)) - sum t_i influence_i, which Newton's
    method finds.
    """
    pairs = alike[:, None] * others

    def value(t: _Reals) -> float:
        return float((pairs * np.logaddexp(0, t[:, None] + t)).sum() / 2 - (alike * wanted) @ t)

    t = np.log(wanted) - math.log(float(alike @ wanted)) / 2
    least = value(t)
    for _ in range(_MOST_STEPS):
        chances = _chances(t)
        slope = (pairs * chances).sum(axis=1) - alike * wanted
        spread = pairs * chances * (1 - chances)
        bend = spread + np.diag(spread.sum(axis=1) + _RIDGE * alike)
        step = -np.linalg.solve(bend, slope)
        length = min(1.0, _LONGEST_STEP / float(np.abs(step).max() + 1e-300))
        while length > _SETTLED and value(t + length * step) > least:
            length /= 2
        t = t + length * step
        before, least = least, value(t)
        if before - least < _SETTLED:
            break
    return least, _chances(t)


def _chances(t: _Reals) -> _Reals:
    return 1 / (1 + np.exp(-(t[:, None] + t)))
