"""How many dimensions it takes merely to hold features, at most `active` of them on.

Holding is exponentially cheaper than computing. A feature has a code, a vector of unit length; the
codes of the features that are on are added up. All constants are ours and explicit; random sign
codes (entries plus or minus 1 / sqrt d) meet every upper bound, since by Hoeffding a sum of N
independent signs exceeds t sqrt N with probability at most exp(-t^2 / 2).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from polyseme.errors import OptionError
from polyseme.limits.combinatorics import log2_binomial, log2_sparse_sets

# The powers of inner products that are tried; of so many features as there are, few matter.
_HIGHEST_POWER = 512


def separated_dimensions(features: int, largest: float, failure: float) -> int:
    """Dimensions at which all inner products of random codes are at most `largest`.

    d = 2 ln(m (m - 1) / failure) / largest^2, with probability at least 1 - failure, for random
    signs and for random points of the sphere alike: two such codes have an inner product above e
    with probability at most exp(-d e^2 / 2), and there are m (m - 1) pairs and signs. Source:
    Johnson and Lindenstrauss 1984, the constant by Hoeffding's bound.
    """
    _check_features(features)
    _check_share("largest inner product", largest)
    _check_share("probability of failure", failure)
    if features == 1:
        return 1
    pairs = math.log(features) + math.log(features - 1)
    return math.ceil(2 * (pairs - math.log(failure)) / largest**2)


def welch_worst(features: int, dimensions: int) -> float:
    """Least largest |inner product| of so many unit vectors (Welch 1974).

    The best over p = 1, 2, ... of ((m / C(d + p - 1, p) - 1) / (m - 1))^(1 / 2p). Raises
    OptionError without features or dimensions.
    """
    _check_features(features)
    if dimensions < 1:
        raise OptionError(f"{dimensions} dimensions hold nothing")
    worst = 0.0
    for power in range(1, _HIGHEST_POWER + 1):
        excess = math.log2(features) - log2_binomial(dimensions + power - 1, power)
        if excess <= 0:
            break
        worst = max(worst, (math.expm1(excess * math.log(2)) / (features - 1)) ** (0.5 / power))
    return worst


def welch_dimensions(features: int, largest: float) -> int:
    """Fewest dimensions in which Welch's bound lets all |inner products| be at most `largest`."""
    _check_features(features)
    _check_share("largest inner product", largest)
    return _rank_dimensions(features, largest)


def any_access_least(features: int, active: int, bits_per_dimension: float) -> int:
    """Fewest dimensions of so many bits each that tell all inputs apart, however they are read.

    log2 of the number of inputs with at most s features on, about s log2(e m / s), over the bits.
    """
    _check_active(features, active)
    if not bits_per_dimension > 0:
        raise OptionError(f"{bits_per_dimension} bits a dimension hold nothing")
    return max(1, math.ceil(log2_sparse_sets(features, active) / bits_per_dimension))


def any_access_enough(features: int, active: int, failure: float) -> int:
    """Dimensions at which random sign codes tell all inputs apart, read by a search through them.

    Two inputs differ by a vector of entries -1, 0 and 1, whose sum with random signs is zero with
    probability at most 1/2; so of N inputs no two look the same in 2 log2 N - 1 + log2(1 / failure)
    dimensions, with probability at least 1 - failure: O(s log(m / s)).
    """
    _check_active(features, active)
    _check_share("probability of failure", failure)
    pairs = 2 * log2_sparse_sets(features, active) - 1
    return max(1, math.ceil(pairs - math.log2(failure)))


def linear_access_once(features: int, active: int, failure: float) -> int:
    """Dimensions at which random sign codes are read right by inner products, for one input.

    A read is off by at most s d independent signs over d, and must be off by less than 1/2: wrong
    with probability at most exp(-d / 8 s), so d = 8 s ln(m / failure) serves all m reads of an
    input that is drawn apart from the codes.
    """
    _check_active(features, active)
    _check_share("probability of failure", failure)
    return math.ceil(8 * active * (math.log(features) - math.log(failure)))


