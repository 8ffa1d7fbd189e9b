"""The budget of a fit in every suite, printed beside every result."""

from __future__ import annotations

from dataclasses import dataclass

from polyseme.interpret.benchmark.method import Budget
from polyseme.interpret.benchmark.subject import Subject


@dataclass(frozen=True)
class Allowance:
    """The allowance of a suite: inputs in all, inputs of a batch, and the seeds that are run."""

    samples: int
    batch: int
    seeds: tuple[int, ...]


ALLOWANCES = {
    "core": Allowance(256 * 2000, 256, (0, 1, 2)),
    "small": Allowance(256 * 250, 256, (0,)),
}


def budget_of(suite: str, subject: Subject, seed: int) -> Budget:
    """Return the budget of a fit: as many readings at every site as there are things, K = N."""
    allowed = ALLOWANCES[suite]
    readings = {site: len(held) for site, held in subject.truth.sites.items()}
    return Budget(allowed.samples, allowed.batch, readings, seed)
