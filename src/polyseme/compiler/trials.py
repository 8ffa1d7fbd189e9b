"""Trying a network of a task on sampled inputs: decisions, readings, and gates by themselves.

A sample *fails* if any output is decided wrongly. If the task wants its gates computed, a sample
also fails if affine readings of a hidden layer are not within `epsilon` of all its gates. A share
of `error` of the samples may be decided wrongly, and a share of 1e-3 may be read wrongly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from polyseme.common.progress import Progress, phase
from polyseme.common.random_streams import Stream
from polyseme.compiler.probing import (
    Count,
    confirms,
    counted,
    decides_probe,
    far_error,
    looks_of_probe,
)
from polyseme.compiler.report import Compilation, LayerDecision
from polyseme.compiler.task import Task
from polyseme.networks.network import Network
from polyseme.verification.affine_reading import BEYOND
from polyseme.verification.extremes import Floats
from polyseme.verification.intervals import clopper_pearson
from polyseme.verification.layer_readings import KindErrors, LayerReadings
from polyseme.verification.reading_error import ReadingError, readings_of, summed_up
from polyseme.verification.reference import reference_of
from polyseme.verification.sampling import Comparison, Verification, wrong_samples
from polyseme.verification.term_readings import (
    KINDS,
    FittedReadings,
    TermReadings,
    fitted_readings,
    term_readings,
)

# Samples in which so many failures are expected predict a size to about one percent.
EXPECTED_FAILURES = 20
_MIN_CONFIRMATION = 20_000
# Times as many samples where those leave it open, and the share of them that is enough where gates
# that are read rightly are decided rightly.
_MORE, _IF_READ = (2.5, 5), 0.2
# Gates that are tried alone, at most; of many outputs, as many gates as make so many readings.
_MOST_SINGLE_GATES, _LEAST_SINGLE_GATES, _READINGS = 50_000, 2_000, 10**9
# A deep network that is exact by construction is confirmed on this number of samples divided by the
# error: just enough to put the upper end of the interval under the error. More samples would take
# long and could not fail.
_EXACT_CONFIRMATION = 4
# Share of the failures allowed that a network with room has at most: other seeds of it differ by a
# tenth or so, and 100,000 samples of a rate by another tenth.
_ROOM = 0.75
# Inputs on which a reading error is confirmed, look by look: of the kinds that sizes are found on,
# and of others, on which all but the strangest networks err less.
_READ, _READ_EASY = (10_000, 30_000, 90_000), (4_000, 12_000, 36_000)
# Inputs of each kind where it is only reported, fewer where they would make more readings than
# this; and in deep networks.
_READ_UNASKED, _LEAST_UNASKED, _READINGS_UNASKED, _READ_DEEP = 5_000, 1_500, 3 * 10**8, 8_000
# Inputs of each kind on which readings are fitted, fewer where they would make more readings.
_FITTED, _LEAST_FITTED, _READINGS_FITTED = 6_000, 3_000, 2 * 10**8
# A first look for sizes that are far off: the inputs of its fit and of its count, and the reading
# error over the one asked for that ends the probe. Near the size wanted it may be a third too
# large, being a fit to few inputs.
_GLANCE, _HOPELESS = 1_000, 1.5


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
        return self.passed and self.over <= _ROOM

    @property
    def over(self) -> float:
        """The share that failed over the share that may, of decisions or readings."""
        over = self.seen.error / self.task.error
        if self.task.epsilon is None or self.readings is None:
            return over
        counts = _beyond(self.readings, self.task.epsilon)
        return max(over, *(wrong / seen / BEYOND for wrong, seen in counts))

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


def probed(task: Task, network: Network, samples: int, aim: float) -> Count:
    """Return the failures of the kind of input that fails most, on the inputs of all probes.

    At most so many samples of each kind are tried, and only until it is decided whether `aim` times
    as many fail as may. Where as many samples may be read wrongly as may be decided wrongly,
    readings alone are looked at: gates that are all read within 1/4 are decided rightly.
    """
    looks = looks_of_probe(samples) if task.one_layer else (samples,)
    found = []
    for count in _probes(task, network, looks, decides_probe(aim)):
        found.append(count)
        if count.sure_interval[0] > aim:
            break
    return max(found, key=lambda count: count.over)


def _probes(
    task: Task, network: Network, looks: tuple[int, ...], decided: Callable[[Count], bool]
) -> Iterator[Count]:
    """Yield the failures of readings and of decisions, kind by kind."""
    if task.epsilon is not None:
        generator = task.stream(Stream.READING_PROBES)
        probe = _probe_readings if task.one_layer else _probe_deep_readings
        yield from probe(task, network, looks, decided, generator)
    if task.epsilon is None or task.error < BEYOND:
        generator = task.stream(Stream.PROBES)
        yield from (count for _, count in _decisions(task, network, looks, decided, generator))


def _decisions(
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


def _probe_readings(
    task: Task,
    network: Network,
    looks: tuple[int, ...],
    decided: Callable[[Count], bool],
    generator: np.random.Generator,
) -> Iterator[Count]:
    """Yield the samples of each kind that are misread; first by a fit to few, which may do."""
    read = term_readings(network, task.circuit, task.terms, task.active, generator)
    glance = _misread(task, read, _GLANCE, (_GLANCE,), decided, generator)
    hopeless = [count for count in glance if (count.excess or 0) > _HOPELESS]
    if hopeless:
        yield from hopeless
    else:
        yield from _misread(task, read, _fitted_to(task), looks, decided, generator)


def _misread(
    task: Task,
    read: TermReadings,
    fitted_to: int,
    looks: tuple[int, ...],
    decided: Callable[[Count], bool],
    generator: np.random.Generator,
) -> Iterator[Count]:
    assert task.epsilon is not None
    epsilon = task.epsilon
    with phase("readings"):
        fitted = fitted_readings(read, dict.fromkeys(task.trials, fitted_to), generator)
        for inputs in task.trials:
            found: list[Floats] = []

            def wrong(samples: int, inputs: str = inputs, found: list[Floats] = found) -> int:
                found.append(fitted.errors(inputs, samples, generator).worst)
                return int((found[-1] >= epsilon).sum())

            count = counted(wrong, looks, BEYOND, decided)
            yield replace(count, excess=far_error(np.concatenate(found)) / epsilon)


def _probe_deep_readings(
    task: Task,
    network: Network,
    looks: tuple[int, ...],
    decided: Callable[[Count], bool],
    generator: np.random.Generator,
) -> Iterator[Count]:
    """Yield the samples of each kind and layer that are misread."""
    assert task.epsilon is not None
    found = _read(task, network, dict.fromkeys(task.trials, looks[-1]), generator)
    for wrong, seen in _beyond(found, task.epsilon):
        yield Count(wrong, seen, BEYOND)


def _read_closely(task: Task, network: Network, attempt: int) -> tuple[LayerReadings, ...]:
    """Read all kinds of inputs, until it is decided whether they pass if that is asked for."""
    generator = task.stream(Stream.READINGS + attempt)
    if task.epsilon is None or not task.one_layer:
        count = _unasked(task) if task.epsilon is None else _READ_DEEP
        return _read(task, network, dict.fromkeys(KINDS, count), generator)
    read = term_readings(network, task.circuit, task.terms, task.active, generator)
    with phase("readings"):
        fitted = fitted_readings(read, dict.fromkeys(KINDS, _fitted_to(task)), generator)
        errors = {
            inputs: _errors(fitted, inputs, task.epsilon, looks, generator)
            for inputs, looks in _reading_looks(task).items()
        }
        return (fitted.layer(errors, generator),)


def _fitted_to(task: Task) -> int:
    """Return the inputs of each kind on which the readings of a task are fitted."""
    return min(_FITTED, max(_LEAST_FITTED, _READINGS_FITTED // len(task.circuit.outputs)))


def _unasked(task: Task) -> int:
    """Return the inputs of each kind on which a reading error is measured that is only reported."""
    outputs = len(task.circuit.outputs)
    return min(_READ_UNASKED, max(_LEAST_UNASKED, _READINGS_UNASKED // outputs))


def _reading_looks(task: Task) -> dict[str, tuple[int, ...]]:
    return {inputs: _READ if inputs in task.trials else _READ_EASY for inputs in KINDS}


def _errors(
    fitted: FittedReadings,
    inputs: str,
    epsilon: float,
    looks: tuple[int, ...],
    generator: np.random.Generator,
) -> KindErrors:
    """Return the errors of one kind of input on as many as decide whether it passes."""
    found = []

    def wrong(samples: int) -> int:
        found.append(fitted.errors(inputs, samples, generator))
        return int((found[-1].worst >= epsilon).sum())

    counted(wrong, looks, BEYOND, confirms(_ROOM))
    return KindErrors(
        np.concatenate([errors.worst for errors in found]),
        np.concatenate([errors.worst_on for errors in found]),
    )


def _read(
    task: Task, network: Network, counts: dict[str, int], generator: np.random.Generator
) -> tuple[LayerReadings, ...]:
    with phase("readings") as step:
        return readings_of(network, task.circuit, task.active, counts, generator, step)


def _beyond(readings: tuple[LayerReadings, ...], epsilon: float) -> list[tuple[int, int]]:
    return [count for layer in readings for count in layer.beyond(epsilon).values()]


def _decided_closely(task: Task, network: Network, attempt: int) -> Verification:
    """Look at decisions until they pass with room, or surely do not; return the worst kind's."""
    generator = task.stream(Stream.CONFIRMATIONS + attempt)
    looks = _confirming_looks(task, network)
    worst = max(
        _decisions(task, network, looks, confirms(_ROOM), generator),
        key=lambda found: found[1].over,
    )
    inputs, count = worst
    return Verification(inputs, task.active, count.seen, count.wrong)


