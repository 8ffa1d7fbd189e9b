"""The smallest network of a construction: what it declares is the prediction, tried and corrected.

A construction declares enough neurons for every circuit of its kind, and how fast its error falls
with neurons: by what it declares for a smaller error. A network of that size is tried on the inputs
that networks of any kind are sized for; from the share that failed follows where a better size
should be. Where few fail but some, that is within a percent or two, and one or two sizes are tried
in all; where none or nearly all do, what was declared is far off, and sizes change in growing steps
and are then bisected. How fast the error falls is corrected by what is seen. The size found is
confirmed on fresh inputs, and grows where that fails: the upper end of the exact 95 % interval must
lie under the error asked for, and a gate whose inputs alone are on must not be wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from polyseme.compiler.constructions.construction import Construction, Task
from polyseme.compiler.constructions.three_channel.plan import Stream
from polyseme.errors import CompileError, TooFewNeuronsError
from polyseme.networks.network import Network
from polyseme.verification.inputs import draw_deep_inputs, draw_inputs
from polyseme.verification.sampling import Verification, wrong_samples

Note = Callable[[str], None]

_PROBE_SAMPLES = 4000
# By how much smaller an error is declared for to see how neurons and error go together.
_SMALLER = 10
# Enough for the share that fails to place the right size to a percent or so.
_EXPECTED_FAILURES = 20
_MIN_CONFIRMATION = 20_000
_MOST_ALONE = 50_000
# A network whose true rate is this share of the target mostly passes a close look.
_AIM = 0.75
# Sizes this close are taken for the same; and the first step by which a network grows.
_CLOSE = 1.008
_FIRST_STEP = 1.1


def check_serves(construction: Construction, task: Task) -> None:
    """Raise CompileError, saying why, where a construction does not serve a task."""
    reason = construction.refuses(task)
    if reason is not None:
        raise CompileError(f"{task.circuit.name}: {construction.name} does not serve it: {reason}")


@dataclass(frozen=True, eq=False)
class Found:
    """The network a search ended with, what it was last seen to do, and whether that will do.

    `predicted` is what the construction declared.
    """

    network: Network
    confirmation: Verification
    passed: bool
    predicted: int


def smallest_of(
    construction: Construction, task: Task, note: Note, most: int | None = None
) -> Found:
    """The smallest network found whose confirmed error is under the task's.

    It has at most `most` neurons, or twice what is declared; where so many do not pass, that is the
    network returned. Raises CompileError where it cannot even be built.
    """
    declared = construction.neurons(task)
    most = 2 * declared if most is None else most
    note(f"{construction.name} declares {declared:,} neurons")
    network: Network | None = _Search(construction, task, declared, most, note).found()
    attempt, passed, step = 0, False, _CLOSE
    while network is not None:
        seen = _looked_at_closely(task, network, attempt)
        alone = _wrong_alone(task, network)
        neurons = network.neurons
        note(
            f"confirm {neurons:,} neurons: {seen.wrong} of {seen.samples:,} wrong"
            f"{f', and a share of {alone:.2g} of the gates alone' if alone else ''}"
        )
        tried, attempt = network, attempt + 2
        passed = seen.error_interval[1] < task.error and alone <= _most_wrong_alone(task)
        network = None if passed else _grown(construction, task, neurons, most, step)
        step *= step
    found = "found" if passed else "gave up at"
    note(f"{found} {neurons:,} neurons, {neurons / declared:.3f} of what was predicted")
    return Found(tried, seen, passed, declared)


def _grown(
    construction: Construction, task: Task, neurons: int, most: int, step: float
) -> Network | None:
    """The next larger network there is, if any; some are built in whole groups of neurons only."""
    asked = neurons
    while asked < most:
        asked = min(most, max(asked + 1, int(asked * step)))
        network = construction.build(task, asked)
        if network.neurons > neurons:
            return network
    return None


def confirmed(task: Task, network: Network, attempt: int = 0) -> Verification:
    """Try a network on fresh samples: at least 20,000, at least 20 expected failures' worth."""
    samples = int(max(_MIN_CONFIRMATION, 20 / task.error))
    return _worst(task, network, samples, Stream.CONFIRMATIONS + attempt)


def _looked_at_closely(task: Task, network: Network, attempt: int) -> Verification:
    """As `confirmed`; where that leaves it open, five times as many samples, all of them fresh."""
    seen = confirmed(task, network, attempt)
    if seen.error < task.error <= seen.error_interval[1]:
        return _worst(task, network, 5 * seen.samples, Stream.CONFIRMATIONS + attempt + 1)
    return seen


def _most_wrong_alone(task: Task) -> float:
    """No gate, where the promise has room for other features; else these are all inputs it has."""
    if not task.is_shallow or int(task.terms.plain.max()) < task.active:
        return 0.0
    return task.error


