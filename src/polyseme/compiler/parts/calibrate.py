"""Calibrate thresholds on sampled inputs.

For every sample and group of outputs, find the lowest reading of an output that should be on and
the highest of one that should not. The threshold is the share of a full reading that fails fewest
samples, in the middle of the shares that do so equally well.
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
    """Lowest readings that should be on, highest that should not: float32 (groups, samples) each.

    A sample in which no output of a group should be on has infinity as its lowest, and where all
    should, minus infinity as its highest.
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
        network: Read without its thresholds.
        circuit: Says which outputs should be on.
        rows: The samples.
        scale: Factors and groups of the outputs; without it readings are as they are, in one group.
        rest: Activations of the last hidden layer that count as zero, float32 (units,).
        absolute: Take absolute readings, for outputs that read their units negatively.

    Returns:
        The extremes of every group in every sample, in the order of the rows.
    """
    runner = LayerRunner(network)
    # Blocks are small; of whole batches of readings, one at a time is enough memory.
    workers = threads() if runner.reads_in_blocks else 1
    reader = _Reader(runner, circuit, scale, rest, absolute)
    pieces = [batch for _, batch in batches(rows, samples_at_once(runner))]
    found = list(in_order(reader.read, pieces, workers))
    lowest, highest = (np.concatenate(side, axis=1) for side in zip(*found, strict=True))
    return Extremes(lowest, highest)


def best_share(lowest_on: Floats, highest_off: Floats) -> float:
    """Return the share of a full reading that decides most samples rightly.

    It is in the middle of the shares that do so equally well.
    """
    missed = np.searchsorted(np.sort(lowest_on), _SHARES, side="left")
    stray = len(highest_off) - np.searchsorted(np.sort(highest_off), _SHARES, side="left")
    failures = missed + stray
    best = np.flatnonzero(failures == failures.min())
    middle = float(_SHARES[best[len(best) // 2]])
    seen_on = lowest_on[np.isfinite(lowest_on)]
    # Where nothing failed, lean on how the two sides actually spread rather than on the grid's
    # ends.
    if failures.min() == 0 and len(seen_on):
        top = max(float(highest_off.max(initial=0.0)), 0.0)
        return (top + min(float(seen_on.min()), 1.0)) / 2
    return middle


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows of one block of readings, sorted by group.

    `place` is the number of the first row, counted through all blocks. `order` int64 (rows,) sorts
    the block's own rows, `outputs` is what the sorted rows read, and each of `groups` begins at the
    row that `starts` says.
    """

    place: int
    order: NDArray[np.int64]
    outputs: NDArray[np.int64]
    groups: NDArray[np.int64]
    starts: NDArray[np.int64]


class _Reader:
    """Reads batches of samples, a block of outputs at a time.

    The blocks of every batch hold the same outputs in the same order, so how their rows fall into
    groups is found once.
    """

    def __init__(
        self,
        runner: LayerRunner,
        circuit: Circuit,
        scale: Scale | None,
        rest: Floats | None,
        absolute: bool,
    ):
        """Find which outputs the blocks hold."""
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
        # The row, counted through all blocks, in which each output is.
        self._place = np.argsort(np.concatenate([rows.outputs for rows in self._blocks]))

    def read(self, batch: NDArray[np.int32]) -> tuple[Floats, Floats]:
        """Lowest that should be on, highest that should not: float32 (groups, samples) each."""
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
        """Readings of a block as they are compared; `sums` may be overwritten."""
        if self._absolute:
            np.abs(sums, out=sums)
        if self._factor is None:
            return sums
        sums = sums[rows.order]
        sums *= self._factor[rows.outputs, None]
        return sums


def _rows(place: int, outputs: NDArray[np.int64], group: NDArray[np.int64]) -> _Rows:
    """Sort the outputs of a block by the group of each; those of one group stay as they are."""
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
