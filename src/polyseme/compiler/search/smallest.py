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
from polyseme.compiler.search.confirm import EXPECTED_FAILURES, tried
from polyseme.compiler.search.counting import Count
from polyseme.compiler.search.probe import probed
from polyseme.compiler.search.trial import Trial
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.networks.network import Network
from polyseme.verification.affine_reading import BEYOND

_PROBE_SAMPLES = 4000
# Factor between the two errors whose declared sizes give the rate at which the error falls.
_SMALLER = 10
# Share of the failures allowed that the search aims at; a network with so many mostly passes
# confirmation.
_AIM = 0.7
# Readings that the samples of a probe make, at most: where decisions are counted, and where reading
# errors are measured, each of which says more. With fewer samples than that lets through, two sizes
# are not told apart as well.
_MOST_READINGS, _MOST_READING_ERRORS = 8_000_000_000, 800_000_000
# Ratio below which two sizes count as equal, and the first steps by which sizes change.
_CLOSE, _ROUGHLY_CLOSE = 1.008, 1.03
_FIRST_STEP = 1.1
# Times a size at which reading errors should just do: to try too small a one costs as much again.
# So the first size is larger by the second factor where sizes are not told apart as well.
_NEAR, _FIRST = 1.005, 1.015
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
    search = _Search(candidate, most, note)
    network: Network | None = search.found()
    attempt = 0
    while network is not None:
        trial = tried(task, network, attempt, closely)
        note(f"confirm {trial}")
        attempt += 2
        network = None if trial.has_room else search.grown(trial)
    neurons = trial.network.neurons
    found = "found" if trial.passed else "gave up at"
    note(f"{found} {neurons:,} neurons, {neurons / declared:.3f} of what was predicted")
    decisions = candidate.decisions(trial.network)
    return Found(trial.reported(declared, decisions), trial.passed)


@dataclass(frozen=True, eq=False)
class _Probe:
    """A size that was tried, the failures counted, and the network if it could be built."""

    neurons: int
    count: Count | None
    network: Network | None

    @property
    def over(self) -> float:
        """The share that failed over the share that may; infinite if nothing was built."""
        return np.inf if self.count is None else self.count.over

    @property
    def says_how_far(self) -> bool:
        """True if what was counted says how far off the size is."""
        return self.count is not None and (self.over > 0 or self.count.excess is not None)

    @property
    def half_more(self) -> float:
        """The same with half a failure more, so that it is above 0."""
        assert self.count is not None
        return (self.count.wrong + 0.5) / self.count.seen / self.count.allowed


