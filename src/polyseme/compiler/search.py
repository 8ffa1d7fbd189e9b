"""The smallest network of a construction: what it declares is the prediction, tried and corrected.

A construction declares enough neurons for every circuit of its kind, and how fast its error falls
with neurons: by what it declares for a smaller error. A network of that size is tried on the inputs
that networks of any kind are sized for; from the share that failed follows where a better size
should be. Where few fail but some, that is within a percent or two, and one or two sizes are tried
in all; where none or nearly all do, what was declared is far off, and sizes change in growing steps
and are then bisected. How fast the error falls is corrected by what is seen. The size found is
confirmed on fresh inputs, and grows where that fails: the upper end of the exact 95 % interval must
lie under the error asked for, and a gate whose inputs alone are on must not be wrong.

Networks that are deeper than one hidden layer are found in the same way, at their own depth:
stray activity and lost amplitude grow from layer to layer, so a size is tried with all layers there
are, never with the first few.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyseme.common.progress import Note
from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.construction import Candidate
from polyseme.compiler.report import Compilation
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.networks.network import Network
from polyseme.verification.sampling import Verification, wrong_samples

_PROBE_SAMPLES = 4000
# By how much smaller an error is declared for to see how neurons and error go together.
_SMALLER = 10
# Enough for the share that fails to place the right size to a percent or so.
_EXPECTED_FAILURES = 20
_MIN_CONFIRMATION = 20_000
_MOST_SINGLE_GATES = 50_000
# A deep network that is right by construction is confirmed on as many samples as put the upper end
# of the interval under the error: more of them would take long and could not fail.
_EXACT_CONFIRMATION = 4
# A network whose true rate is this share of the target mostly passes a close look.
_AIM = 0.75
# Sizes this close are taken for the same; and the first step by which a network grows.
_CLOSE = 1.008
_FIRST_STEP = 1.1


@dataclass(frozen=True, eq=False)
class Found:
    """The compilation that a search ended with, and whether it passed."""

    compilation: Compilation
    passed: bool


def smallest(candidate: Candidate, note: Note, most: int | None = None) -> Found:
    """Find the smallest network whose confirmed error is under the task's.

    It has at most `most` neurons, or twice what is declared; where so many do not pass, that is the
    network returned. Raises TooFewNeuronsError where it cannot even be built.
    """
    task, declared = candidate.task, candidate.declared.neurons
    most = 2 * declared if most is None else most
    note(f"{candidate.construction.name} declares {declared:,} neurons")
    network: Network | None = _Search(candidate, most, note).found()
    attempt, passed, step = 0, False, _CLOSE
    while network is not None:
        seen = _looked_at_closely(task, network, attempt)
        single_gate = _wrong_single_gates(task, network)
        neurons = network.neurons
        note(
            f"confirm {neurons:,} neurons: {seen.wrong} of {seen.samples:,} wrong"
            f"{f', and a share of {single_gate:.2g} of the gates alone' if single_gate else ''}"
        )
        tried, attempt = network, attempt + 2
        passed = seen.error_interval[1] < task.error and single_gate <= _most_wrong_single_gates(
            task
        )
        network = None if passed else _grown(candidate, neurons, most, step)
        step *= step
    found = "found" if passed else "gave up at"
    note(f"{found} {neurons:,} neurons, {neurons / declared:.3f} of what was predicted")
    decisions = candidate.decisions(tried)
    return Found(Compilation(tried, task.error, seen, declared, decisions), passed)


def confirmed(task: Task, network: Network, attempt: int = 0) -> Verification:
    """Try a network on fresh samples: at least 20,000, at least 20 expected failures' worth."""
    samples = int(max(_MIN_CONFIRMATION, _EXPECTED_FAILURES / task.error))
    if not task.one_layer and network.provenance.construction == "monosemantic":
        samples = int(np.ceil(_EXACT_CONFIRMATION / task.error))
    return _worst(task, network, samples, Stream.CONFIRMATIONS + attempt)


def _grown(candidate: Candidate, neurons: int, most: int, step: float) -> Network | None:
    """The next larger network there is, if any; some are built in whole groups of neurons only."""
    asked = neurons
    while asked < most:
        asked = min(most, max(asked + 1, int(asked * step)))
        network = candidate.build(asked)
        if network.neurons > neurons:
            return network
    return None


def _looked_at_closely(task: Task, network: Network, attempt: int) -> Verification:
    """As `confirmed`; where that leaves it open, five times as many samples, all of them fresh."""
    seen = confirmed(task, network, attempt)
    if seen.error < task.error <= seen.error_interval[1]:
        return _worst(task, network, 5 * seen.samples, Stream.CONFIRMATIONS + attempt + 1)
    return seen


def _most_wrong_single_gates(task: Task) -> float:
    """No gate, where the promise has room for other features; else these are all inputs it has."""
    if not task.one_layer or int(task.terms.plain.max()) < task.active:
        return 0.0
    return task.error


def _wrong_single_gates(task: Task, network: Network) -> float:
    """The share of gates that are wrong with their inputs on and nothing else."""
    if not task.one_layer:
        return 0.0
    rows = task.draw("alone", _MOST_SINGLE_GATES, task.stream(Stream.PROBES))
    return float(wrong_samples(network, task.circuit, rows).mean())


@dataclass(frozen=True, eq=False)
class _Probe:
    """A size that was tried, how many samples failed, and the network, if one could be built."""

    neurons: int
    wrong: int
    network: Network | None


class _Search:
    """Sizes tried, between the largest that failed and the smallest that passed."""

    def __init__(self, candidate: Candidate, most: int, note: Note) -> None:
        """Nothing is tried yet."""
        task, declared = candidate.task, candidate.declared.neurons
        self._candidate, self._task, self._note = candidate, task, note
        self._first, self._most = min(declared, most), most
        self._down, self._up = _FIRST_STEP, _CLOSE
        self._failed = _Probe(0, 0, None)
        self._passed: _Probe | None = None
        self._last: _Probe | None = None
        self._wrong: dict[int, int] = {}
        self._samples = _probe_samples(task)
        self._aim = _AIM * task.error * self._samples
        smaller = candidate.neurons(task.error / _SMALLER)
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
            return self._candidate.build(self._most)
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
            network = self._candidate.build(neurons)
        except TooFewNeuronsError:
            return _Probe(neurons, self._samples, None)
        size = network.neurons
        # Built in whole groups of neurons, the networks of two sizes may be one.
        if size not in self._wrong:
            seen = _worst(self._task, network, self._samples, Stream.PROBES)
            self._note(f"probe {size:,} neurons: {seen.wrong} of {seen.samples:,} wrong")
            self._wrong[size] = seen.wrong
        return _Probe(neurons, self._wrong[size], network)


def _probe_samples(task: Task) -> int:
    """Samples per size tried; fewer of deep networks, which take longer to run and to build."""
    samples = max(_PROBE_SAMPLES, _EXPECTED_FAILURES / task.error)
    return int(samples if task.one_layer else _PROBE_SAMPLES)


def _worst(task: Task, network: Network, samples: int, purpose: int) -> Verification:
    """Try a network on each kind of input; return the kind with most wrong."""
    generator, seen = task.stream(purpose), []
    for inputs in task.trials:
        rows = task.draw(inputs, samples, generator)
        wrong = int(wrong_samples(network, task.circuit, rows).sum())
        seen.append(Verification(inputs, task.active, len(rows), wrong))
    return max(seen, key=lambda one: one.wrong)
