"""Decisions of outputs in trials, kind by kind of input."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from polyseme.common.progress import Progress, phase
from polyseme.compiler.search.counting import Count, counted
from polyseme.compiler.task import Task
from polyseme.networks.network import Network
from polyseme.verification.reference import reference_of
from polyseme.verification.sampling import Comparison


def decisions(
    task: Task,
    network: Network,
    looks: tuple[int, ...],
    decided: Callable[[Count], bool],
    generator: np.random.Generator,
) -> Iterator[tuple[str, Count]]:
    """Yield every kind of input and its samples that are decided wrongly."""
    comparison = Comparison(network, reference_of(task.circuit), looks[-1])
    for inputs in task.trials:
        with phase(f"{inputs} inputs") as step:

            def wrong(samples: int, inputs: str = inputs, step: Progress = step) -> int:
                rows = task.draw(inputs, samples, generator)
                return int(comparison.wrong(rows, step).sum())

            yield inputs, counted(wrong, looks, task.error, decided)
