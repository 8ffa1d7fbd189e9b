"""Calibration of thresholds on sampled inputs.

For every sample and group of outputs, the lowest reading of an output that should be on is found,
and the highest reading of one that should be off. The threshold is the share of a full reading that
fails fewest samples. If several shares fail equally few, it is the middle one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.circuits.circuit import Circuit
from polyseme.circuits.evaluate import evaluate_sparse
from polyseme.common.parallel import in_order, threads
from polyseme.networks.network import Network
from polyseme.networks.run import LayerRunner
from polyseme.verification.sampling import batches, samples_at_once

_SHARES = np.arange(0.06, 1.0, 0.004)

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
    """Lowest readings of outputs that should be on, and highest of outputs that should be off.

    Both are float32 (groups, samples). If no output of a group should be on in a sample, the lowest
    is infinity; if all should be on, the highest is minus infinity.
    """

    lowest_on: Floats
    highest_off: Floats


def extremes(
    network: Network,
    circuit: Circuit,
    rows: NDArray[np.int32],
    *,
    scale: Scale | None = None,
    rest: Floats | None = None,
    absolute: bool = False,
) -> Extremes:
    """Read all outputs on rows of active features, int32 (samples, active), -1 pads.

    Args:
        network: The network; its thresholds are not used.
        circuit: The circuit, which gives the outputs that should be on.
        rows: The samples.
        scale: Factors and groups of the outputs; if None, there are no factors and one group.
        rest: Activations of the last hidden layer that count as zero, float32 (units,).
        absolute: Take absolute readings, for outputs with negative weights in the readout.

    Returns:
        The extremes of every group in every sample, in the order of the rows.
    """
    runner = LayerRunner(network)
    # Blocks of readings are small; whole batches are not, so only one is held at a time.
    workers = threads() if runner.reads_in_blocks else 1
    reader = _Reader(runner, circuit, scale, rest, absolute)
    pieces = [batch for _, batch in batches(rows, samples_at_once(runner))]
    found = list(in_order(reader.read, pieces, workers))
    lowest, highest = (np.concatenate(side, axis=1) for side in zip(*found, strict=True))
    return Extremes(lowest, highest)


def best_share(lowest_on: Floats, highest_off: Floats) -> float:
    """Return the share of a full reading that decides most samples rightly.

    If several shares do so equally well, it is the middle one.
    """
    missed = np.searchsorted(np.sort(lowest_on), _SHARES, side="left")
    stray = len(highest_off) - np.searchsorted(np.sort(highest_off), _SHARES, side="left")
    failures = missed + stray
    best = np.flatnonzero(failures == failures.min())
    middle = float(_SHARES[best[len(best) // 2]])
    seen_on = lowest_on[np.isfinite(lowest_on)]
    # If nothing failed, take the middle between the readings themselves, not that of the grid.
    if failures.min() == 0 and len(seen_on):
        top = max(float(highest_off.max(initial=0.0)), 0.0)
        return (top + min(float(seen_on.min()), 1.0)) / 2
    return middle


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

    def read(self, batch: NDArray[np.int32]) -> tuple[Floats, Floats]:
        """Return the lowest on and highest off readings, both float32 (groups, samples)."""
        shape = (int(self._group.max()) + 1, len(batch))
        lowest = np.full(shape, np.inf, np.float32)
        highest = np.full(shape, -np.inf, np.float32)
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
            np.minimum.at(lowest, (group[here], sample[here]), readings[row, column])
            readings[row, column] = -np.inf
            _raise(highest[:, block.samples], readings, rows)
        return lowest, highest

    def _compared(self, sums: Floats, rows: _Rows) -> Floats:
        """Return the readings of a block as they are compared; `sums` may be overwritten."""
        if self._absolute:
            np.abs(sums, out=sums)
        if self._factor is None:
            return sums
        sums = sums[rows.order]
        sums *= self._factor[rows.outputs, None]
        return sums


def _rows(place: int, outputs: NDArray[np.int64], group: NDArray[np.int64]) -> _Rows:
    """Sort the outputs of a block by group; outputs of one group keep their order."""
    order = np.argsort(group, kind="stable")
    groups, starts = np.unique(group[order], return_index=True)
    return _Rows(place, order, outputs[order], groups, starts)


def _raise(highest: Floats, readings: Floats, rows: _Rows) -> None:
    """Raise the highest readings of the groups in a block, in place."""
    if len(rows.groups) == 1:
        found = readings.max(axis=0, keepdims=True)
    else:
        found = np.maximum.reduceat(readings, rows.starts, axis=0)
    highest[rows.groups] = np.maximum(highest[rows.groups], found)