class _Search:
    """A search between the largest size that failed and the smallest that passed."""

    def __init__(self, candidate: Candidate, most: int, note: Note) -> None:
        """Begin a search in which nothing has been tried yet."""
        task, declared = candidate.task, candidate.declared.neurons
        self._candidate, self._task, self._note = candidate, task, note
        self._samples, needed = _probe_samples(task), _samples_needed(task)
        self._close = _CLOSE if self._samples == needed else _ROUGHLY_CLOSE
        dear = task.epsilon is not None and self._samples < needed
        self._first, self._most = min(round(_FIRST * declared) if dear else declared, most), most
        self._down, self._up = _FIRST_STEP, self._close
        self._failed = _Probe(0, None, None)
        self._passed: _Probe | None = None
        self._last: _Probe | None = None
        self._counts: dict[int, Count] = {}
        smaller = candidate.neurons(task.error / _SMALLER)
        # Number of further neurons that make the error smaller by a factor e.
        self._fold = max(smaller - declared, 1) / float(np.log(_SMALLER))

    def found(self) -> Network:
        """Return the smallest network that passes, to one percent, or the largest allowed."""
        neurons: int | None = self._first
        while neurons is not None:
            probe = self._try(neurons)
            self._correct(probe)
            if probe.network is not None and probe.over <= _AIM:
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
        if passed.neurons <= max(failed + 1, failed * self._close):
            return None
        if last.network is not None and (last.says_how_far or last is not passed):
            neurons = max(self._better(last), int(failed * self._close**0.5))
            if last is passed:
                close = neurons * self._close > passed.neurons
                return None if close else max(neurons, failed + 1)
            if neurons < passed.neurons:
                return max(neurons, failed + 1)
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
        if other is None or other.count is None or probe.count is None:
            return
        smaller, larger = sorted((other, probe), key=lambda one: one.neurons)
        assert smaller.count is not None
        assert larger.count is not None
        # If most samples fail, the error hardly changes with the size.
        if smaller.count.wrong > smaller.count.seen / 2:
            return
        counts = np.array([smaller.count.wrong, larger.count.wrong]) + 0.5
        folds = float(np.log(smaller.half_more / larger.half_more))
        doubt = 2 * float(np.sqrt((1 / counts).sum()))
        distance = larger.neurons - smaller.neurons
        slowest = distance / (folds - doubt) if folds > doubt else np.inf
        self._fold = float(np.clip(self._fold, distance / max(folds + doubt, doubt), slowest))

    def _better(self, probe: _Probe) -> int:
        """Return the size that should just pass, from the wrong samples at another size.

        Reading errors fall about as 1 / neurons, and say more than the number of samples misread.
        """
        if probe.count is None:
            return probe.neurons
        if probe.count.excess is not None:
            return round(probe.neurons * probe.count.excess * _NEAR)
        return round(probe.neurons + self._fold * float(np.log(probe.half_more / _AIM)))

    def grown(self, trial: Trial) -> Network | None:
        """Return a larger network than one that was not confirmed, or None if none is allowed.

        It has as many more neurons as the failures ask for. Some networks grow only by whole groups
        of neurons, and others not at all: a few gates may have no use for more neurons.
        """
        neurons = trial.network.neurons
        wanted = neurons + self._fold * float(np.log(max(trial.over, _AIM) / _AIM))
        asked = max(int(neurons * self._up), int(wanted))
        self._up *= self._close
        tries, step = 0, self._close
        while neurons < self._most:
            asked = min(self._most, max(asked, neurons + 1))
            network = self._candidate.build(asked)
            if network.neurons > trial.network.neurons:
                return network
            if asked == self._most:
                break
            asked, tries = int(asked * step) + 1, tries + 1
            if tries > _PATIENCE:
                step *= step
        return None

    def _try(self, neurons: int) -> _Probe:
        with phase(f"probing {neurons:,} neurons"):
            return self._tried(neurons)

    def _tried(self, neurons: int) -> _Probe:
        try:
            network = self._candidate.build(neurons)
        except TooFewNeuronsError:
            return _Probe(neurons, None, None)
        size = network.neurons
        # Networks built in whole groups of neurons may be the same for two sizes.
        if size not in self._counts:
            count = probed(self._task, network, self._samples, _AIM)
            self._counts[size] = count
            self._note(
                f"probe {size:,} neurons: {count.wrong:,} of {count.seen:,} failed, "
                f"{count.over:.2f} times those allowed"
            )
        return _Probe(neurons, self._counts[size], network)


def _allowed(task: Task) -> float:
    """Return the share of samples that may fail."""
    return task.error if task.epsilon is None else min(task.error, BEYOND)


def _samples_needed(task: Task) -> int:
    """Return the samples that tell sizes apart; deep networks, which take longer, get fewer."""
    samples = max(_PROBE_SAMPLES, EXPECTED_FAILURES / _allowed(task))
    return int(samples if task.one_layer else _PROBE_SAMPLES)


def _probe_samples(task: Task) -> int:
    """Return the samples per probe, fewer where there are very many outputs to read."""
    most = _MOST_READINGS if task.epsilon is None else _MOST_READING_ERRORS
    readable = max(_PROBE_SAMPLES, most // len(task.circuit.outputs))
    return min(_samples_needed(task), readable)
