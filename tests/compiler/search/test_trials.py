"""Trials: what counts as a failure, and when a network has passed."""

from __future__ import annotations

import numpy as np
import pytest

import polyseme as ps
from polyseme.compiler.search.confirm import errors_of, tried
from polyseme.compiler.search.counting import Count
from polyseme.compiler.search.decisions import decisions
from polyseme.compiler.search.probe import probed
from polyseme.compiler.search.trial import Trial
from polyseme.compiler.task import Task
from polyseme.verification.layer_readings import KindErrors, LayerReadings
from polyseme.verification.sampling import Verification

CIRCUIT = ps.problems.pairwise_and(500, 500)


@pytest.fixture(scope="module")
def network() -> ps.Network:
    return ps.compile(CIRCUIT, construction="least-noise", neurons=440)


def readings(*kinds: int, samples: int = 10_000) -> tuple[LayerReadings, ...]:
    """One layer, with so many samples of each kind read wrongly."""
    found = {}
    for number, wrong in enumerate(kinds):
        errors = np.zeros(samples, np.float32)
        errors[:wrong] = 0.3
        found[str(number)] = KindErrors(errors, errors)
    return (LayerReadings(500, found),)


def trial(epsilon, found, wrong=0, network=None):
    task = Task(CIRCUIT, epsilon=epsilon)
    return Trial(task, network, Verification("satisfied", 3, 20_000, wrong), found, 0.0)


@pytest.mark.parametrize(("kinds", "passes"), [((0, 0), True), ((2, 0), True), ((0, 9), False)])
def test_every_kind_of_input_must_be_read_well(kinds, passes):
    assert trial(0.25, readings(*kinds)).reads == passes
    assert trial(0.25, readings(*kinds)).passed == passes
    # Errors of 0.3 are none where readings are not asked for.
    assert trial(None, readings(*kinds)).passed


def test_a_trial_has_room_if_three_quarters_of_the_failures_allowed_are_not_exceeded():
    assert trial(0.25, readings(2, samples=30_000), wrong=5).has_room
    assert not trial(0.25, readings(21, samples=25_000), wrong=5).has_room
    assert trial(0.25, readings(0), wrong=11).passed
    close = Verification("satisfied", 3, 100_000, 79)
    found = Trial(Task(CIRCUIT), None, close, None, 0.0)
    assert found.passed
    assert not found.has_room
    assert found.over == pytest.approx(0.79)


@pytest.mark.parametrize(
    ("share", "looks"), [(0.0, 1), (0.45e-3, 2), (0.7e-3, 3), (1e-2, 1), (1.2e-3, 2)]
)
def test_readings_are_looked_at_until_it_is_decided(share, looks):
    """Of 10,000 inputs 5 misread may be few enough or not; 0 surely are, and 100 are not."""
    fitted = Fitted(share)
    errors = errors_of(fitted, "satisfied", 0.25, (10_000, 30_000, 90_000), None)
    assert fitted.looks == looks
    assert len(errors.worst) == len(errors.worst_on) == (10_000, 30_000, 90_000)[looks - 1]


class Fitted:
    """Readings of which a share errs by 0.3, evenly spread."""

    def __init__(self, share: float) -> None:
        self.share, self.looks, self.seen = share, 0, 0

    def errors(self, inputs, samples, generator):
        self.looks += 1
        numbers = np.arange(self.seen, self.seen + samples)
        self.seen += samples
        wrong = np.diff(np.floor((np.append(numbers, self.seen) + 0.5) * self.share)) > 0
        errors = np.where(wrong, 0.3, 0.0).astype(np.float32)
        return KindErrors(errors, errors)


def test_outputs_must_be_decided_rightly_besides():
    assert not trial(0.25, readings(0, 0), wrong=40).passed


def test_readings_that_were_not_looked_at_do_not_pass():
    assert not trial(0.25, None).reads
    assert trial(None, None).reads


def test_failures_are_of_readings_where_these_are_asked_for(network):
    asked = probed(Task(CIRCUIT, epsilon=0.25), network, 4000, 0.7)
    assert asked.over < 5
    assert asked.seen == 4000
    assert probed(Task(CIRCUIT, epsilon=0.05), network, 4000, 0.7).over > 100
    assert probed(Task(CIRCUIT), network, 4000, 0.7) == Count(0, 4000, 1e-3)


def test_a_probe_that_is_decided_ends_there(network):
    hopeless = ps.compile(CIRCUIT, construction="least-noise", neurons=200)
    assert probed(Task(CIRCUIT, epsilon=0.25), hopeless, 20_000, 0.7).seen == 1000
    assert probed(Task(CIRCUIT), hopeless, 20_000, 0.7).seen == 100
    assert probed(Task(CIRCUIT, error=0.1), network, 20_000, 0.7).seen == 100


def test_the_worst_kind_of_input_counts(network):
    circuit = ps.problems.k_and(300, 300, 3)
    network = ps.compile(circuit, construction="tight-frames", neurons=96, epsilon=None)
    task = Task(circuit)
    kinds = dict(decisions(task, network, (2000,), lambda count: False, task.stream(10)))
    assert set(kinds) == {"satisfied", "one-short"}
    worst = probed(task, network, 2000, 1e-9)
    assert worst.over > 0


def test_a_close_look_reports_readings_even_if_none_were_asked_for(network):
    assert tried(Task(CIRCUIT), network).reading_error is None
    closely = tried(Task(CIRCUIT), network, closely=True)
    assert closely.reading_error is not None
    assert closely.reported().reading == closely.reading_error
    assert closely.reported().passed
