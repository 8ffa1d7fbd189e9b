"""Extremes of readings are those found sample by sample and output by output."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import polyseme as ps
from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.networks.run import LayerRunner
from polyseme.verification.extremes import Scale, extremes
from polyseme.verification.inputs import draw_deep_inputs, draw_inputs

# Networks whose outputs are read in blocks, and all at once.
BLOCKS = {
    "frames": ("and2:features=600,gates=600", {"neurons": 300, "construction": "tight-frames"}),
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
    lows = [np.full((groups, len(rows)), np.inf, np.float32) for _ in range(2)]
    highs = [np.full((groups, len(rows)), -np.inf, np.float32) for _ in range(2)]
    for sample in range(len(rows)):
        for output in range(len(group)):
            reading, mine = readings[output, sample], group[output]
            side = 0 if on[sample, output] else 1
            lows[side][mine, sample] = min(lows[side][mine, sample], reading)
            highs[side][mine, sample] = max(highs[side][mine, sample], reading)
    return lows[0], highs[0], lows[1], highs[1]


def check(seen, expected):
    found = (seen.lowest_on, seen.highest_on, seen.lowest_off, seen.highest_off)
    for own, other in zip(found, expected, strict=True):
        assert np.array_equal(own, other)


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
    seen = extremes(runner, circuit, rows)
    check(seen, one_by_one(runner, circuit, rows, readings_of(runner, rows), group))


@pytest.mark.parametrize("name", [*BLOCKS, "codes"])
def test_extremes_of_scaled_readings_in_groups(name):
    runner, circuit, rows = built(name)
    generator = np.random.default_rng(0)
    group = generator.permutation(np.arange(len(circuit.outputs)) % 3)
    factor = generator.choice([0.25, 0.5, 2.0], len(group)).astype(np.float32)
    seen = extremes(runner, circuit, rows, scale=Scale(factor, group))
    readings = readings_of(runner, rows) * factor[:, None]
    check(seen, one_by_one(runner, circuit, rows, readings, group))


@pytest.mark.parametrize("name", BLOCKS)
def test_what_units_do_at_rest_is_left_out(name):
    runner, circuit, rows = built(name)
    layer = runner.network.layers[0]
    rest = layer.bias.astype(np.float32) * np.float32(layer.scale)
    seen = extremes(runner, circuit, rows, rest=rest)
    # In float32 both are exact: above rest is below, less what rest makes of it.
    resting = runner.readings(rest[None])
    readings = readings_of(runner, rows) - resting
    group = np.zeros(len(circuit.outputs), np.int64)
    check(seen, one_by_one(runner, circuit, rows, readings, group))


def test_absolute_readings():
    runner, circuit, rows = built("deep")
    seen = extremes(runner, circuit, rows, absolute=True)
    group = np.zeros(len(circuit.outputs), np.int64)
    readings = np.abs(readings_of(runner, rows))
    check(seen, one_by_one(runner, circuit, rows, readings, group))
