"""Trying a network of a task on sampled inputs: decisions, readings, and gates by themselves.

A sample *fails* if any output is decided wrongly. If the task wants its gates computed, a sample
also fails if affine readings of a hidden layer are not within `epsilon` of all its gates. A share
of `error` of the samples may be decided wrongly, and a share of 1e-3 may be read wrongly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyseme.common.progress import phase
from polyseme.common.random_streams import Stream
from polyseme.compiler.report import Compilation, LayerDecision
from polyseme.compiler.task import Task
from polyseme.networks.network import Network
from polyseme.verification.affine_reading import BEYOND
from polyseme.verification.intervals import clopper_pearson
from polyseme.verification.layer_readings import LayerReadings
from polyseme.verification.reading_error import ReadingError, readings_of, summed_up
from polyseme.verification.sampling import Verification, wrong_samples
from polyseme.verification.term_readings import KINDS

# Samples in which so many failures are expected predict a size to about one percent.
EXPECTED_FAILURES = 20
_MIN_CONFIRMATION = 20_000
_MOST_SINGLE_GATES = 50_000
# A deep network that is exact by construction is confirmed on this number of samples divided by the
# error: just enough to put the upper end of the interval under the error. More samples would take
# long and could not fail.
_EXACT_CONFIRMATION = 4
# Inputs on which a reading error is confirmed: of the kinds that sizes are found on, and of others,
# on which all but the strangest networks err less. Fewer where it is only reported, and in deep
# networks.
_READ, _READ_EASY, _READ_UNASKED, _READ_DEEP = 30_000, 10_000, 5_000, 8_000
# Times as many inputs where those leave it open whether few enough are misread.
_MORE = 3
# Share of the failures allowed that a network with room has at most: other seeds of it differ by a
# tenth or so, and 100,000 samples of a rate by another tenth.
_ROOM = 0.75
# Inputs of the first look of a probe, which ends it if they fail this many times too often.
_GLANCE, _HOPELESS = 4_000, 5


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
            and self.single_gates <= _most_wrong_single_gates(self.task)
            and self.reads
        )

    @property
    def has_room(self) -> bool:
        """True if the trial was passed with room: networks of other seeds will pass it too."""
        return self.passed and self.seen.error <= _ROOM * self.task.error

    @property
    def reads(self) -> bool:
        """True if all gates are read within epsilon, or need not be."""
        if self.task.epsilon is None or self.readings is None:
            return self.task.epsilon is None
        counts = _beyond(self.readings, self.task.epsilon)
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


def tried(task: Task, network: Network, attempt: int = 0, closely: bool = False) -> Trial:
    """Try a network on fresh samples; those of different attempts differ.

    Readings are looked at if the task is about them, and if the trial is to be close.
    """
    with phase(f"confirming {network.neurons:,} neurons"):
        seen = _decided_closely(task, network, attempt)
        readings = None
        if closely or task.epsilon is not None:
            readings = _read_closely(task, network, attempt)
        return Trial(task, network, seen, readings, _wrong_single_gates(task, network))


def share_failed(task: Task, network: Network, samples: int) -> float:
    """Return the share of samples that fail over the share that may, on the inputs of all probes.

    Where as many samples may be read wrongly as may be decided wrongly, readings alone are looked
    at: gates that are all read within 1/4 are decided rightly.
    """
    shares = []
    if task.epsilon is not None:
        over = _share_misread(task, network, min(samples, _GLANCE))
        shares.append(over if over > _HOPELESS else _share_misread(task, network, samples))
    if task.epsilon is None or task.error < BEYOND:
        decisions = _decided(task, network, samples, Stream.PROBES)
        shares.append(decisions.error / task.error)
    return max(shares)


def _share_misread(task: Task, network: Network, samples: int) -> float:
    """Return the largest share of a kind's samples that are misread over that which may be."""
    assert task.epsilon is not None
    counts, generator = dict.fromkeys(task.trials, samples), task.stream(Stream.READING_PROBES)
    found = _read(task, network, counts, generator)
    return max(wrong / seen for wrong, seen in _beyond(found, task.epsilon)) / BEYOND


