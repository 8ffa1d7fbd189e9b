"""Somebody who watches progress, and remembers."""

from __future__ import annotations

import polyseme as ps


class Watcher:
    """A function for `progress=` that keeps the stages it is told."""

    def __init__(self) -> None:
        self.stages: list[ps.Stage] = []

    def __call__(self, stage: ps.Stage) -> None:
        self.stages.append(stage)

    @property
    def counts(self) -> list[tuple[int, int]]:
        """What was done and was to do, where that was counted."""
        return [(stage.done, stage.total) for stage in self.stages if stage.total]