def _wrong_alone(task: Task, network: Network) -> float:
    """The share of gates that are wrong with their inputs on and nothing else."""
    if not task.is_shallow:
        return 0.0
    rows = _drawn("alone", task, _MOST_ALONE, task.stream(Stream.PROBES))
    return float(wrong_samples(network, task.circuit, rows).mean())


@dataclass(frozen=True, eq=False)
class _Probe:
    """A size that was tried, how many samples failed, and the network, if one could be built."""

    neurons: int
    wrong: int
    network: Network | None


class _Search:
    """Sizes tried, between the largest that failed and the smallest that passed."""

    def __init__(
        self, construction: Construction, task: Task, declared: int, most: int, note: Note
    ) -> None:
        """Nothing is tried yet."""
        self._construction, self._task, self._note = construction, task, note
        self._first, self._most = min(declared, most), most
        self._down, self._up = _FIRST_STEP, _CLOSE
        self._failed = _Probe(0, 0, None)
        self._passed: _Probe | None = None
        self._last: _Probe | None = None
        self._wrong: dict[int, int] = {}
        self._samples = int(max(_PROBE_SAMPLES, _EXPECTED_FAILURES / task.error))
        self._aim = _AIM * task.error * self._samples
        smaller = construction.neurons(replace(task, error=task.error / _SMALLER))
        # Neurons that make the error smaller by a factor e.
        self._fold = max(smaller - declared, 1) / float(np.log(_SMALLER))

    def found(self) -> Network:
        """The smallest network that passes, to a percent, or the largest there may be."""
        neurons: int | None = self._first
        while neurons is not None:
            probe = self._try(neurons)
            self._correct(probe)
            if probe.network is not None and probe.wrong <= self._aim:
                self._passed = probe
            else:
                self._failed = probe
            self._last = probe
            neurons = self._next(probe)
        if self._passed is None or self._passed.network is None:
            return self._construction.build(self._task, self._most)
        return self._passed.network

    def _next(self, last: _Probe) -> int | None:
        """Which size to try after this one; nothing where the smallest that passed will do."""
        failed, passed = self._failed.neurons, self._passed
        if passed is None:
            if failed >= self._most:
                return None
            better = max(self._better(last), failed + 1, int(failed * self._up))
            self._up *= self._up
            return min(better, self._most)
        if passed.neurons <= max(failed + 1, failed * _CLOSE):
            return None
        if last.network is not None and (last.wrong or last is not passed):
            neurons = max(self._better(last), int(failed * _CLOSE**0.5))
            if last is passed or neurons < passed.neurons:
                close = neurons * _CLOSE > passed.neurons
                return None if close else max(neurons, failed + 1)
        if failed:
            neurons = round((failed * passed.neurons) ** 0.5)
        else:
            # Where none fail what was declared is far off: go on in larger steps.
            neurons = min(self._better(last), int(passed.neurons / self._down))
            self._down *= self._down
        return min(max(neurons, failed + 1), passed.neurons - 1)

    def _correct(self, probe: _Probe) -> None:
        """Two sizes may show the error to fall faster than was said, or slower.

        As far as their counts, which chance has a part in, leave no doubt.
        """
        other = self._last
        if other is None or other.network is None or probe.network is None:
            return
        smaller, larger = sorted((other, probe), key=lambda one: one.neurons)
        # Where most fail the error hardly changes with the size.
        if smaller.wrong > self._samples / 2:
            return
        counts = np.array([smaller.wrong, larger.wrong]) + 0.5
        folds, doubt = np.log(counts[0] / counts[1]), 2 * np.sqrt((1 / counts).sum())
        distance = larger.neurons - smaller.neurons
        slowest = distance / (folds - doubt) if folds > doubt else np.inf
        self._fold = float(np.clip(self._fold, distance / max(folds + doubt, doubt), slowest))

    def _better(self, probe: _Probe) -> int:
        """The size that should just pass, from how many failed at another."""
        return round(probe.neurons + self._fold * float(np.log((probe.wrong + 0.5) / self._aim)))

    def _try(self, neurons: int) -> _Probe:
        try:
            network = self._construction.build(self._task, neurons)
        except (CompileError, TooFewNeuronsError):
            return _Probe(neurons, self._samples, None)
        size = network.neurons
        # Built in whole groups of neurons, the networks of two sizes may be one.
        if size not in self._wrong:
            seen = _worst(self._task, network, self._samples, Stream.PROBES)
            self._note(f"probe {size:,} neurons: {seen.wrong} of {seen.samples:,} wrong")
            self._wrong[size] = seen.wrong
        return _Probe(neurons, self._wrong[size], network)


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