def _read_closely(task: Task, network: Network, attempt: int) -> tuple[LayerReadings, ...]:
    """Read all kinds of inputs, and several times as many if that leaves open whether they pass."""
    counts = {inputs: _counted(task, inputs) for inputs in KINDS}
    found = _read(task, network, counts, task.stream(Stream.READINGS + attempt))
    if task.epsilon is None or not _is_open(_beyond(found, task.epsilon)):
        return found
    more = {inputs: max(_READ, _MORE * count) for inputs, count in counts.items()}
    return _read(task, network, more, task.stream(Stream.READINGS + attempt + 1))


def _is_open(misread: list[tuple[int, int]]) -> bool:
    """Return whether no share exceeds the one that may be misread, but an upper end does."""
    return max(wrong / seen for wrong, seen in misread) < BEYOND and any(
        clopper_pearson(wrong, seen)[1] >= BEYOND for wrong, seen in misread
    )


def _read(
    task: Task, network: Network, counts: dict[str, int], generator: np.random.Generator
) -> tuple[LayerReadings, ...]:
    with phase("readings") as step:
        return readings_of(network, task.circuit, task.active, counts, generator, step)


def _counted(task: Task, inputs: str) -> int:
    """Return the number of inputs of a kind on which readings are looked at closely."""
    if task.epsilon is None:
        return _READ_UNASKED
    if not task.one_layer:
        return _READ_DEEP
    return _READ if inputs in task.trials else _READ_EASY


def _beyond(readings: tuple[LayerReadings, ...], epsilon: float) -> list[tuple[int, int]]:
    return [count for layer in readings for count in layer.beyond(epsilon).values()]


def _decided_closely(task: Task, network: Network, attempt: int) -> Verification:
    """Look at decisions on at least 20,000 samples, and five times as many if that leaves it open.

    There are enough samples for 20 expected failures. A monosemantic deep network, which cannot
    fail, is tried on fewer.
    """
    samples = int(max(_MIN_CONFIRMATION, EXPECTED_FAILURES / task.error))
    if not task.one_layer and network.provenance.construction == "monosemantic":
        samples = int(np.ceil(_EXACT_CONFIRMATION / task.error))
    seen = _decided(task, network, samples, Stream.CONFIRMATIONS + attempt)
    if seen.error < task.error <= seen.error_interval[1]:
        return _decided(task, network, 5 * samples, Stream.CONFIRMATIONS + attempt + 1)
    return seen


def _decided(task: Task, network: Network, samples: int, purpose: int) -> Verification:
    """Try a network on each kind of input; return the result of the kind with most wrong."""
    generator, seen = task.stream(purpose), []
    for inputs in task.trials:
        with phase(f"{inputs} inputs") as step:
            rows = task.draw(inputs, samples, generator)
            wrong = int(wrong_samples(network, task.circuit, rows, step).sum())
        seen.append(Verification(inputs, task.active, len(rows), wrong))
    return max(seen, key=lambda one: one.wrong)


def _wrong_single_gates(task: Task, network: Network) -> float:
    """Return the share of gates that are wrong when only their own inputs are on."""
    if not task.one_layer:
        return 0.0
    with phase("gates alone") as step:
        rows = task.draw("alone", _MOST_SINGLE_GATES, task.stream(Stream.PROBES))
        return float(wrong_samples(network, task.circuit, rows, step).mean())


def _most_wrong_single_gates(task: Task) -> float:
    """Return the share of gates that may be wrong when only their own inputs are on.

    It is 0 if the promise allows other features to be on beside the inputs of a gate. Otherwise
    these are all the satisfied inputs there are, and the share is the error.
    """
    if not task.one_layer or int(task.terms.plain.max()) < task.active:
        return 0.0
    return task.error
