"""Calibration: extreme readings of sampled inputs, and the share of a full reading they give."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polyseme as ps
from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.compiler.parts.calibrate import Scale, best_share, extremes
from polyseme.networks.run import LayerRunner
from polyseme.verification.inputs import draw_deep_inputs, draw_inputs

# Networks whose outputs are read in blocks, and all at once.
BLOCKS = {
    "frames": ("and2:features=600,gates=600", {"neurons": 300}),
    "one bit": ("and2:features=2000,gates=2000", {"neurons": 900, "construction": "one-bit"}),
}
WHOLE = {
    "codes": ("and2:features=300,gates=300", {"neurons": 250, "construction": "three-channel"}),
    "deep": ("layered:width=400,depth=3,active=2", {"neurons": 500, "active": 2}),
}


@cache
def built(name: str) -> tuple[LayerRunner, ps.Circuit, np.ndarray]:
    """A network's runner, its circuit, and 300 samples; more than one batch of those in blocks."""
    source, options = (BLOCKS | WHOLE)[name]
    circuit = ps.read(source)
    network = ps.compile(circuit, **options)
    generator = np.random.default_rng(4)
    if len(network.layers) > 1:
        rows = draw_deep_inputs("satisfied", circuit, 2, 300, generator)
    else:
        rows = draw_inputs("satisfied", network.key.terms, 3, 700, generator)
    return LayerRunner(network), circuit, rows


def one_by_one(runner, circuit, rows, readings, group):
    """The oracle: sample by sample, output by output."""
    on = evaluate_sparse(circuit, rows).toarray()
    groups = int(group.max()) + 1
    lowest = np.full((groups, len(rows)), np.inf, np.float32)
    highest = np.full((groups, len(rows)), -np.inf, np.float32)
    for sample in range(len(rows)):
        for output in range(len(group)):
            reading, mine = readings[output, sample], group[output]
            if on[sample, output]:
                lowest[mine, sample] = min(lowest[mine, sample], reading)
            else:
                highest[mine, sample] = max(highest[mine, sample], reading)
    return lowest, highest


def readings_of(runner, rows, rest=0.0):
    return runner.readings(runner.hidden(runner.encode(rows), sparse=True) - np.float32(rest))


@pytest.mark.parametrize("name", [*BLOCKS, *WHOLE])
def test_some_outputs_are_read_in_blocks_and_others_not(name):
    assert built(name)[0].reads_in_blocks == (name in BLOCKS)


@pytest.mark.parametrize("name", [*BLOCKS, *WHOLE])
@pytest.mark.parametrize("threads", ["1", "3"])
def test_extremes_of_all_outputs_are_those_found_one_by_one(name, threads, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    runner, circuit, rows = built(name)
    group = np.zeros(len(circuit.outputs), np.int64)
    seen = extremes(runner.network, circuit, rows)
    expected = one_by_one(runner, circuit, rows, readings_of(runner, rows), group)
    assert np.array_equal(seen.lowest_on, expected[0])
    assert np.array_equal(seen.highest_off, expected[1])


@pytest.mark.parametrize("name", [*BLOCKS, "codes"])
def test_extremes_of_scaled_readings_in_groups(name):
    runner, circuit, rows = built(name)
    generator = np.random.default_rng(0)
    group = generator.permutation(np.arange(len(circuit.outputs)) % 3)
    factor = generator.choice([0.25, 0.5, 2.0], len(group)).astype(np.float32)
    seen = extremes(runner.network, circuit, rows, scale=Scale(factor, group))
    readings = readings_of(runner, rows) * factor[:, None]
    lowest, highest = one_by_one(runner, circuit, rows, readings, group)
    assert np.array_equal(seen.lowest_on, lowest)
    assert np.array_equal(seen.highest_off, highest)


@pytest.mark.parametrize("name", BLOCKS)
def test_what_units_do_at_rest_is_left_out(name):
    runner, circuit, rows = built(name)
    layer = runner.network.layers[0]
    rest = layer.bias.astype(np.float32) * np.float32(layer.scale)
    seen = extremes(runner.network, circuit, rows, rest=rest)
    # In float32 both are exact: above rest is below, less what rest makes of it.
    resting = runner.readings(rest[None])
    readings = readings_of(runner, rows) - resting
    group = np.zeros(len(circuit.outputs), np.int64)
    lowest, highest = one_by_one(runner, circuit, rows, readings, group)
    assert np.array_equal(seen.lowest_on, lowest)
    assert np.array_equal(seen.highest_off, highest)


def test_absolute_readings():
    runner, circuit, rows = built("deep")
    seen = extremes(runner.network, circuit, rows, absolute=True)
    group = np.zeros(len(circuit.outputs), np.int64)
    readings = np.abs(readings_of(runner, rows))
    lowest, highest = one_by_one(runner, circuit, rows, readings, group)
    assert np.array_equal(seen.lowest_on, lowest)
    assert np.array_equal(seen.highest_off, highest)


SIDES = st.lists(st.floats(-0.5, 1.5, width=32), min_size=1, max_size=30)


@settings(max_examples=200, deadline=None)
@given(lowest=SIDES, highest=SIDES)
def test_the_best_share_fails_fewest_samples(lowest, highest):
    """The oracle tries every share of the grid."""
    on, off = np.array(lowest, np.float32), np.array(highest, np.float32)
    share = best_share(on, off)

    def failures(tried: float) -> int:
        return sum(x < tried for x in lowest) + sum(x >= tried for x in highest)

    fewest = min(failures(tried) for tried in np.arange(0.06, 1, 0.004))
    assert failures(share) == fewest or (fewest == 0 and failures(np.nextafter(share, 2)) == 0)


def test_where_nothing_fails_the_share_is_half_way_between_the_sides():
    on, off = np.float32([0.9, 0.8, np.inf]), np.float32([0.2, 0.3, -np.inf])
    assert best_share(on, off) == pytest.approx(0.55)
    assert best_share(np.float32([np.inf]), off) == pytest.approx(0.65, abs=0.01)


def test_ties_are_broken_in_the_middle():
    on, off = np.float32([0.8, 0.1, 0.85]), np.float32([0.4, 0.9, 0.3])
    assert best_share(on, off) == pytest.approx(0.6, abs=0.01)
