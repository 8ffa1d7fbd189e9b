"""Readings of the layers of a network of ANDs: 0 or 1, and equal to the wire or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from polyseme.common.bits import unpacked
from polyseme.verification.boolean_columns import BooleanColumns, ComparedBits
from polyseme.verification.extremes import Extremes, Floats

# A function called with the number of inputs that are read.
Step: TypeAlias = Callable[[int], None]
# First and behind the last sample of a batch, and the extremes of a layer that is misread there.
_Piece = tuple[int, int, list[Floats]]


class BooleanReader:
    """A reader of all layers, which also keeps the units that were seen at 0 and at 1."""

    def __init__(self, columns: BooleanColumns) -> None:
        """Begin with no input."""
        self._columns = columns
        slots = int(columns.form.first_unit[-1])
        self._seen = np.zeros((2, slots), bool)

    @property
    def gates(self) -> list[int]:
        """Number of columns of every layer that are wires."""
        return [int(count) for count in np.diff(self._columns.offsets)]

    def bending_shares(self) -> list[float]:
        """Return the share of the units of every layer that were seen at 0 and at 1."""
        first = self._columns.form.first_unit
        at_both = self._seen[0, first[0] :] & self._seen[1, first[0] :]
        bent = np.add.reduceat(at_both, first[:-1] - first[0], dtype=np.int64)
        return [float(share) for share in bent / np.diff(first)]

    def read(self, rows: NDArray[np.int32], step: Step) -> list[Extremes]:
        """Return the extremes of the readings of every layer.

        Layers that are read without error share theirs. A sample in which none of the wires of such
        a layer is on then counts as one in which a wire is on and read right.
        """
        columns, layers = self._columns, len(self._columns.offsets) - 1
        on, wrong = np.zeros(layers), dict[int, list[_Piece]]()
        for compared in columns.compared(rows):
            self._keep(compared)
            on += columns.in_layers(compared.counts)
            for number in np.flatnonzero(columns.in_layers(compared.misread)).tolist():
                seen = _extremes(compared, columns.of_layer(number))
                end = compared.first + compared.samples
                wrong.setdefault(number, []).append((compared.first, end, seen))
            step(compared.first + compared.samples)
        some_on, none_on = _exact(len(rows), True), _exact(len(rows), False)
        found = [some_on if count else none_on for count in on.tolist()]
        for number, pieces in wrong.items():
            found[number] = _overlaid(found[number], pieces)
        return found

    def _keep(self, compared: ComparedBits) -> None:
        ones = compared.ones(slice(0, self._seen.shape[1]))
        self._seen[0] |= ones < compared.samples
        self._seen[1] |= ones > 0


def _exact(samples: int, some_on: bool) -> Extremes:
    """Return the extremes of wires that are read without error: some are on, or none ever is."""
    high, low = (1.0, 1.0) if some_on else (np.inf, -np.inf)
    return Extremes(*(np.full((1, samples), x, np.float32) for x in (high, low, 0.0, 0.0)))


def _overlaid(exact: Extremes, pieces: list[_Piece]) -> Extremes:
    """Return extremes that are those of the pieces where these are, and exact elsewhere."""
    sides = [exact.lowest_on, exact.highest_on, exact.lowest_off, exact.highest_off]
    found = [side.copy() for side in sides]
    for begin, end, seen in pieces:
        for side, part in zip(found, seen, strict=True):
            side[0, begin:end] = part
    return Extremes(*found)


def _extremes(compared: ComparedBits, pairs: NDArray[np.int64]) -> list[Floats]:
    """Return the extremes of the readings of pairs, each (samples,), as in `Extremes`."""
    truth, read = compared.truth_and_readings(pairs)
    sides = []
    for meant in (truth, ~truth):
        at_one, at_zero = (
            unpacked(np.bitwise_or.reduce(meant & seen, axis=0)[None], compared.samples)[0]
            for seen in (read, ~read)
        )
        sides.append(np.where(at_zero, 0, np.where(at_one, 1, np.inf)).astype(np.float32))
        sides.append(np.where(at_one, 1, np.where(at_zero, 0, -np.inf)).astype(np.float32))
    return sides
