"""Logarithms of factorials and binomials, exact to rounding at any size."""

from __future__ import annotations

import math
from collections.abc import Iterator

from polyseme.errors import OptionError

# Up to this many chosen, a binomial is computed in whole numbers.
_EXACT_CHOSEN = 1000
# Of more than 2^_HUGE_BITS members, k independent choices hardly ever repeat a member: the number
# of sets of k is then members^k / k!, exact far beyond the last digit of a float.
_HUGE_BITS = 250
# A term smaller than this share of a sum does not change the sum.
_NEGLIGIBLE = 1e-18


def log2_factorial(number: int) -> float:
    """Return log2(number!). Raises OptionError for a negative number."""
    if number < 0:
        raise OptionError(f"the factorial of {number} is not defined")
    return math.lgamma(number + 1) / math.log(2)


def log2_binomial(total: int, chosen: int) -> float:
    """Return log2 of (total choose chosen); both may have any number of digits.

    The difference of two nearly equal log-factorials would lose every digit when `total` is large,
    so they are subtracted term by term in Stirling's series. With x = chosen / total, the logarithm
    of total! / (total - chosen)! is
    chosen (ln total - 1 - (1 - x) ln(1 - x) / x) - ln(1 - x) / 2 + (1 / total - 1 / rest) / 12 ...
    Raises OptionError unless 0 <= chosen <= total.
    """
    if not 0 <= chosen <= total:
        raise OptionError(f"cannot choose {chosen} of {total}")
    chosen = min(chosen, total - chosen)
    if chosen <= _EXACT_CHOSEN:
        return math.log2(math.comb(total, chosen))
    share = chosen / total
    log_rest = math.log1p(-share)
    slope = log_rest / share if share else -1.0
    falling = chosen * (math.log(total) - 1 - (1 - share) * slope) - log_rest / 2
    falling += (1 / total - 1 / (total - chosen)) / 12
    return (falling - math.lgamma(chosen + 1)) / math.log(2)


def log2_gate_sets(wires: int, inputs: int, marked: int, gates: int) -> float:
    """Return log2 of the number of sets of `gates` distinct gates.

    A gate is a set of `inputs` of the wires, of which `marked` differ in role from the others
    (negated inputs, say). Raises OptionError when there are fewer such gates.
    """
    bits = log2_binomial(wires, inputs) + log2_binomial(inputs, marked)
    if bits > _HUGE_BITS:
        return gates * bits - log2_factorial(gates)
    return log2_binomial(math.comb(wires, inputs) * math.comb(inputs, marked), gates)


def log2_sparse_sets(total: int, most: int) -> float:
    """Return log2 of the number of sets of at most `most` of `total` members.

    Terms are added from the largest down until they no longer change the sum. Raises OptionError
    unless 0 <= most <= total.
    """
    if not 0 <= most <= total:
        raise OptionError(f"cannot choose {most} of {total}")
    peak = min(most, total // 2)
    largest = log2_binomial(total, peak)
    return largest + math.log2(
        1.0
        + math.fsum(_falling(total, range(peak, 0, -1), up=False))
        + math.fsum(_falling(total, range(peak, most), up=True))
    )


def _falling(total: int, sizes: range, up: bool) -> Iterator[float]:
    """Yield binomials, one size after another, each divided by the binomial at the first size."""
    share = 1.0
    for size in sizes:
        share *= (total - size) / (size + 1) if up else size / (total - size + 1)
        if share < _NEGLIGIBLE:
            return
        yield share
