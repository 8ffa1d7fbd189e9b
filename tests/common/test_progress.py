"""Phases and the headway that are told of them."""

from __future__ import annotations

import pytest

import polyseme as ps
from polyseme.common import progress as module
from polyseme.common.progress import Headway, phase, watching
from support.progress import Watcher


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which the test sets."""
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_nobody_watching_changes_nothing():
    with phase("alone") as step:
        step(1, 2)


def test_stages_tell_what_is_done_of_the_innermost_phase(clock):
    watcher = Watcher()
    with watching(watcher), phase("outer") as outer:
        outer(1, 4)
        clock[0] += 8
        with phase("inner") as inner:
            clock[0] += 3
            inner(30, 120)
        clock[0] += 1
        outer(2, 4)
    assert watcher.headway == [
        Headway("outer", 0, 0, 0),
        Headway("outer", 1, 4, 0),
        Headway("outer: inner", 0, 0, 0),
        Headway("outer: inner", 30, 120, 3),
        Headway("outer", 1, 4, 11),
        Headway("outer", 2, 4, 12),
    ]


def test_who_watches_inside_is_told_instead():
    outside, inside = Watcher(), Watcher()
    with watching(outside), phase("outer"):
        with watching(inside), phase("inner"):
            pass
        assert [headway.phase for headway in inside.headway] == ["inner"]
    assert {headway.phase for headway in outside.headway} == {"outer"}


def test_a_phase_ends_when_it_fails():
    watcher = Watcher()
    with watching(watcher), phase("outer"):
        with pytest.raises(ValueError, match="no"), phase("inner"):
            raise ValueError("no")
        assert watcher.headway[-1].phase == "outer"


@pytest.mark.parametrize(
    ("headway", "words", "left"),
    [
        (Headway("a", 0, 0, 7.2), "a: 7 s so far", None),
        (Headway("a", 0, 9, 7.2), "a: 0 % done", None),
        (Headway("a", 1, 4, 2.0), "a: 25 % done, 6 s left", 6.0),
        (Headway("a", 999, 1000, 999.0), "a: 99 % done, 1 s left", 1.0),
        (Headway("a", 1, 2, 75.0), "a: 50 % done, 1 min 15 s left", 75.0),
        (Headway("a", 1, 2, 7300.0), "a: 50 % done, 2 h 1 min left", 7300.0),
        (Headway("a", 2, 2, 3.0), "a: 100 % done, 0 s left", 0.0),
    ],
)
def test_stages_in_words(headway, words, left):
    assert (str(headway), headway.seconds_left) == (words, left)


def test_compiling_tells_its_phases_and_shares_end_at_the_whole():
    watcher = Watcher()
    circuit = ps.read("and2:features=200,gates=200")
    options = {"active": 2, "error": 0.004, "epsilon": None, "construction": "three-channel"}
    report = ps.compile_report(circuit, progress=watcher, **options)
    plain = ps.compile_report(circuit, **options)
    assert report.network.neurons == plain.network.neurons
    parts = [headway.phase.split(": ") for headway in watcher.headway]
    assert {part[0] for part in parts} == {"compiling and2:features=200,gates=200"} | {
        "sizing the exact network"
    }
    begun = list(dict.fromkeys(part[1].split()[0] for part in parts if len(part) > 1))
    assert begun == ["probing", "confirming"]
    last = {headway.phase: headway for headway in watcher.headway if headway.total}
    assert {headway.share for headway in last.values()} == {1.0}


@pytest.mark.parametrize("wrong", [3, "yes", []])
def test_progress_that_nobody_can_be_told_is_refused(wrong):
    network = ps.compile(ps.read("and2:features=20,gates=20"))
    with pytest.raises(ps.OptionError, match="progress is"):
        ps.verify(network, samples=10, progress=wrong)


@pytest.mark.slow
def test_refining_counts_passes():
    pytest.importorskip("numba")
    watcher = Watcher()
    network = ps.compile(
        ps.read("and2:features=80,gates=80"), neurons=72, construction="least-noise", epsilon=None
    )
    ps.refine(network, passes=3, progress=watcher)
    refining = [one for one in watcher.headway if one.phase.startswith("refining ")]
    assert (refining[-1].done, refining[-1].total) == (3, 3)
