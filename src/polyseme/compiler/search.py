"""The search for the smallest network of a construction, from the declared size on.

A construction declares a number of neurons that is enough for every circuit of its kind. What it
declares for a smaller error says how fast its error falls with neurons. The search builds a network
of the declared size, tries it on the inputs that all networks are sized for, and predicts a better
size from the share of samples that failed. If a few samples fail, the prediction is right to one or
two percent, and one or two sizes are tried in all. If none or nearly all fail, the declared size is
far off; then sizes change in growing steps and are bisected at the end. The rate at which the error
falls is corrected by what is measured.

The size found is confirmed on fresh inputs, and grows if that fails. To pass, the upper end of the
exact 95 % interval must lie under the error asked for, and no gate may be wrong on the input that
has that gate's inputs on and nothing else. A network that passes with too little room for other
seeds grows too, if it may.

Networks of several hidden layers are found in the same way. Every size is tried with all layers,
never with the first few, because stray activity and lost amplitude grow from layer to layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyseme.common.progress import Note, phase
from polyseme.compiler.constructions.construction import Candidate
from polyseme.compiler.report import Compilation
from polyseme.compiler.task import Task
from polyseme.compiler.trials import EXPECTED_FAILURES, share_failed, tried
from polyseme.errors import TooFewNeuronsError
from polyseme.networks.network import Network
from polyseme.verification.affine_reading import BEYOND

_PROBE_SAMPLES = 4000
# Factor between the two errors whose declared sizes give the rate at which the error falls.
_SMALLER = 10
# Share of the failures allowed that the search aims at; a network with so many mostly passes
# confirmation.
_AIM = 0.6
# Ratio below which two sizes count as equal, and the first steps by which sizes change.
_CLOSE = 1.008
_FIRST_STEP = 1.1
# Sizes tried one after another without a larger network, before sizes change in growing steps.
_PATIENCE = 16


@dataclass(frozen=True, eq=False)
class Found:
    """The compilation that a search ended with, and whether it passed the confirmation."""

    compilation: Compilation
    passed: bool


def smallest(
    candidate: Candidate, note: Note, most: int | None = None, closely: bool = False
) -> Found:
    """Find the smallest network that is confirmed to do what the task asks for.

    It has at most `most` neurons, by default twice the declared number. If a network of that size
    does not pass either, it is returned as one that did not pass. `closely` asks to look at
    readings even if the task does not.

    Raises:
        TooFewNeuronsError: Even a network of `most` neurons cannot be built.
    """
    task, declared = candidate.task, candidate.declared.neurons
    most = 2 * declared if most is None else most
    note(f"{candidate.construction.name} declares {declared:,} neurons")
    network: Network | None = _Search(candidate, most, note).found()
    attempt, step = 0, _CLOSE
    while network is not None:
        trial = tried(task, network, attempt, closely)
        note(f"confirm {trial}")
        attempt += 2
        network = None if trial.has_room else _grown(candidate, network.neurons, most, step)
        step *= step
    neurons = trial.network.neurons
    found = "found" if trial.passed else "gave up at"
    note(f"{found} {neurons:,} neurons, {neurons / declared:.3f} of what was predicted")
    decisions = candidate.decisions(trial.network)
    return Found(trial.reported(declared, decisions), trial.passed)


def _grown(candidate: Candidate, neurons: int, most: int, step: float) -> Network | None:
    """Return the next larger network, or None; some grow only by whole groups of neurons.

    Others do not grow at all: a few gates may have no use for more neurons.
    """
    asked, tries = neurons, 0
    while asked < most:
        asked, tries = min(most, max(asked + 1, int(asked * step))), tries + 1
        network = candidate.build(asked)
        if network.neurons > neurons:
            return network
        if tries > _PATIENCE:
            step *= step
    return None


@dataclass(frozen=True, eq=False)
class _Probe:
    """A size that was tried, the number of failed samples, and the network if it could be built."""

    neurons: int
    wrong: float
    network: Network | None


class _Search:
    """A search between the largest size that failed and the smallest that passed."""

    def __init__(self, candidate: Candidate, most: int, note: Note) -> None:
        """Begin a search in which nothing has been tried yet."""
        task, declared = candidate.task, candidate.declared.neurons
        self._candidate, self._task, self._note = candidate, task, note
        self._first, self._most = min(declared, most), most
        self._down, self._up = _FIRST_STEP, _CLOSE
        self._failed = _Probe(0, 0, None)
        self._passed: _Probe | None = None
        self._last: _Probe | None = None
        self._wrong: dict[int, float] = {}
        self._samples = _probe_samples(task)
        self._allowed = _allowed(task) * self._samples
        self._aim = _AIM * self._allowed
        smaller = candidate.neurons(task.error / _SMALLER)
        # Number of further neurons that make the error smaller by a factor e.
        self._fold = max(smaller - declared, 1) / float(np.log(_SMALLER))

    def found(self) -> Network:
        """Return the smallest network that passes, to one percent, or the largest allowed."""
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
        """Return the next size to try; None if the smallest that passed is small enough."""
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
            # Nothing fails, so the declared size is far off: go on in larger steps.
            neurons = min(self._better(last), int(passed.neurons / self._down))
            self._down *= self._down
        return min(max(neurons, failed + 1), passed.neurons - 1)

    def _correct(self, probe: _Probe) -> None:
        """Correct the rate at which the error falls with neurons, from the last two sizes.

        The rate changes only as far as the counts of both sizes require, chance being allowed for.
        """
        other = self._last
        if other is None or other.network is None or probe.network is None:
            return
        smaller, larger = sorted((other, probe), key=lambda one: one.neurons)
        # If most samples fail, the error hardly changes with the size.
        if smaller.wrong > self._samples / 2:
            return
        counts = np.array([smaller.wrong, larger.wrong]) + 0.5
        folds, doubt = np.log(counts[0] / counts[1]), 2 * np.sqrt((1 / counts).sum())
        distance = larger.neurons - smaller.neurons
        slowest = distance / (folds - doubt) if folds > doubt else np.inf
        self._fold = float(np.clip(self._fold, distance / max(folds + doubt, doubt), slowest))

    def _better(self, probe: _Probe) -> int:
        """Return the size that should just pass, from the wrong samples at another size."""
        return round(probe.neurons + self._fold * float(np.log((probe.wrong + 0.5) / self._aim)))

    def _try(self, neurons: int) -> _Probe:
        with phase(f"probing {neurons:,} neurons"):
            return self._tried(neurons)

    def _tried(self, neurons: int) -> _Probe:
        try:
            network = self._candidate.build(neurons)
        except TooFewNeuronsError:
            return _Probe(neurons, self._samples, None)
        size = network.neurons
        # Networks built in whole groups of neurons may be the same for two sizes.
        if size not in self._wrong:
            over = share_failed(self._task, network, self._samples)
            self._wrong[size] = min(over * self._allowed, self._samples)
            self._note(f"probe {size:,} neurons: {over:.2f} times the failures allowed")
        return _Probe(neurons, self._wrong[size], network)


def _allowed(task: Task) -> float:
    """Return the share of samples that may fail."""
    return task.error if task.epsilon is None else min(task.error, BEYOND)


def _probe_samples(task: Task) -> int:
    """Return the samples per probe; deep networks, which take longer, get fewer."""
    samples = max(_PROBE_SAMPLES, EXPECTED_FAILURES / _allowed(task))
    return int(samples if task.one_layer else _PROBE_SAMPLES)
