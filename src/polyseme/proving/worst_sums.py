"""The lowest and the highest readings of every output, over inputs with at most s features on.

As long as no ReLU bends, what an output k reads of an input is

    rest_k + sum of T[k, i] over the features i that are on,

where T = R W A^T holds the reads (`linear_reads.py`). In a case of the output (`cases.py`) some
features are on, some are off, and the others are free. With f features fixed on, its lowest reading
among inputs with at most s on is rest_k, plus the reads of those f, plus the s - f lowest reads
below 0 of free features; its highest one the same with the highest above 0. The output is right on
every input if and only if the lowest readings of cases in which it must be on are at its threshold
or above, and the highest of all others below. A ReLU of bias b bends at no input if and only if b
and the s lowest of its reads add up to 0 or more.

All sums are of whole numbers, so both are exact. The cost is that of computing T once, in blocks.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from polyseme.common.parallel import in_order
from polyseme.common.progress import Progress
from polyseme.common.ragged import places_in_rows, row_numbers
from polyseme.errors import OptionError
from polyseme.networks.network import Network
from polyseme.proving.cases import Cases
from polyseme.proving.linear_reads import LinearReads, largest

# Own features of an output, at most: sums are held for each in every case.
MOST_OWN = 64


def linear_active(reads: LinearReads, progress: Progress | None) -> int:
    """Return the largest number of features on with which no ReLU can bend."""
    most = len(reads.groups.slot)
    # No unit is followed further than to where one before it bends, so one goes alone first.
    for some in (slice(0, 1), *reads.blocks(len(reads.bias))):
        falls = np.cumsum(largest(-reads.of_units(some), most), axis=0)
        straight = (falls <= reads.bias[some]).sum(axis=0)
        most = min(most, int(straight.min()))
        if progress:
            progress(some.stop, reads.rows)
        if most == 0:
            break
    return most


@dataclass(frozen=True, eq=False)
class CaseTable:
    """Cases with the features that any case of the same output fixes, its *own* features.

    Shapes: `own` int64 (outputs, widest), -1 pads; `state` int8 (cases, widest) is 1 where a case
    has the own feature on, 0 where it is free, and -1 where it is off or there is none.
    """

    cases: Cases
    own: NDArray[np.int64]
    state: NDArray[np.int8]

    @classmethod
    def of(cls, cases: Cases) -> CaseTable:
        """Return the table of some cases.

        Raises:
            OptionError: An output has too many own features.
        """
        case = row_numbers(np.diff(cases.offsets))
        features = int(cases.features.max(initial=-1)) + 1
        pair = cases.output[case] * max(features, 1) + cases.features
        pairs, which = np.unique(pair, return_inverse=True)
        output = pairs // max(features, 1)
        counts = np.bincount(output, minlength=cases.outputs)
        widest = int(counts.max(initial=0))
        if widest > MOST_OWN:
            raise OptionError(f"an output depends on {widest:,} features; sums serve {MOST_OWN}")
        place = places_in_rows(counts)
        own = np.full((cases.outputs, widest), -1, np.int64)
        own[output, place] = pairs % max(features, 1)
        state = np.where(own[cases.output] < 0, -1, 0).astype(np.int8)
        state[case, place[which.reshape(-1)]] = np.where(cases.on, 1, -1)
        return cls(cases, own, state)


@dataclass(frozen=True, eq=False)
class Readings:
    """The readings between which thresholds lie, with at most 0, 1, ... features on.

    All are float64 (depth + 1, outputs), whole numbers or infinite. `lowest_on` and `highest_on`
    are of inputs that must switch an output on, the other two of all others.
    """

    lowest_on: NDArray[np.float64]
    highest_on: NDArray[np.float64]
    lowest_off: NDArray[np.float64]
    highest_off: NDArray[np.float64]


def readings_of_outputs(
    reads: LinearReads, table: CaseTable, depth: int, progress: Progress | None = None
) -> Readings:
    """Return the extreme readings of all outputs, with up to `depth` features on."""
    first = table.cases.first

    def piece(some: slice) -> tuple[int, Readings]:
        cases = slice(int(first[some.start]), int(first[some.stop]))
        lowest, highest = _extremes(reads, table, some, cases, depth)
        must, output = table.cases.must_be_on[cases], table.cases.output[cases] - some.start
        on, off = np.flatnonzero(must), np.flatnonzero(~must)
        count = some.stop - some.start
        return some.stop, Readings(
            _least(lowest[:, on], output[on], count),
            -_least(-highest[:, on], output[on], count),
            _least(lowest[:, off], output[off], count),
            -_least(-highest[:, off], output[off], count),
        )

    found = []
    for done, part in in_order(piece, reads.blocks(len(reads.rest))):
        found.append(part)
        if progress:
            progress(len(reads.bias) + done, reads.rows)
    names = [field.name for field in fields(Readings)]
    return Readings(
        *(np.concatenate([getattr(part, name) for part in found], axis=1) for name in names)
    )


def _extremes(
    reads: LinearReads, table: CaseTable, some: slice, cases: slice, depth: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and the highest reading of each case of some outputs.

    Both are float64 (depth + 1, cases). Where a case has more features on than there may be, the
    lowest is infinite and the highest minus infinity.
    """
    read, own = reads.of_outputs(some), table.own[some]
    flat = read.reshape(-1, len(own))
    output, place = np.nonzero(own >= 0)
    slots = reads.groups.slot[own[output, place]]
    mine = np.zeros(own.shape)
    mine[output, place] = flat[slots, output]
    flat[slots, output] = 0
    state, which = table.state[cases], table.cases.output[cases] - some.start
    of_case, rest = mine[which], reads.rest[some].astype(np.float64)[which]
    base, on = rest + (of_case * (state == 1)).sum(axis=1), (state == 1).sum(axis=1)
    free = np.where(state == 0, of_case, 0)
    highest = _raised(free, largest(read, depth)[:, which], base, on)
    np.negative(read, out=read)
    lowest = -_raised(-free, largest(read, depth)[:, which], -base, on)
    return lowest, highest


