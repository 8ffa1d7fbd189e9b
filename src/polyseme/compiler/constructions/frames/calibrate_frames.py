"""Where between one input short and satisfied an output is on, from sampled inputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.common.parallel import in_order
from polyseme.common.random_streams import Stream
from polyseme.compiler.constructions.three_channel.calibrate import best_share
from polyseme.compiler.task import Task
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.verification.inputs import draw_inputs
from polyseme.verification.sampling import batches, samples_at_once

_CALIBRATION_SAMPLES = 6000


def calibrated_slack(task: Task, network: Network, level: float, own: float) -> float:
    """How far below a full reading an output is on: what decides sampled inputs best.

    An output of a network of tight frames reads `own` for each of its `level` inputs that is on.
    """
    lowest_on, highest_off, short = [], [], np.float32(level - 1)
    generator = task.stream(Stream.CALIBRATION)
    runner = LayerRunner(network)

    # Where in the order of its blocks the readout has each output.
    nothing = np.zeros((1, network.layers[0].width), np.float32)
    place = np.argsort(np.concatenate([block.outputs for block in runner.blocks(nothing)]))

    def extremes(piece: tuple[int, NDArray[np.int32]]) -> tuple[NDArray[np.float32], ...]:
        lowest, highest = _extremes(task, runner, piece[1], place)
        return lowest / np.float32(own) - short, highest / np.float32(own) - short

    for name in ("satisfied", "one-short") if level > 2 else ("satisfied",):
        rows = draw_inputs(name, task.terms, task.active, _CALIBRATION_SAMPLES, generator)
        for lowest, highest in in_order(extremes, batches(rows, samples_at_once(runner))):
            lowest_on.append(lowest)
            highest_off.append(highest)
    return 1 - best_share(np.concatenate(lowest_on), np.concatenate(highest_off))


def _extremes(
    task: Task, runner: LayerRunner, active: NDArray[np.int32], place: NDArray[np.int64]
) -> tuple[NDArray[np.float32], ...]:
    """Of each sample the lowest reading that should be on, the highest that should not: float32.

    Without what the biases alone make of it.
    """
    lowest = np.full(len(active), np.inf, np.float32)
    highest = np.full(len(active), -np.inf, np.float32)
    on = evaluate_sparse(task.circuit, active).tocoo()
    end = 0
    layer = runner.network.layers[0]
    hidden = runner.hidden(runner.encode(active), sparse=True)
    hidden -= layer.bias.astype(np.float32) * np.float32(layer.scale)
    for block in runner.blocks(hidden):
        above = block.sums
        begin, end = end % len(place), end % len(place) + len(block.outputs)
        here = (on.row >= block.samples.start) & (on.row < block.samples.stop)
        here &= (place[on.col] >= begin) & (place[on.col] < end)
        output, sample = place[on.col[here]] - begin, on.row[here] - block.samples.start
        np.minimum.at(lowest[block.samples], sample, above[output, sample])
        above[output, sample] = -np.inf
        np.maximum(highest[block.samples], above.max(axis=0), out=highest[block.samples])
    return lowest, highest