def linear_access_enough(features: int, active: int, failure: float, tolerance: float = 0.5) -> int:
    """Dimensions at which random sign codes are read to within `tolerance`, for every input.

    As for one input, but over all inputs: m reads, two signs, and fewer than N sets of at most s
    other features: d = 2 s ln(2 m N / failure) / tolerance^2, or O(s^2 log m) (Garg, Kleinberg and
    Peng 2026); with probability at least 1 - failure. Never more than a dimension a feature.
    """
    _check_active(features, active)
    _check_share("probability of failure", failure)
    _check_tolerance(tolerance)
    others = log2_sparse_sets(features - 1, min(active, features - 1)) * math.log(2)
    union = math.log(2 * features) + others - math.log(failure)
    return min(features, math.ceil(2 * active * union / tolerance**2))


def linear_access_least(features: int, active: int, tolerance: float = 0.5) -> int:
    """Fewest dimensions in which linear reads are right to within `tolerance` for every input.

    Codes and reads are any real vectors. Garg, Kleinberg and Peng 2026: at least about
    s^2 / log s * log(m / s). With M the matrix of all reads of all codes and t the tolerance: in a
    row of M fewer than s entries off the diagonal are above t / s, or s of those features would be
    misread together, and fewer than s below -t / s. So some m' >= m / (4 s - 3) features have no
    entry larger than t / s between them (Turan), and with rows scaled to a diagonal of 1 none
    larger than u = t / (s (1 - t)). The p-th powers of the entries make a matrix of rank at most
    C(d + p - 1, p), which is at least m' / (1 + (m' - 1) u^2p) (Alon 2003). The best p counts, and
    the best of s, 1, 2, 4 ... features on up to s.
    """
    _check_active(features, active)
    _check_tolerance(tolerance)
    fewest = 1
    for on in (*(2**power for power in range(active.bit_length())), active):
        left = -(-features // (4 * on - 3))
        fewest = max(fewest, _rank_dimensions(left, tolerance / (on * (1 - tolerance))))
    return fewest


def _rank_dimensions(features: int, largest: float) -> int:
    """Least d with C(d + p - 1, p) >= m / (1 + (m - 1) largest^2p) for every power p."""
    if features == 1 or largest >= 1:
        return 1
    fewest = 1
    for power in range(1, _HIGHEST_POWER + 1):
        crowd = math.log1p((features - 1) * largest ** (2 * power))
        # A little less, so that rounding never makes the bound too large.
        rank = (math.log(features) - crowd) / math.log(2) - 1e-9
        fewest = _first(partial(_has_rank, power, rank), fewest)
        if features * largest ** (2 * power) < 1e-3:
            break
    return fewest


def _has_rank(power: int, log2_rank: float, dimensions: int) -> bool:
    """Whether vectors of so many dimensions can have p-th powers of so large a rank."""
    return log2_binomial(dimensions + power - 1, power) >= log2_rank


def _first(holds: Callable[[int], bool], start: int) -> int:
    """The first number from `start` on at which something that stays true holds."""
    low, high = start, start
    while not holds(high):
        low, high = high + 1, 2 * high
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _check_features(features: int) -> None:
    if features < 1:
        raise OptionError(f"{features} features: needs one at least")


def _check_active(features: int, active: int) -> None:
    if not 1 <= active <= features:
        raise OptionError(f"{active} of {features} features on: needs one on, and no more than all")


def _check_share(what: str, value: float) -> None:
    if not 0 < value < 1:
        raise OptionError(f"a {what} of {value} is not between 0 and 1")


def _check_tolerance(tolerance: float) -> None:
    if not 0 < tolerance <= 0.5:
        raise OptionError(f"a tolerance of {tolerance} is not above 0 and at most 1/2")
