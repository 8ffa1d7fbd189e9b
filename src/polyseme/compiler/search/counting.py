"""Counting failures only until a size is decided.

Samples are tried in looks that grow fourfold, and the counting ends as soon as an interval lies on
one side of what is asked: 2,511 failures of 20,000 are decided after a hundred samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyseme.verification.intervals import clopper_pearson

# Samples of the first looks of a probe.
_LOOKS = (100, 400, 1600, 6400)
# Level at which a probe is decided early: so many looks are taken that 95 % would mislead.
_SURE = 0.99
# A share of samples a little below the thousandth that may be misread, and where a normal
# distribution has it, in standard deviations.
_BEYOND_FAR, _FAR = 7e-4, 3.2


@dataclass(frozen=True)
class Count:
    """Failures among samples, and the share of samples that may fail.

    `excess` is the reading error of the worst samples over the one asked for, where samples fail
    by their readings: it says how far off a size is even if all samples fail, or none does.
    """

    wrong: int
    seen: int
    allowed: float
    excess: float | None = None

    @property
    def over(self) -> float:
        """The share that failed over the share that may."""
        return self.wrong / self.seen / self.allowed

    @cached_property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of that."""
        return self._interval(0.95)

    @cached_property
    def sure_interval(self) -> tuple[float, float]:
        """The 99 % interval of that."""
        return self._interval(_SURE)

    def _interval(self, level: float) -> tuple[float, float]:
        low, high = clopper_pearson(self.wrong, self.seen, level)
        return low / self.allowed, high / self.allowed


def counted(
    wrong_of: Callable[[int], int],
    looks: Iterable[int],
    allowed: float,
    decided: Callable[[Count], bool],
) -> Count:
    """Return the count at the first look that decides, or at the last.

    `wrong_of` tries so many fresh samples and returns the number that failed; `looks` are numbers
    of samples in all, rising.
    """
    count = Count(0, 0, allowed)
    for look in looks:
        if look > count.seen:
            count = Count(count.wrong + wrong_of(look - count.seen), look, allowed)
            if decided(count):
                break
    return count


def far_error(errors: NDArray[np.floating]) -> float:
    """Return the reading error that about 7 of 10,000 samples exceed, also of fewer samples.

    It is where the tail of a normal distribution would lie, or the quantile if that is larger. Of
    few samples the quantile is the second largest: the largest may be far out.
    """
    normal = float(errors.mean() + _FAR * errors.std())
    return max(normal, float(np.quantile(errors, 1 - _BEYOND_FAR, method="lower")))


def looks_of_probe(samples: int) -> tuple[int, ...]:
    """Return the looks of a probe of at most so many samples."""
    return (*(look for look in _LOOKS if 2 * look <= samples), samples)


def decides_probe(aim: float) -> Callable[[Count], bool]:
    """Return the rule by which a count says whether a size fails fewer than `aim` times as often.

    One that has hardly begun does not say by how much, which the next size is predicted from.
    """

    def decided(count: Count) -> bool:
        low, high = count.sure_interval
        return low > aim or high < aim

    return decided


def confirms(room: float) -> Callable[[Count], bool]:
    """Return the rule by which a count says whether a network passes with room, or never will."""

    def decided(count: Count) -> bool:
        return has_room(count, room) or count.interval[0] > room

    return decided


def has_room(count: Count, room: float) -> bool:
    """Return whether the upper end is below what is allowed, and the estimate leaves room."""
    return count.interval[1] < 1 and count.over <= room
