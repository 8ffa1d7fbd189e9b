"""Somebody who watches progress, and remembers."""

from __future__ import annotations

import polyseme as ps


class Watcher:
    """A function for `progress=` that keeps the headway it is told."""

    def __init__(self) -> None:
        self.headway: list[ps.Headway] = []

    def __call__(self, headway: ps.Headway) -> None:
        self.headway.append(headway)

    @property
    def counts(self) -> list[tuple[int, int]]:
        """What was done and was to do, where that was counted."""
        return [(headway.done, headway.total) for headway in self.headway if headway.total]
