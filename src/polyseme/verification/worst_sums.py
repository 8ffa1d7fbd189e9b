"""The lowest and the highest readings of every output, over inputs with at most s features on.

As long as no ReLU bends, what an output k reads of an input is

    rest_k + sum of T[k, i] over the features i that are on,

where T = R W A^T holds the reads (`linear_reads.py`). Let output k be the AND of its w own
features, and let at most s features be on. Then its lowest reading among the inputs that must
switch it on is rest_k, plus its own reads, plus the s - w lowest of all others that are below 0.
Its highest reading among the inputs that must not is the largest, over t < w, of rest_k, plus its t
largest own reads, plus the s - t largest of all others that are above 0. The output is right on
every input if and only if its threshold lies between the two. A ReLU of bias b bends at no input if
and only if b and the s lowest of its reads add up to 0 or more.

All sums are of whole numbers, so both are exact. The cost is that of computing T once, in blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyseme.common.parallel import in_order
from polyseme.common.progress import Progress
from polyseme.networks.network import Network
from polyseme.verification.linear_reads import LinearReads, Reads, largest


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
class Tally:
    """Over some outputs, for s = 0, 1, ... features on: all arrays have an entry for each s.

    `wrong` is the number of outputs that can be wrong, `margin` the least margin, and `worst` and
    `worst_margin` the output of least margin among those that can be wrong, and its margin.
    """

    wrong: NDArray[np.int64]
    margin: NDArray[np.float64]
    worst: NDArray[np.int64]
    worst_margin: NDArray[np.float64]

    def joined(self, other: Tally) -> Tally:
        """Return the tally of the outputs of both."""
        worse = other.worst_margin < self.worst_margin
        return Tally(
            self.wrong + other.wrong,
            np.minimum(self.margin, other.margin),
            np.where(worse, other.worst, self.worst),
            np.minimum(self.worst_margin, other.worst_margin),
        )


def tally_until_wrong(
    network: Network,
    reads: LinearReads,
    own: NDArray[np.int32],
    depths: tuple[int, int],
    progress: Progress | None,
) -> Tally:
    """Return the tally of all outputs, for up to so many features on that one can be wrong.

    `depths` are the first number of features to go up to, and the last if no output is wrong.
    """
    depth, last = depths
    while True:
        depth = min(depth, last)
        tally = _tally(network, reads, own, depth, progress)
        if tally.wrong[-1] or depth == last:
            return tally
        depth *= 2


def _tally(
    network: Network,
    reads: LinearReads,
    own: NDArray[np.int32],
    depth: int,
    progress: Progress | None,
) -> Tally:
    """Return the tally of all outputs, for up to `depth` features on."""
    thresholds, scale = network.readout.thresholds.astype(np.float64), network.layers[0].scale

    def piece(some: slice) -> tuple[int, Tally]:
        lowest, highest = _extremes(reads.of_outputs(some), reads.groups.slot, own[some], depth)
        rest, at = reads.rest[some], thresholds[some]
        # Where no input satisfies an output there is no lowest reading, and no way to fail.
        above = np.full(lowest.shape, np.inf)
        np.subtract((rest + lowest) * scale, at, out=above, where=np.isfinite(lowest))
        below = at - (rest + highest) * scale
        wrong, margin = (above < 0) | (below <= 0), np.minimum(above, below)
        among = np.where(wrong, margin, np.inf)
        place = among.argmin(axis=1)
        return some.stop, Tally(
            wrong.sum(axis=1),
            margin.min(axis=1),
            some.start + place,
            np.take_along_axis(among, place[:, None], axis=1)[:, 0],
        )

    found: Tally | None = None
    for done, tally in in_order(piece, reads.blocks(len(own))):
        found = tally if found is None else found.joined(tally)
        if progress:
            progress(len(reads.bias) + done, reads.rows)
    assert found is not None
    return found


def _extremes(
    reads: Reads, slot: NDArray[np.int64], own: NDArray[np.int32], depth: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest sum of satisfied inputs and the highest of others, less the part at rest.

    Both are float64 (depth + 1, outputs): with at most 0, 1, ..., depth features on. The lowest is
    infinite if so few features satisfy no input. `reads` is (groups, size, outputs), and its own
    reads are set to 0.
    """
    flat, outputs = reads.reshape(-1, len(own)), np.arange(len(own))
    is_own, widths = (own >= 0).T, (own >= 0).sum(axis=1)
    places = slot[own.T]
    mine = np.where(is_own, flat[places, outputs].astype(np.float64), -np.inf)
    row, output = np.nonzero(is_own)
    flat[places[row, output], output] = 0
    up = _cumulative(largest(reads, depth))
    np.negative(reads, out=reads)
    down = -_cumulative(largest(reads, depth))
    whole = np.where(is_own, mine, 0).sum(axis=0)
    lowest = np.full(up.shape, np.inf)
    for width in np.unique(widths[widths <= depth]):
        some = widths == width
        lowest[width:, some] = whole[some] + down[: depth + 1 - width, some]
    partly = _cumulative(-np.sort(-mine, axis=0))
    highest = np.full(up.shape, -np.inf)
    for on in range(min(len(mine), depth + 1)):
        sums = np.where(widths > on, partly[on] + up[: depth + 1 - on], -np.inf)
        np.maximum(highest[on:], sums, out=highest[on:])
    return lowest, highest


def _cumulative(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums of the first 0, 1, ... rows."""
    return np.concatenate((np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)))
