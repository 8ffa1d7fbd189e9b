"""The search for the smallest network ends, finds it in few probes, and says what it found."""

from __future__ import annotations

import sys
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from polyseme.circuits import problems
from polyseme.circuits.problems import pairwise_and
from polyseme.compiler.compile import compile
from polyseme.compiler.constructions.construction import Size
from polyseme.compiler.search import smallest as search
from polyseme.compiler.search.counting import counted, decides_probe, looks_of_probe
from polyseme.compiler.search.trial import Trial
from polyseme.compiler.task import Task
from polyseme.errors import TooFewNeuronsError
from polyseme.verification.sampling import Verification, verify

CIRCUIT = pairwise_and(1200, 1200)


class Pretended:
    """A candidate whose networks of n neurons fail with chance e^(-n / 50 + 13)."""

    construction = SimpleNamespace(name="pretended")
    fold, right = 50.0, 50 * (13 + np.log(1 / 0.7e-3))

    def __init__(self, off=1.0, fewest=1, groups=1, active=3):
        self.task = Task(CIRCUIT, active)
        self.off, self.fewest, self.groups, self.tried = off, fewest, groups, []

    @property
    def declared(self):
        return Size(self.neurons(self.task.error), 0)

    def neurons(self, error):
        return round(self.off * 50 * (13 + np.log(1 / error)))

    def decisions(self, network):
        return ()

    def build(self, neurons):
        if neurons < self.fewest:
            raise TooFewNeuronsError("too few")
        self.tried.append(neurons)
        return SimpleNamespace(neurons=neurons // self.groups * self.groups)

    def share(self, network):
        return min(1.0, float(np.exp(13 - network.neurons / 50)))

    def probed(self, task, network, samples, aim):
        """A count that is decided as early as a real one."""
        seen, share = 0, self.share(network)

        def wrong_of(some):
            nonlocal seen
            before, seen = seen, seen + some
            return round(share * seen) - round(share * before)

        return counted(wrong_of, looks_of_probe(samples), task.error, decides_probe(aim))

    def tried_closely(self, task, network, attempt=0, closely=False, single_gates=0.0):
        """A trial whose intervals are those of as many samples as confirm a network."""
        samples = 20_000
        seen = Verification("satisfied", 3, samples, round(self.share(network) * samples))
        if seen.error < task.error <= seen.error_interval[1]:
            wrong = round(self.share(network) * 5 * samples)
            seen = Verification("satisfied", 3, 5 * samples, wrong)
        return Trial(task, network, seen, None, single_gates)

    def pretend(self, monkeypatch, single_gates=0.0):
        tried = partial(self.tried_closely, single_gates=single_gates)
        monkeypatch.setattr(search, "probed", self.probed)
        monkeypatch.setattr(search, "tried", tried)


def smallest(pretended, monkeypatch, most=None):
    pretended.pretend(monkeypatch)
    notes = []
    found = search.smallest(pretended, notes.append, most)
    seen = found.compilation.confirmation
    assert found.passed == (seen.error_interval[1] < 1e-3)
    assert found.compilation.predicted == pretended.declared.neurons
    return found.compilation.network, seen, notes


@pytest.mark.parametrize("off", [0.97, 1.0, 1.06])
def test_a_right_prediction_takes_few_probes(off, monkeypatch):
    pretended = Pretended(off)
    network, seen, notes = smallest(pretended, monkeypatch)
    assert seen.error_interval[1] < 1e-3
    assert abs(network.neurons / Pretended.right - 1) < 0.03
    assert len(pretended.tried) <= 4
    assert notes[-1].startswith(f"found {network.neurons:,} neurons, ")


@pytest.mark.parametrize("off", [0.6, 1.5, 3.0, 20.0])
def test_a_wrong_prediction_is_corrected(off, monkeypatch):
    pretended = Pretended(off)
    network, seen, _ = smallest(pretended, monkeypatch)
    assert seen.error_interval[1] < 1e-3
    assert abs(network.neurons / Pretended.right - 1) < 0.05
    assert len(set(pretended.tried)) == len(pretended.tried) <= 18


def test_sizes_that_cannot_be_built_have_failed(monkeypatch):
    pretended = Pretended(3.0, fewest=1500)
    network, _, _ = smallest(pretended, monkeypatch)
    assert 1500 <= network.neurons <= 1500 * 1.03


def test_where_nothing_passes_the_network_has_twice_what_was_declared(monkeypatch):
    pretended = Pretended(0.3)
    network, seen, _ = smallest(pretended, monkeypatch)
    assert network.neurons == 2 * pretended.neurons(1e-3)
    assert seen.error > 1e-3


def test_where_nothing_passes_and_neurons_come_in_groups_the_search_ends_too(monkeypatch):
    most = 2 * Pretended(0.3).neurons(1e-3)
    assert most % 7
    network, seen, _ = smallest(Pretended(0.3, groups=7), monkeypatch)
    assert network.neurons == most // 7 * 7
    assert seen.error > 1e-3


def test_where_more_neurons_make_no_larger_network_few_sizes_are_tried(monkeypatch):
    pretended = Pretended(0.3, groups=700)
    smallest(pretended, monkeypatch, most=1300)
    assert len(pretended.tried) < 40


@pytest.mark.parametrize("most", [500, 900])
def test_a_search_stays_under_the_most_neurons_there_may_be(most, monkeypatch):
    pretended = Pretended()
    network, seen, notes = smallest(pretended, monkeypatch, most)
    assert max(pretended.tried) <= most
    assert network.neurons == most
    assert seen.error > 1e-3
    assert notes[-1].startswith(f"gave up at {most} neurons, ")


def test_how_fast_the_error_falls_is_learnt_from_what_is_seen(monkeypatch):
    pretended = Pretended(0.9)
    # What it declares for a smaller error is hardly more: steps by that alone would be tiny.
    declared = pretended.neurons(1e-3)
    monkeypatch.setattr(pretended, "neurons", lambda error: declared + (error < 1e-3))
    network, seen, _ = smallest(pretended, monkeypatch)
    assert seen.error_interval[1] < 1e-3
    assert abs(network.neurons / Pretended.right - 1) < 0.05
    assert len(pretended.tried) <= 12


def test_nothing_that_can_be_built_is_an_error(monkeypatch):
    with pytest.raises(TooFewNeuronsError, match="too few"):
        smallest(Pretended(fewest=10**6), monkeypatch)


@pytest.mark.parametrize(("share", "passes"), [(0.0, True), (1 / 1200, False)])
def test_no_gate_may_be_wrong_alone_where_the_promise_has_room_for_more(share, passes, monkeypatch):
    pretended = Pretended()
    pretended.pretend(monkeypatch, single_gates=share)
    assert search.smallest(pretended, [].append).passed == passes
    # Where two features on are all there are, these inputs are held to the error as all others.
    assert search.smallest(Pretended(active=2), [].append).passed


def test_a_size_that_is_not_confirmed_grows_until_one_is(monkeypatch):
    circuit = problems.pairwise_and(500, 500)
    monkeypatch.setattr(search._Search, "found", lambda own: own._candidate.build(215))
    notes: list[str] = []
    options = {"error": 1e-2, "epsilon": None, "construction": "three-channel"}
    network = compile(circuit, note=notes.append, **options)
    confirmed = [note for note in notes if note.startswith("confirm ")]
    assert confirmed[0].startswith("confirm 215 neurons")
    assert len(confirmed) > 1
    assert network.neurons > 215
    assert notes[-1].startswith(f"found {network.neurons} neurons")
    assert verify(network, samples=20_000, seed=12345).error_interval[0] < 1e-2


def test_what_no_smaller_network_computes_gets_the_monosemantic_one():
    network = compile(pairwise_and(60, 60))
    assert network.provenance.construction == "monosemantic"
    assert network.neurons == 60
    assert (
        "60 ReLUs compute all 60 outputs exactly, one per output or fewer"
        in network.provenance.note
    )


def test_where_the_construction_chosen_finds_nothing_three_channels_are_searched(monkeypatch):
    tried: list[str] = []
    found = search.smallest

    def hopeless(candidate, note, most=None, closely=False):
        tried.append(candidate.construction.name)
        if candidate.construction.name == "tight-frames":
            raise TooFewNeuronsError("too few")
        return found(candidate, note, most, closely)

    monkeypatch.setattr(sys.modules["polyseme.compiler.sizing"], "smallest", hopeless)
    network = compile(pairwise_and(500, 500), error=1e-2, epsilon=None)
    assert tried == ["tight-frames", "three-channel"]
    assert network.provenance.construction == "three-channel"


def test_where_gates_must_be_computed_other_constructions_are_tried(monkeypatch):
    tried: list[str] = []

    def hopeless(candidate, note, most=None, closely=False):
        tried.append(candidate.construction.name)
        raise TooFewNeuronsError("too few")

    monkeypatch.setattr(sys.modules["polyseme.compiler.sizing"], "smallest", hopeless)
    network = compile(pairwise_and(2000, 2000))
    assert tried == ["least-noise", "three-channel"]
    assert network.provenance.construction == "monosemantic"
    said = network.provenance.note
    assert "compute its gates within 0.25 and err under 0.001; thresholded" in said
