"""Extremes of the readings of a network: how near the gates that are on come to those that are off.

A *reading* is the readout's weighted sum of the last hidden layer, before its threshold. For every
sample and group of outputs, the lowest and highest reading of an output that should be on are
found, and those of one that should be off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.common.parallel import in_order, threads
from polyseme.networks.run import LayerRunner
from polyseme.verification.sampling import batches, samples_at_once

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Scale:
    """Factors that make readings of outputs comparable, float32 (outputs,), and their groups.

    `group` int64 (outputs,) numbers the groups from 0 on.
    """

    factor: Floats
    group: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Extremes:
    """Extreme readings of outputs that should be on, and of outputs that should be off.

    All are float32 (groups, samples). If no output of a group should be on in a sample, its lowest
    is infinity and its highest minus infinity; the same holds if all should be on.
    """

    lowest_on: Floats
    highest_on: Floats
    lowest_off: Floats
    highest_off: Floats


def extremes(
    runner: LayerRunner,
    circuit: Circuit,
    rows: NDArray[np.int32],
    *,
    scale: Scale | None = None,
    rest: Floats | None = None,
    absolute: bool = False,
) -> Extremes:
    """Read all outputs on rows of active features, int32 (samples, active), -1 pads.

    Args:
        runner: The network; its thresholds are not used.
        circuit: The circuit, which gives the outputs that should be on.
        rows: The samples.
        scale: Factors and groups of the outputs; if None, there are no factors and one group.
        rest: Activations of the last hidden layer that count as zero, float32 (units,).
        absolute: Take absolute readings, for outputs with negative weights in the readout.

    Returns:
        The extremes of every group in every sample, in the order of the rows.
    """
    # Blocks of readings are small; whole batches are not, so only one is held at a time.
    workers = threads() if runner.reads_in_blocks else 1
    reader = _Reader(runner, circuit, scale, rest, absolute)
    pieces = [batch for _, batch in batches(rows, samples_at_once(runner))]
    found = list(in_order(reader.read, pieces, workers))
    return Extremes(*(np.concatenate(side, axis=1) for side in zip(*found, strict=True)))


def nothing_seen(groups: int, samples: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the extremes of no readings, in the order of `Extremes`."""
    shape = (groups, samples)
    high, low = (np.full(shape, value, np.float32) for value in (np.inf, -np.inf))
    return high, low, high.copy(), low.copy()


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows of one block of readings, sorted by group.

    `place` is the number of the first row, counted through all blocks. `order` int64 (rows,) sorts
    the rows of the block, and `outputs` has the outputs of the sorted rows. `groups` are the groups
    in the block, and `starts` the sorted row at which each begins.
    """

    place: int
    order: NDArray[np.int64]
    outputs: NDArray[np.int64]
    groups: NDArray[np.int64]
    starts: NDArray[np.int64]


class _Reader:
    """A reader of batches of samples, one block of outputs at a time.

    The blocks of every batch hold the same outputs in the same order, so the division of their rows
    into groups is found once.
    """

    def __init__(
        self,
        runner: LayerRunner,
        circuit: Circuit,
        scale: Scale | None,
        rest: Floats | None,
        absolute: bool,
    ):
        """Find the outputs and groups of the blocks."""
        self._runner, self._circuit = runner, circuit
        self._rest, self._absolute = rest, absolute
        self._factor = scale.factor if scale else None
        self._group = scale.group if scale else np.zeros(len(circuit.outputs), np.int64)
        nothing = np.zeros((1, runner.network.layers[-1].width), np.float32)
        held = [block.outputs for block in runner.blocks(nothing)]
        places = np.cumsum([0, *map(len, held)])[:-1].tolist()
        self._blocks = [
            _rows(place, outputs, self._group[outputs])
            for place, outputs in zip(places, held, strict=True)
        ]
        # Row of each output, counted through all blocks.
        self._place = np.argsort(np.concatenate([rows.outputs for rows in self._blocks]))

    def read(self, batch: NDArray[np.int32]) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the extremes of a batch, each float32 (groups, samples), as in `Extremes`."""
        seen = nothing_seen(int(self._group.max()) + 1, len(batch))
        lowest_on, highest_on, lowest_off, highest_off = seen
        truth = evaluate_sparse(self._circuit, batch).tocoo()
        place, group, sample = self._place[truth.col], self._group[truth.col], truth.row
        hidden = self._runner.hidden(self._runner.encode(batch), sparse=True)
        if self._rest is not None:
            hidden -= self._rest
        for number, block in enumerate(self._runner.blocks(hidden)):
            rows = self._blocks[number % len(self._blocks)]
            readings = self._compared(block.sums, rows)
            row, column = place - rows.place, sample - block.samples.start
            here = (row >= 0) & (row < len(readings))
            here &= (column >= 0) & (column < readings.shape[1])
            row, column = row[here], column[here]
            on, which = readings[row, column], (group[here], sample[here])
            np.minimum.at(lowest_on, which, on)
            np.maximum.at(highest_on, which, on)
            readings[row, column] = -np.inf
            _extend(highest_off[:, block.samples], readings, rows, np.maximum)
            readings[row, column] = np.inf
            _extend(lowest_off[:, block.samples], readings, rows, np.minimum)
        return seen

    def _compared(self, sums: Floats, rows: _Rows) -> Floats:
        """Return the readings of a block as they are compared; `sums` may be overwritten."""
        if self._absolute:
            np.abs(sums, out=sums)
        if self._factor is None:
            return sums
        if len(rows.groups) > 1:
            sums = sums[rows.order]
        sums *= self._factor[rows.outputs, None]
        return sums


def _rows(place: int, outputs: NDArray[np.int64], group: NDArray[np.int64]) -> _Rows:
    """Sort the outputs of a block by group; outputs of one group keep their order."""
    # The rows of a single group stay as they are.
    order = np.argsort(group, kind="stable")
    groups, starts = np.unique(group[order], return_index=True)
    return _Rows(place, order, outputs[order], groups, starts)


def _extend(extreme: Floats, readings: Floats, rows: _Rows, reduce: np.ufunc) -> None:
    """Move the extremes of the groups in a block outwards, in place."""
    if len(rows.groups) == 1:
        found = reduce.reduce(readings, axis=0, keepdims=True)
    else:
        found = reduce.reduceat(readings, rows.starts, axis=0)
    extreme[rows.groups] = reduce(extreme[rows.groups], found)
