"""Numbers of dimensions that hold features, at most `active` of them on, with nothing computed.

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

# The highest power of inner products that is tried; for realistic numbers of features only low
# powers matter.
_HIGHEST_POWER = 512


def separated_dimensions(features: int, largest: float, failure: float) -> int:
    """Number of dimensions at which all inner products of random codes are at most `largest`.

    d = 2 ln(m (m - 1) / failure) / largest^2, with probability at least 1 - failure, both for
    random signs and for random points of the sphere: two such codes have an inner product above e
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
    """Least possible value of the largest |inner product| of `features` unit vectors (Welch 1974).

    It is the largest over p = 1, 2, ... of ((m / C(d + p - 1, p) - 1) / (m - 1))^(1 / 2p). Raises
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
    """Fewest dimensions that tell all inputs apart, whatever the way of reading.

    The number is log2 of the number of inputs with at most s features on, about s log2(e m / s),
    divided by `bits_per_dimension`.
    """
    _check_active(features, active)
    if not bits_per_dimension > 0:
        raise OptionError(f"{bits_per_dimension} bits per dimension hold nothing")
    return max(1, math.ceil(log2_sparse_sets(features, active) / bits_per_dimension))


def any_access_enough(features: int, active: int, failure: float) -> int:
    """Number of dimensions at which random sign codes tell all inputs apart, read by a search.

    Two inputs differ by a vector of entries -1, 0 and 1, whose sum with random signs is zero with
    probability at most 1/2. So of N inputs no two look the same in 2 log2 N - 1 + log2(1 / failure)
    dimensions, with probability at least 1 - failure: O(s log(m / s)).
    """
    _check_active(features, active)
    _check_share("probability of failure", failure)
    pairs = 2 * log2_sparse_sets(features, active) - 1
    return max(1, math.ceil(pairs - math.log2(failure)))


def linear_access_once(features: int, active: int, failure: float) -> int:
    """Number of dimensions at which inner products read one input of random sign codes right.

    The error of a read is at most the sum of s d independent signs over d, and must be less than
    1/2. A read is wrong with probability at most exp(-d / 8 s), so d = 8 s ln(m / failure) serves
    all m reads of an input that is drawn independently of the codes.
    """
    _check_active(features, active)
    _check_share("probability of failure", failure)
    return math.ceil(8 * active * (math.log(features) - math.log(failure)))


def linear_access_enough(features: int, active: int, failure: float, tolerance: float = 0.5) -> int:
    """Number of dimensions at which random sign codes are read to `tolerance` for every input.

    As for one input, but over all inputs: m reads, two signs, and fewer than N sets of at most s
    other features give d = 2 s ln(2 m N / failure) / tolerance^2, or O(s^2 log m) (Garg, Kleinberg
    and Peng 2026), with probability at least 1 - failure. The number never exceeds one dimension
    per feature.
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
    s^2 / log s * log(m / s). Let M be the matrix of all reads of all codes and t the tolerance. In
    a row of M fewer than s entries off the diagonal are above t / s, since s such features together
    would make the read wrong, and for the same reason fewer than s are below -t / s. So some
    m' >= m / (4 s - 3) features have no entry larger than t / s between them (Turan), and with rows
    scaled to a diagonal of 1 none larger than u = t / (s (1 - t)). The p-th powers of the entries
    make a matrix of rank at most C(d + p - 1, p), and the rank is at least
    m' / (1 + (m' - 1) u^2p) (Alon 2003). The result is the largest bound over all p and over
    s, 1, 2, 4 ... features on, up to s.
    """
    _check_active(features, active)
    _check_tolerance(tolerance)
    fewest = 1
    for on in (*(2**power for power in range(active.bit_length())), active):
        left = -(-features // (4 * on - 3))
        fewest = max(fewest, _rank_dimensions(left, tolerance / (on * (1 - tolerance))))
    return fewest


def _rank_dimensions(features: int, largest: float) -> int:
    """Return the least d with C(d + p - 1, p) >= m / (1 + (m - 1) largest^2p) for every power p."""
    if features == 1 or largest >= 1:
        return 1
    fewest = 1
    for power in range(1, _HIGHEST_POWER + 1):
        crowd = math.log1p((features - 1) * largest ** (2 * power))
        # The small reduction keeps rounding from making the bound too large.
        rank = (math.log(features) - crowd) / math.log(2) - 1e-9
        fewest = _first(partial(_has_rank, power, rank), fewest)
        if features * largest ** (2 * power) < 1e-3:
            break
    return fewest


def _has_rank(power: int, log2_rank: float, dimensions: int) -> bool:
    """Return True if p-th powers of inner products in so many dimensions can have this rank."""
    return log2_binomial(dimensions + power - 1, power) >= log2_rank


def _first(holds: Callable[[int], bool], start: int) -> int:
    """Return the first number from `start` on that satisfies `holds`; later numbers must too."""
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
