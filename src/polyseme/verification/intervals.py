"""Exact confidence intervals for a failure rate."""

from __future__ import annotations

from scipy.special import betainccinv, betaincinv

from polyseme.errors import OptionError


def clopper_pearson(failures: int, samples: int, level: float = 0.95) -> tuple[float, float]:
    """Return the Clopper-Pearson interval for a rate observed as `failures` out of `samples`.

    The chance beyond each end is at most (1 - level) / 2, so at 95 % the upper end for no failures
    in N samples is about 3.7 / N. Source: Clopper and Pearson, Biometrika 26 (1934). Raises
    OptionError for impossible counts.
    """
    if not 0 <= failures <= samples or samples < 1:
        raise OptionError(f"{failures} failures in {samples} samples is impossible")
    tail = (1 - level) / 2
    low = 0.0 if failures == 0 else float(betaincinv(failures, samples - failures + 1, tail))
    high = 1.0
    if failures < samples:
        high = float(betainccinv(failures + 1, samples - failures, tail))
    return low, high