def _confirming_looks(task: Task, network: Network) -> tuple[int, ...]:
    """Return the samples after which decisions may be confirmed: enough for 20 expected failures.

    A monosemantic deep network, which cannot fail, is tried on fewer.
    """
    samples = int(max(_MIN_CONFIRMATION, EXPECTED_FAILURES / task.error))
    if not task.one_layer and network.provenance.construction == "monosemantic":
        samples = int(np.ceil(_EXACT_CONFIRMATION / task.error))
    read_too = task.one_layer and task.epsilon is not None
    first = (int(_IF_READ * samples),) if read_too else ()
    return (*first, samples, *(int(more * samples) for more in _MORE))


def _wrong_single_gates(task: Task, network: Network) -> float:
    """Return the share of gates that are wrong when only their own inputs are on."""
    if not task.one_layer:
        return 0.0
    fitting = max(_LEAST_SINGLE_GATES, _READINGS // len(task.circuit.outputs))
    with phase("gates alone") as step:
        rows = task.draw("alone", min(_MOST_SINGLE_GATES, fitting), task.stream(Stream.PROBES))
        return float(wrong_samples(network, task.circuit, rows, step).mean())


def _most_wrong_single_gates(task: Task) -> float:
    """Return the share of gates that may be wrong when only their own inputs are on.

    It is 0 if the promise allows other features to be on beside the inputs of a gate. Otherwise
    these are all the satisfied inputs there are, and the share is the error.
    """
    if not task.one_layer or int(task.terms.plain.max()) < task.active:
        return 0.0
    return task.error
