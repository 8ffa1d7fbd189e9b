"""Confirmation: a network is tried on fresh samples, until it has passed or surely will not."""

from __future__ import annotations

import numpy as np

from polyseme.common.progress import phase
from polyseme.common.random_streams import Stream
from polyseme.compiler.search.alone import wrong_alone
from polyseme.compiler.search.counting import confirms, counted
from polyseme.compiler.search.decisions import decisions
from polyseme.compiler.search.readings import fitted_to, read
from polyseme.compiler.search.trial import ROOM, Trial
from polyseme.compiler.task import Task
from polyseme.networks.network import Network
from polyseme.verification.affine_reading import BEYOND
from polyseme.verification.layer_readings import KindErrors, LayerReadings
from polyseme.verification.sampling import Verification
from polyseme.verification.term_readings import (
    KINDS,
    FittedReadings,
    fitted_readings,
    term_readings,
)

# Samples in which so many failures are expected predict a size to about one percent.
EXPECTED_FAILURES = 20
_MIN_CONFIRMATION = 20_000
# Times as many samples where those leave it open, and the share of them that is enough where gates
# that are read rightly are decided rightly.
_MORE, _IF_READ = (2.5, 5), 0.2
# A deep network that is exact by construction is confirmed on this number of samples divided by the
# error: just enough to put the upper end of the interval under the error. More samples would take
# long and could not fail.
_EXACT_CONFIRMATION = 4
# Inputs on which a reading error is confirmed, look by look: of the kinds that sizes are found on,
# and of others, on which all but the strangest networks err less.
_READ, _READ_EASY = (10_000, 30_000, 90_000), (4_000, 12_000, 36_000)
# Inputs of each kind where it is only reported, fewer where they would make more readings than
# this; and in deep networks.
_READ_UNASKED, _LEAST_UNASKED, _READINGS_UNASKED, _READ_DEEP = 5_000, 1_500, 3 * 10**8, 8_000


def tried(task: Task, network: Network, attempt: int = 0, closely: bool = False) -> Trial:
    """Try a network on fresh samples; those of different attempts differ.

    Readings are looked at if the task is about them, and if the trial is to be close.
    """
    with phase(f"confirming {network.neurons:,} neurons"):
        seen = _decided_closely(task, network, attempt)
        readings = None
        if closely or task.epsilon is not None:
            readings = _read_closely(task, network, attempt)
        return Trial(task, network, seen, readings, wrong_alone(task, network))


def _read_closely(task: Task, network: Network, attempt: int) -> tuple[LayerReadings, ...]:
    """Read all kinds of inputs, until it is decided whether they pass if that is asked for."""
    generator = task.stream(Stream.READINGS + attempt)
    if task.epsilon is None or not task.one_layer:
        count = _unasked(task) if task.epsilon is None else _READ_DEEP
        return read(task, network, dict.fromkeys(KINDS, count), generator)
    terms = term_readings(network, task.circuit, task.terms, task.active, generator)
    with phase("readings"):
        fitted = fitted_readings(terms, dict.fromkeys(KINDS, fitted_to(task)), generator)
        errors = {
            inputs: errors_of(fitted, inputs, task.epsilon, looks, generator)
            for inputs, looks in _reading_looks(task).items()
        }
        return (fitted.layer(errors, generator),)


def _unasked(task: Task) -> int:
    """Return the inputs of each kind on which a reading error is measured that is only reported."""
    outputs = len(task.circuit.outputs)
    return min(_READ_UNASKED, max(_LEAST_UNASKED, _READINGS_UNASKED // outputs))


def _reading_looks(task: Task) -> dict[str, tuple[int, ...]]:
    return {inputs: _READ if inputs in task.trials else _READ_EASY for inputs in KINDS}


def errors_of(
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

    counted(wrong, looks, BEYOND, confirms(ROOM))
    return KindErrors(
        np.concatenate([errors.worst for errors in found]),
        np.concatenate([errors.worst_on for errors in found]),
    )


def _decided_closely(task: Task, network: Network, attempt: int) -> Verification:
    """Look at decisions until they pass with room, or surely do not; return the worst kind's."""
    generator = task.stream(Stream.CONFIRMATIONS + attempt)
    looks = _confirming_looks(task, network)
    worst = max(
        decisions(task, network, looks, confirms(ROOM), generator),
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
