"""A network that was tried, and whether it has passed.

A sample *fails* if any output is decided wrongly. If the task wants its gates computed, a sample
also fails if affine readings of a hidden layer are not within `epsilon` of all its gates. A share
of `error` of the samples may be decided wrongly, and a share of 1e-3 may be read wrongly.
"""

from __future__ import annotations

from dataclasses import dataclass

from polyseme.compiler.report import Compilation, LayerDecision
from polyseme.compiler.search.alone import most_wrong_alone
from polyseme.compiler.search.readings import beyond
from polyseme.compiler.task import Task
from polyseme.networks.network import Network
from polyseme.verification.affine_reading import BEYOND
from polyseme.verification.intervals import clopper_pearson
from polyseme.verification.layer_readings import LayerReadings
from polyseme.verification.reading_error import ReadingError, summed_up
from polyseme.verification.sampling import Verification

# Share of the failures allowed that a network with room has at most: other seeds of it differ by a
# tenth or so, and 100,000 samples of a rate by another tenth.
ROOM = 0.75


@dataclass(frozen=True, eq=False)
class Trial:
    """A network tried on fresh samples: decisions, readings, and the share of gates wrong alone.

    Readings are None if they were not looked at, which is so only where they need not be right.
    """

    task: Task
    network: Network
    seen: Verification
    readings: tuple[LayerReadings, ...] | None
    single_gates: float

    @property
    def passed(self) -> bool:
        """True if the upper ends of all shares lie under those that the task allows."""
        return (
            self.seen.error_interval[1] < self.task.error
            and self.single_gates <= most_wrong_alone(self.task)
            and self.reads
        )

    @property
    def has_room(self) -> bool:
        """True if the trial was passed with room: networks of other seeds will pass it too."""
        return self.passed and self.over <= ROOM

    @property
    def over(self) -> float:
        """The share that failed over the share that may, of decisions or readings."""
        over = self.seen.error / self.task.error
        if self.task.epsilon is None or self.readings is None:
            return over
        counts = beyond(self.readings, self.task.epsilon)
        return max(over, *(wrong / seen / BEYOND for wrong, seen in counts))

    @property
    def reads(self) -> bool:
        """True if all gates are read within epsilon, or need not be."""
        if self.task.epsilon is None or self.readings is None:
            return self.task.epsilon is None
        counts = beyond(self.readings, self.task.epsilon)
        return all(clopper_pearson(wrong, samples)[1] < BEYOND for wrong, samples in counts)

    @property
    def reading_error(self) -> ReadingError | None:
        """The reading error of every hidden layer."""
        if self.readings is None:
            return None
        return summed_up(self.network, self.task.active, self.readings)

    def __str__(self) -> str:
        """Return what was found, in one line."""
        parts = [f"{self.seen.wrong:,} of {self.seen.samples:,} wrong"]
        if self.single_gates:
            parts.append(f"a share of {self.single_gates:.2g} of the gates wrong alone")
        error = self.reading_error
        if error is not None:
            parts.append(f"reading error {error.epsilon:.3f}")
        return f"{self.network.neurons:,} neurons: {', '.join(parts)}"

    def reported(
        self, predicted: int | None = None, decisions: tuple[LayerDecision, ...] = ()
    ) -> Compilation:
        """Return the result of compiling with all that was measured."""
        task = self.task
        return Compilation(
            self.network,
            task.error,
            self.seen,
            predicted,
            decisions,
            task.epsilon,
            self.reading_error,
            self.reads,
        )
