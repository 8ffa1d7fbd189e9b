"""The search of the smallest size whose refined network passes.

Every size tried costs a whole descent, so sizes are those of a coarse grid: it begins at a share of
what the construction declares, and the errors that are found say how many steps away the next size
is.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Protocol

from polyseme.common.progress import Note
from polyseme.compiler.constructions.construction import Candidate
from polyseme.compiler.report import Compilation
from polyseme.compiler.search.trial import Trial
from polyseme.errors import TooFewNeuronsError

_MOST_TRIALS = 5
# Errors below this share of those allowed say no more of how far off a size is.
_LEAST_OVER = 0.05


@dataclass(frozen=True)
class Grid:
    """Sizes that are tried.

    The first is the share `first` of the declared size, and they differ by powers of `step`. Below
    the share `least` of the declared size nothing is worth trying. Errors fall about as the size to
    the `power`.
    """

    first: float
    step: float
    least: float
    power: float


class Refining(Protocol):
    """The refinement of networks of a candidate, at any size."""

    @property
    def candidate(self) -> Candidate:
        """The construction and its task."""

    @property
    def tell(self) -> Note:
        """A function that is called with one line of text per step."""

    def at(self, neurons: int, attempt: int) -> Trial:
        """Build a network, refine it, and try it on fresh inputs, others per attempt."""


def smallest_refined(refining: Refining, grid: Grid, most: int) -> Compilation | None:
    """Return the smallest refined network of a grid that passes; None if none does.

    None has more than `most` neurons.
    """
    candidate, tell = refining.candidate, refining.tell
    declared = candidate.declared.neurons
    tell(f"{candidate.construction.name} declares {declared:,} neurons without refinement")
    if most < grid.least * declared:
        return None
    failed: int | None = None
    passed: int | None = None
    best: Trial | None = None
    tries: list[str] = []
    place: int | None = 0
    while place is not None and len(tries) < _MOST_TRIALS:
        neurons = min(round(declared * grid.first * grid.step**place), most)
        try:
            trial = refining.at(neurons, 2 * len(tries))
        except TooFewNeuronsError:
            tries.append(f"{neurons:,} (too few)")
            failed, steps = place, 1
        else:
            over, shown = _over(trial)
            tries.append(f"{trial.network.neurons:,} ({shown})")
            if trial.passed:
                passed, best = place, trial
                over = 1 / over
            else:
                failed = place
            # One step where errors are smaller than asked, and yet something else failed.
            steps = max(1, round(log(over) / (grid.power * log(grid.step))))
        too_large = passed is None and neurons >= most
        place = None if too_large else _next(failed, passed, steps)
    tell(f"refined sizes and their errors: {', '.join(tries)}")
    if best is None:
        return None
    tell(f"found {best.network.neurons:,} neurons, {best.network.neurons / declared:.3f} of that")
    return best.reported(declared, candidate.decisions(best.network))


def _over(trial: Trial) -> tuple[float, str]:
    """Return an error of a trial over the one asked for, and the error in words.

    It is the reading error of one hidden layer, and of several the share that failed.
    """
    if trial.task.one_layer:
        assert trial.reading_error is not None
        assert trial.task.epsilon is not None
        epsilon = trial.reading_error.epsilon
        return epsilon / trial.task.epsilon, f"{epsilon:.3f}"
    return max(trial.over, _LEAST_OVER), f"{trial.over:.2f} times those allowed"


def _next(failed: int | None, passed: int | None, steps: int) -> int | None:
    """Return the next place on the grid, between one that failed and one that passed."""
    if passed is None:
        return (failed or 0) + steps
    if failed is None:
        return passed - steps
    return (failed + passed) // 2 if passed - failed > 1 else None