def _raised(
    free: NDArray[np.float64],
    others: NDArray[np.float64],
    base: NDArray[np.float64],
    on: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return base plus the largest reads of up to s - on features, (depth + 1, cases) for each s.

    `free` (cases, widest) are reads of own features, `others` (depth, cases) the largest ones of
    others, falling and at least 0. Minus infinity where s is below `on`.
    """
    depth = len(others)
    merged = -np.sort(-np.concatenate((np.maximum(free.T, 0), others)), axis=0)[:depth]
    sums = np.concatenate((np.zeros((1, len(base))), np.cumsum(merged, axis=0)))
    raised = np.full(sums.shape, -np.inf)
    for fixed in np.unique(on[on <= depth]):
        some = on == fixed
        raised[fixed:, some] = base[some] + sums[: depth + 1 - fixed, some]
    return raised


def _least(
    values: NDArray[np.float64], output: NDArray[np.int64], outputs: int
) -> NDArray[np.float64]:
    """Return the least value of every output, (rows, outputs); infinity where there is none."""
    least = np.full((len(values), outputs), np.inf)
    starts = np.flatnonzero(np.diff(output, prepend=-1))
    if len(starts):
        least[:, output[starts]] = np.minimum.reduceat(values, starts, axis=1)
    return least


@dataclass(frozen=True, eq=False)
class Tally:
    """Over all outputs, for s = 0, 1, ... features on: all arrays have an entry for each s.

    `wrong` is the number of outputs that can be wrong, `margin` the least margin, and `worst` the
    output of least margin among those that can be wrong.
    """

    readings: Readings
    wrong: NDArray[np.int64]
    margin: NDArray[np.float64]
    worst: NDArray[np.int64]


def tally_until_wrong(
    network: Network,
    reads: LinearReads,
    table: CaseTable,
    depths: tuple[int, int],
    progress: Progress | None,
) -> Tally:
    """Return the tally of all outputs, for up to so many features on that one can be wrong.

    `depths` are the first number of features to go up to, and the last if no output is wrong.
    """
    depth, last = depths
    while True:
        depth = min(depth, last)
        tally = _tally(network, readings_of_outputs(reads, table, depth, progress))
        if tally.wrong[-1] or depth == last:
            return tally
        depth *= 2


def _tally(network: Network, readings: Readings) -> Tally:
    thresholds, scale = network.readout.thresholds.astype(np.float64), network.layers[0].scale
    # Where no input satisfies an output there is no lowest reading, and no way to fail.
    above = np.full(readings.lowest_on.shape, np.inf)
    below = np.full(readings.highest_off.shape, np.inf)
    some_on, some_off = np.isfinite(readings.lowest_on), np.isfinite(readings.highest_off)
    np.subtract(readings.lowest_on * scale, thresholds, out=above, where=some_on)
    np.subtract(thresholds, readings.highest_off * scale, out=below, where=some_off)
    wrong, margin = (above < 0) | (below <= 0), np.minimum(above, below)
    among = np.where(wrong, margin, np.inf)
    return Tally(readings, wrong.sum(axis=1), margin.min(axis=1), among.argmin(axis=1))
