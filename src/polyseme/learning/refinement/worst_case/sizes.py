"""The sizes that are tried for the smallest network that can be certified."""

from __future__ import annotations

from dataclasses import dataclass

# The first size over the least one, and the largest that is tried over it.
_FIRST, _MOST = 1.01, 2.0
# Sizes whose ratio is below this are not told apart; larger ones grow by it, then by its square ...
_RATIO = 1.012


@dataclass
class Sizes:
    """A search that rises from the least size until one passes, and then looks between.

    `step` is what all sizes are multiples of, `least` the least that may pass, and `most` the
    largest that is of use.
    """

    step: int
    least: int
    most: int
    failed: int = 0
    passed: int = 0
    failures: int = 0

    def next(self) -> int | None:
        """Return the next size to try; None if the search is over."""
        if not self.passed:
            larger = self.least * _FIRST
            if self.failed:
                larger = self.failed * _RATIO ** (2**self.failures)
            neurons = max(self._up(larger), self.failed + self.step)
            return neurons if neurons <= min(self.most, _MOST * self.least) else None
        apart = max(self.step, self._up((_RATIO - 1) * self.passed))
        if not self.failed:
            smaller = self.passed - apart
            return smaller if smaller >= self.least else None
        if self.passed - self.failed <= apart:
            return None
        return self._up((self.passed + self.failed) / 2)

    def saw(self, neurons: int, passed: bool) -> None:
        """Take note of whether a size passed."""
        if passed:
            self.passed = neurons
        else:
            self.failed, self.failures = neurons, self.failures + 1

    def _up(self, neurons: float) -> int:
        return -int(-neurons // self.step) * self.step
