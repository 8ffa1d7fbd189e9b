"""The answer key of one layer: the units of every column, and their reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from polyseme.codes.code import SparseCode
from polyseme.codes.row_kernels import Words, fits_in_words, is_worthwhile, spread
from polyseme.common.arguments import instance, whole_number
from polyseme.common.ragged import row_numbers
from polyseme.errors import OptionError
from polyseme.networks.checks import EXACT, check_array, check_below, check_runs, check_sparse
from polyseme.networks.layer import Layer

# The ways that the inputs of a term reach its neurons, by number.
CHANNELS = ("output", "input", "mixed", "own")
_BLOCK_ENTRIES = 4_000_000


def _no_channels() -> NDArray[np.uint8]:
    return np.zeros(0, np.uint8)


@dataclass(frozen=True, eq=False, repr=False)
class LayerKey:
    """Columns of one layer, the units that hold them, and reads of the columns below.

    A *column* is one thing that a layer holds: a wire of the circuit or, in a network of one hidden
    layer, a term (`of_terms`); column t is then term t of the circuit. A wire reads as the mean of
    its units, or one minus that if it is inverted; a term is told from noise by the weights and
    the threshold of the output it feeds. A wire may be held by a number that passes the layer: such
    numbers count on from the layer's units. Several columns of one wire are its *parts*: one of
    them is on if the wire is, and none if it is not.

    A layer whose weights *factor* has `compression`, C: its weights are C D exactly, D being the
    code below read backwards (the encoder's, or -1 and 1 on the units of the columns below).
    Elsewhere `reads` may say what a unit reads of its own columns, those its gates need and those
    whose units it shares but must not hear: entry (j, i) is exactly the sum of unit j's weights on
    the units of column i, with their signs, and so what column i adds when it is fully on. Whatever
    the weights read of columns without an entry is noise. A layer may have neither.

    Args:
        width: numbers that the layer writes: its units and the numbers it carries.
        wires: int32 (columns,), the circuit's wire of every column; -1 if it is no wire.
        offsets: int64 (columns + 1,), cuts `units` into one run per column.
        units: int32 (offsets[-1],), the units of every column, distinct in a run.
        inverted: bool (columns,), whether a column is on where its units are off.
        of_terms: whether the columns are the circuit's terms, in their order.
        channels: uint8 (columns,), numbers of `CHANNELS`, or empty where columns are no terms.
        compression: C, int16 (units, columns below), or None.
        reads: int16 (units, columns below), or None.
        resolution: the number that a column below, fully on, adds to the integer sum of a unit
            that reads it with strength 1, up to rounding; 0 without `compression` and `reads`.

    Raises:
        OptionError: an array is of another type or shape, or contradicts the others.
    """

    width: int
    wires: NDArray[np.int32]
    offsets: NDArray[np.int64]
    units: NDArray[np.int32]
    inverted: NDArray[np.bool_]
    of_terms: bool = False
    channels: NDArray[np.uint8] = field(default_factory=_no_channels)
    compression: sp.csr_array | None = None
    reads: sp.csr_array | None = None
    resolution: int = 0

    def __post_init__(self) -> None:
        """Check types, and that the arrays are about the same columns."""
        check_array("wires", self.wires, np.int32, 1)
        check_array("inverted", self.inverted, np.bool_, 1)
        check_array("channels", self.channels, np.uint8, 1)
        check_below("channels", self.channels, len(CHANNELS))
        columns = len(self.wires)
        if len(self.inverted) != columns or not columns:
            raise OptionError(f"inversion must be said of {columns} columns, at least one")
        if len(self.channels) != (columns if self.of_terms else 0):
            raise OptionError(f"{len(self.channels)} channels for {columns} columns")
        self._check_units()
        if self.compression is not None and self.reads is not None:
            raise OptionError("a layer that factors needs no reads")
        for what, matrix in (("compression", self.compression), ("reads", self.reads)):
            if matrix is not None:
                check_array(what, matrix.data, np.int16, 1)
                check_sparse(f"the {what}", matrix)
                if matrix.shape[0] > self.width:
                    raise OptionError(f"{what} of {matrix.shape[0]} units in {self.width}")
        least = int(self.factors or self.reads is not None)
        if not least <= self.resolution < (EXACT if least else 1):
            raise OptionError(f"resolution {self.resolution} is not from {least} to {EXACT - 1}")

    def _check_units(self) -> None:
        check_array("units", self.units, np.int32, 1)
        check_runs("offsets of units", self.offsets, len(self.wires), len(self.units))
        check_below("units", self.units, self.width)
        if not self.of_terms and not self.counts.all():
            raise OptionError("a column needs at least one unit")
        placed = self._column_of_unit * self.width + self.units
        if (placed[1:] <= placed[:-1]).any():
            placed = np.sort(placed)
            if (placed[1:] == placed[:-1]).any():
                raise OptionError("a column uses the same unit twice")

    @property
    def factors(self) -> bool:
        """True if the weights are C D."""
        return self.compression is not None

    @property
    def counts(self) -> NDArray[np.int64]:
        """Units of every column, (columns,)."""
        return np.diff(self.offsets)

    @property
    def _column_of_unit(self) -> NDArray[np.int64]:
        return row_numbers(self.counts)

    @property
    def positions(self) -> NDArray[np.int32]:
        """Units of every column, int32 (columns, weight), if all have equally many.

        Raises:
            OptionError: columns have different numbers of units.
        """
        counts = self.counts
        if (counts != counts[0]).any():
            raise OptionError(
                f"columns have {counts.min()} to {counts.max()} units, and no one weight"
            )
        return self.units.reshape(len(counts), -1)

    @cached_property
    def code(self) -> SparseCode:
        """The columns as a code for the layer above, its signs negative if one is inverted.

        Raises:
            OptionError: columns have different numbers of units.
        """
        signs = np.where(self.inverted, -1, 1).astype(np.int8)
        positions = self.positions
        return SparseCode(
            self.width, positions, np.repeat(signs[:, None], positions.shape[1], axis=1)
        )

    def hosts(self) -> sp.csr_array:
        """Return which columns each unit serves, Boolean (width, columns) in sparse rows."""
        ones = np.ones(len(self.units), bool)
        shape = (len(self.wires), self.width)
        return sp.csr_array((ones, self.units, self.offsets), shape=shape).T.tocsr()

    def columns_of(self, unit: int) -> NDArray[np.int64]:
        """Return the columns that a unit serves, rising: its polysemanticity."""
        unit = whole_number("unit", unit, 0, self.width - 1)
        places = np.flatnonzero(self.units == unit)
        return np.searchsorted(self.offsets, places, side="right") - 1

    def readings(self, activations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how far on every wire is: the mean of its units, or one minus that.

        Args:
            activations: float32 (samples, width), the numbers that the layer writes.

        Returns:
            float32 (columns, samples), about 0 for off and 1 for on.
        """
        instance("activations", activations, np.ndarray, "an array (samples, width)")
        check_array("activations", activations, np.float32, 2)
        if activations.shape[1] != self.width:
            raise OptionError(
                f"activations of {activations.shape[1]} numbers for a layer of {self.width}"
            )
        shares = np.repeat(1 / np.maximum(self.counts, 1), self.counts).astype(np.float32)
        shape = (len(self.wires), activations.shape[1])
        decode = sp.csr_array((shares, self.units, self.offsets), shape=shape)
        mean = np.asarray(decode @ np.ascontiguousarray(activations.T))
        return np.where(self.inverted[:, None], 1 - mean, mean)

    @cached_property
    def held_wires(self) -> NDArray[np.int32]:
        """The circuit's wires that the layer holds, int32, in the order of their first columns."""
        known = self.wires[self.wires >= 0]
        _, first = np.unique(known, return_index=True)
        return np.asarray(known[np.sort(first)])

    def wire_readings(self, activations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how far on every wire is; the parts of a wire add up.

        Args:
            activations: float32 (samples, width), the numbers that the layer writes.

        Returns:
            float32 (wires, samples), for `held_wires` in their order.
        """
        known = np.flatnonzero(self.wires >= 0)
        readings = self.readings(activations)[known]
        if len(self.held_wires) == len(known):
            return readings
        order = np.argsort(self.held_wires, kind="stable")
        row = order[np.searchsorted(self.held_wires[order], self.wires[known])]
        shape = len(self.held_wires), len(known)
        parts = sp.coo_array((np.ones(len(known), np.float32), (row, np.arange(len(known)))), shape)
        return np.asarray(parts.tocsr() @ readings)

    def channel_counts(self) -> dict[str, int]:
        """Return the number of terms of each channel."""
        counts = np.bincount(self.channels, minlength=len(CHANNELS)).tolist()
        return dict(zip(CHANNELS, counts, strict=True))

    def describes(self, layer: Layer, below: SparseCode | None) -> bool:
        """Return whether the width and the weights of a layer are those of the key.

        Args:
            layer: the layer.
            below: the code of the columns below; needed for `compression` and `reads`.
        """
        if layer.width != self.width:
            return False
        if self.compression is not None and below is not None:
            return _multiplies_to(self.compression, below, layer)
        if self.reads is not None and below is not None:
            return _has_reads(self.reads, below, layer)
        return True

    def __repr__(self) -> str:
        """One line, without the arrays."""
        what = "terms" if self.of_terms else "wires"
        how = ", W = C D" if self.factors else ", reads" if self.reads is not None else ""
        return f"LayerKey({len(self.wires):,} {what} on {self.width:,} units{how})"


def wire_key(
    width: int,
    wires: NDArray[np.int32],
    positions: NDArray[np.int32],
    inverted: NDArray[np.bool_],
    *,
    compression: sp.csr_array | None = None,
    reads: sp.csr_array | None = None,
    resolution: int = 0,
) -> LayerKey:
    """Return the key of a layer whose columns, wires, have equally many units each.

    `positions` int32 (columns, weight) are those units; the rest is as in `LayerKey`.
    """
    offsets = np.arange(len(positions) + 1, dtype=np.int64) * positions.shape[1]
    return LayerKey(
        width,
        wires,
        offsets,
        positions.ravel(),
        inverted,
        compression=compression,
        reads=reads,
        resolution=resolution,
    )


def reads_of(
    weights: NDArray[np.int8] | NDArray[np.int16], named: sp.csr_array, code: SparseCode
) -> sp.csr_array:
    """Return reads of the columns below in the pattern of `named`, int16 (units, columns)."""
    unit = row_numbers(np.diff(named.indptr))
    reads = np.zeros(named.nnz, np.int16)
    for places, signs in zip(code.positions.T, code.signs.T, strict=True):
        read = weights[unit, places[named.indices]].astype(np.int16)
        reads += read * signs[named.indices]
    return sp.csr_array((reads, named.indices, named.indptr), shape=named.shape)


def _has_reads(reads: sp.csr_array, below: SparseCode, layer: Layer) -> bool:
    """Return whether the weights of a layer read every column that has an entry as that says."""
    if layer.is_sparse or layer.weights.shape != (reads.shape[0], below.neurons):
        return False
    return np.array_equal(reads_of(layer.weights, reads, below).data, reads.data)


def _multiplies_to(compress: sp.csr_array, code: SparseCode, layer: Layer) -> bool:
    """Return whether C D is the weights, block by block of rows, in integers that cannot round."""
    if (compress.shape[0], code.neurons) != (layer.units, layer.inputs):
        return False
    if not layer.is_sparse and is_worthwhile(compress.nnz, code) and fits_in_words(compress):
        return np.array_equal(spread(compress, Words.of(code)), layer.weights)
    decompress = code.matrix().astype(np.int64)
    rows = max(1, _BLOCK_ENTRIES // code.neurons)
    for begin in range(0, layer.units, rows):
        product = compress[begin : begin + rows].astype(np.int64) @ decompress
        weights = layer.weights[begin : begin + rows]
        if layer.is_sparse:
            same = not (product - weights).count_nonzero()
        else:
            same = np.array_equal(product.toarray(), weights)
        if not same:
            return False
    return True
