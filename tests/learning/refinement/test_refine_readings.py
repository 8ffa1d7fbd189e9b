"""Refinement of `least-noise`: lower reading error at the same size, own reads held, same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import polyseme as ps
from polyseme.common.progress import silent
from polyseme.errors import FileFormatError, MissingExtraError, OptionError
from polyseme.learning.refinement.readings import periods
from polyseme.learning.refinement.readings.lbfgs import Descended
from polyseme.learning.refinement.refine import refine
from support.places import ROOT

GATES, NEURONS, PASSES = 300, 240, 15


@pytest.fixture(scope="module", autouse=True)
def few_held_out_inputs():
    """What is measured around a descent takes far longer than the descent of a small network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("polyseme.learning.refinement.readings.refined_readings._READ", 3000)
        patch.setattr("polyseme.learning.refinement.held_out._SAMPLES", 2000)
        yield


@pytest.fixture(scope="module")
def circuit():
    return ps.problems.pairwise_and(GATES, GATES)


@pytest.fixture(scope="module")
def network(circuit):
    return ps.compile(circuit, neurons=NEURONS, construction="least-noise")


@pytest.fixture(scope="module")
def result(network):
    return refine(network, passes=PASSES)


def weights_of(found):
    return found.network.layers[0].weights.tobytes()


def test_the_reading_error_on_fresh_inputs_is_lower_at_the_same_size(network, result):
    before = ps.reading_error(network, samples=10_000, seed=8).worst
    after = ps.reading_error(result.network, samples=10_000, seed=8).worst
    assert result.network.neurons == network.neurons
    for old, new in zip(before.kinds, after.kinds, strict=True):
        assert new.epsilon < 0.9 * old.epsilon
    assert result.reading.epsilon == pytest.approx(after.epsilon, abs=0.03)
    assert result.reading_before.epsilon == pytest.approx(before.epsilon, abs=0.03)
    assert result.network.provenance.note.startswith("refined by descent on readings, 15 passes")


def test_codes_and_readout_stay_and_the_key_is_true_of_every_weight(network, result):
    refined = result.network
    assert refined.key.belongs_to(refined)
    assert not network.key.belongs_to(refined)
    assert refined.layers[0].weights.dtype == np.int8
    assert refined.encoder is network.encoder
    assert np.array_equal(refined.readout.neurons, network.readout.neurons)
    assert len(np.unique(refined.readout.thresholds)) == 1


def test_own_reads_are_held_up_to_rounding(network, result):
    held = result.network.key.layers[0]
    # A read adds 16 weights, each of which is off by half a step at most, and mostly by far less.
    off = held.reads.data - held.resolution
    assert 0 < np.abs(off).max() <= 8
    assert np.abs(off).mean() < 1.5
    before, after = (each.layers[0] for each in (network, result.network))
    assert after.bias * after.scale == pytest.approx(before.bias * before.scale, abs=0.01)


def test_decisions_are_measured_before_and_after(circuit, result):
    assert (result.before.samples, result.measured.samples) == (2000, 2000)
    assert result.measured.wrong <= result.before.wrong
    assert result.alone.wrong == 0
    assert result.passes == PASSES


PROGRAM = """
import sys, polyseme as ps
circuit = ps.problems.pairwise_and(300, 300)
network = ps.compile(circuit, neurons=240, construction="least-noise")
ps.refine(network, passes=6).network.save(sys.argv[1])
"""


@pytest.mark.parametrize("threads", ["1", "3"])
def test_the_bytes_do_not_depend_on_the_number_of_threads(network, result, monkeypatch, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    assert weights_of(refine(network, passes=PASSES)) == weights_of(result)


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_the_threads_of_any_library(tmp_path):
    for threads in ("1", "2"):
        subprocess.run(
            (sys.executable, "-c", PROGRAM, str(tmp_path / threads)),
            check=True,
            env={**os.environ, "OMP_NUM_THREADS": threads, "PYTHONPATH": str(ROOT / "src")},
        )
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(network):
    first, again, other = (weights_of(refine(network, passes=1, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_smaller_reading_error_asks_for_other_weights(network, result):
    smaller = refine(network, passes=PASSES, epsilon=0.2)
    # It is no result that was dropped for one that is worse.
    assert smaller.moved > 0
    assert weights_of(smaller) != weights_of(result)


class Interrupted(Exception):
    pass


def test_an_interrupted_descent_goes_on_to_the_same_bytes(network, tmp_path, result):
    state = tmp_path / "state"

    def stop(line):
        if line.startswith("refined 10 of"):
            raise Interrupted

    with pytest.raises(Interrupted):
        refine(network, passes=PASSES, state=state, note=stop)
    seen = []
    resumed = refine(network, passes=PASSES, state=state, note=seen.append)
    assert not any(line.startswith("refined 10 of") for line in seen)
    assert weights_of(resumed) == weights_of(result)
    # A state of another descent is refused in one line.
    for changed in ({"passes": PASSES + 1}, {"seed": 5}, {"epsilon": 0.2}, {"error": 0.01}):
        with pytest.raises(FileFormatError, match="it began from another network") as caught:
            refine(network, **{"passes": PASSES, "state": state, **changed})
        assert "\n" not in str(caught.value)


def test_the_first_period_replaces_the_mean_and_later_ones_move_it(monkeypatch):
    found = iter(np.full((1, 1), value, np.float32) for value in (8.0, 4.0, 0.0, 0.0))
    monkeypatch.setattr(
        periods,
        "descend",
        lambda weights, loss, steps: Descended(next(found), float(steps)),
    )
    descent = periods.Periods(lambda period: None, np.zeros((1, 1), np.float32), 17)
    seen = []
    made = descent.run(None, lambda done, loss: seen.append((done, loss, descent.weights.item())))
    assert made == 17
    assert [done for done, _, _ in seen] == [5, 10, 15, 17]
    assert [loss for _, loss, _ in seen] == [5, 5, 5, 2]
    means = [mean for _, _, mean in seen]
    assert means == pytest.approx([8, 6, 4, 4 * 0.7])


def test_a_network_that_refinement_makes_worse_is_returned_as_it_was(network, monkeypatch):
    layer = network.layers[0]
    spoilt = replace(network, layers=(replace(layer, weights=layer.weights[::-1].copy()),))
    monkeypatch.setattr(
        "polyseme.learning.refinement.readings.refiner.ReadingRefiner.finished",
        lambda self, weights: spoilt,
    )
    found = refine(network, passes=1)
    assert weights_of(found) == network.layers[0].weights.tobytes()
    assert found.network.provenance.note.startswith("not refined: 1 passes of descent made")
    assert (found.moved, found.reading) == (0.0, found.reading_before)


def test_other_gates_and_promises_are_refused_in_one_line(network):
    wide = ps.compile(
        ps.problems.k_and(200, 200, 3), neurons=190, construction="least-noise", epsilon=0.25
    )
    quad = ps.compile(network.key.circuit, active=4, neurons=240, construction="least-noise")
    for refused, reason in (
        (wide, "only ANDs of two features can be refined"),
        (quad, "least-noise is refined for 3 features on at once, not 4"),
    ):
        with pytest.raises(OptionError, match=reason) as caught:
            refine(refused, passes=1)
        assert "\n" not in str(caught.value)
    for epsilon in (0, 0.3, "small"):
        with pytest.raises(OptionError, match="epsilon"):
            refine(network, passes=1, epsilon=epsilon)


def test_without_numba_the_extra_is_named(network, monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(MissingExtraError, match=r"refining least-noise needs numba: .*\[speed\]"):
        refine(network, passes=1, note=silent)
