"""The smallest network of a construction: from the size it declares downwards, and confirmed.

A construction declares enough neurons for every circuit of its kind; one circuit mostly needs
fewer. Sizes are tried on the inputs that networks of any kind are sized for; the one found is
confirmed on fresh ones, and grows where that fails.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from polyseme.compiler.constructions.construction import Construction, Task
from polyseme.compiler.plan import Stream
from polyseme.errors import CompileError
from polyseme.networks.network import Network
from polyseme.verify.inputs import draw_deep_inputs, draw_inputs
from polyseme.verify.sampling import Verification, wrong_samples

Note = Callable[[str], None]

_PROBE_SAMPLES = 4000
_EXPECTED_FAILURES = 10
_MIN_CONFIRMATION = 20_000
# A network whose true rate is this share of the target passes confirmation nearly always.
_AIM = 0.4
# Sizes this close are taken for the same; and the step by which a network grows.
_CLOSE = 1.02
_FIRST_STEP = 1.1


def check_serves(construction: Construction, task: Task) -> None:
    """Raise CompileError, saying why, where a construction does not serve a task."""
    reason = construction.refuses(task)
    if reason is not None:
        raise CompileError(f"{task.circuit.name}: {construction.name} does not serve it: {reason}")


def smallest_of(construction: Construction, task: Task, note: Note) -> tuple[Network, Verification]:
    """The smallest network found whose confirmed error is under the task's.

    Where twice the declared size does not confirm, that size and what it was seen to do.
    """
    declared = construction.neurons(task)
    note(f"{construction.name} declares {declared:,} neurons")
    neurons, attempt = _bisected(construction, task, declared, note), 0
    while True:
        network = construction.build(task, neurons)
        seen = confirmed(task, network, attempt)
        note(f"confirm {network.neurons:,} neurons: {seen.wrong} of {seen.samples:,} wrong")
        if seen.error_interval[1] < task.error or neurons >= 2 * declared:
            return network, seen
        attempt += 1
        neurons = min(2 * declared, max(neurons + 1, int(neurons * _CLOSE)))


def confirmed(task: Task, network: Network, attempt: int = 0) -> Verification:
    """Try a network on fresh samples: at least 20,000, at least 20 expected failures' worth."""
    samples = int(max(_MIN_CONFIRMATION, 20 / task.error))
    return _worst(task, network, samples, Stream.CONFIRMATIONS + attempt)


def _bisected(construction: Construction, task: Task, declared: int, note: Note) -> int:
    step, enough = _FIRST_STEP, declared
    short = int(enough / step)
    while short and _passes(construction, task, short, note):
        # Where much less does, what was declared is far off: go on in larger steps.
        step *= step
        enough, short = short, int(short / step)
    while enough > short + 1 and enough > short * _CLOSE:
        middle = round((max(short, 1) * enough) ** 0.5)
        middle = min(max(middle, short + 1), enough - 1)
        passes = _passes(construction, task, middle, note)
        short, enough = (short, middle) if passes else (middle, enough)
    return enough


def _passes(construction: Construction, task: Task, neurons: int, note: Note) -> bool:
    try:
        network = construction.build(task, neurons)
    except CompileError:
        return False
    samples = int(max(_PROBE_SAMPLES, _EXPECTED_FAILURES / task.error))
    seen = _worst(task, network, samples, Stream.PROBES)
    note(f"probe {neurons:,} neurons: {seen.wrong} of {seen.samples:,} wrong")
    return seen.wrong <= _AIM * task.error * seen.samples


def _worst(task: Task, network: Network, samples: int, purpose: int) -> Verification:
    """Try a network on each kind of input; the kind with most wrong."""
    generator, seen = task.stream(purpose), []
    for name in _trials(task):
        rows = _drawn(name, task, samples, generator)
        wrong = int(wrong_samples(network, task.circuit, rows).sum())
        seen.append(Verification(name, task.active, len(rows), wrong))
    return max(seen, key=lambda one: one.wrong)


def _trials(task: Task) -> tuple[str, ...]:
    """As for any network: gates of three and more inputs are also tried with one input missing."""
    wide = task.is_shallow and int(task.terms.plain.max()) > 2
    return ("satisfied", "one-short") if wide else ("satisfied",)


def _drawn(
    name: str, task: Task, samples: int, generator: np.random.Generator
) -> NDArray[np.int32]:
    if task.is_shallow:
        return draw_inputs(name, task.terms, task.active, samples, generator)
    return draw_deep_inputs(name, task.circuit, task.active, samples, generator)
