"""Trials: what counts as a failure, and when a network has passed."""

from __future__ import annotations

import numpy as np
import pytest

import polyseme as ps
from polyseme.compiler import trials
from polyseme.compiler.task import Task
from polyseme.compiler.trials import Trial, share_failed, tried
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


@pytest.mark.parametrize(
    ("first", "looks"),
    [((0, 0), 1), ((6, 0), 2), ((0, 9), 2), ((20, 0), 1), ((6, 20), 1)],
)
def test_more_inputs_are_read_where_the_first_leave_it_open(first, looks, monkeypatch):
    """Of 10,000 inputs 6 misread may be few enough or not; 0 surely are, and 20 are not."""
    counted: list[dict[str, int]] = []

    def read(task, network, counts, generator):
        counted.append(counts)
        return readings(*first) if len(counted) == 1 else readings(3, 3, samples=30_000)

    monkeypatch.setattr(trials, "_read", read)
    found = trials._read_closely(Task(CIRCUIT, epsilon=0.25), None, 0)
    assert len(counted) == looks
    assert trial(0.25, found).reads == (first == (0, 0) or looks == 2)
    if looks == 2:
        assert all(counted[1][kind] >= 3 * counted[0][kind] for kind in counted[0])
    assert not trial(0.25, readings(*first)).reads or first == (0, 0)


def test_outputs_must_be_decided_rightly_besides():
    assert not trial(0.25, readings(0, 0), wrong=40).passed


def test_readings_that_were_not_looked_at_do_not_pass():
    assert not trial(0.25, None).reads
    assert trial(None, None).reads


def test_a_share_that_fails_is_of_readings_where_these_are_asked_for(network):
    asked = share_failed(Task(CIRCUIT, epsilon=0.25), network, 4000)
    smaller = share_failed(Task(CIRCUIT, epsilon=0.05), network, 4000)
    assert asked < 5
    assert smaller > 100
    assert share_failed(Task(CIRCUIT), network, 4000) == 0


def test_a_probe_that_fails_at_a_glance_ends_there(network, monkeypatch):
    looks: list[int] = []
    found = trials._share_misread

    def counted(task, given, samples):
        looks.append(samples)
        return found(task, given, samples)

    monkeypatch.setattr(trials, "_share_misread", counted)
    share_failed(Task(CIRCUIT, epsilon=0.05), network, 9000)
    assert looks == [4000]
    share_failed(Task(CIRCUIT, epsilon=0.25), network, 9000)
    assert looks == [4000, 4000, 9000]


def test_a_close_look_reports_readings_even_if_none_were_asked_for(network):
    assert tried(Task(CIRCUIT), network).reading_error is None
    closely = tried(Task(CIRCUIT), network, closely=True)
    assert closely.reading_error is not None
    assert closely.reported().reading == closely.reading_error
    assert closely.reported().passed
